"""The import itself: one transaction, which either has all of it or has never been."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from demijohn.common import signals
from demijohn.common.exit_codes import CommandError, Exit
from demijohn.database import connect
from demijohn.sqlite_import import (
    advice,
    catalog,
    create,
    existing,
    load,
    planner,
    proof,
    strays,
    suitable,
)
from demijohn.sqlite_import.account import Sum
from demijohn.sqlite_import.channel import Stopped
from demijohn.sqlite_import.constrain import Constrainer, restart_sequences
from demijohn.sqlite_import.crew import Crew
from demijohn.sqlite_import.kept_out import KeptOut
from demijohn.sqlite_import.locate import Places, located, nowhere
from demijohn.sqlite_import.move import TableMove
from demijohn.sqlite_import.orphans import in_sqlite
from demijohn.sqlite_import.plan import Options, Plan
from demijohn.sqlite_import.progress import Progress
from demijohn.sqlite_import.proof import Ours, Proof
from demijohn.sqlite_import.refusals import Refusals, one_line
from demijohn.sqlite_import.report import Report
from demijohn.sqlite_import.schema import Schema
from demijohn.sqlite_import.source import Source
from demijohn.sqlite_import.strays import Strays
from demijohn.sqlite_import.target import Target

# The first bytes of SHA-256("demijohn import-sqlite"): one import at a time into a database.
LOCK = 0x27E1_E0C6_F2FF
LOCK_SECONDS = 10
GONE_SECONDS = 2  # an import that was killed holds the lock until Postgres notices


class Importer:
    """Moves what `source` holds, and `crew` reads, to `target`, and fills in the `report`.

    Its methods raise CommandError with what is wrong, psycopg2.Error where Postgres or the
    connection fails.
    """

    def __init__(
        self,
        source: Source,
        crew: Crew,
        target: Target,
        options: Options,
        report: Report,
        progress: Progress,
    ) -> None:
        self._source = source
        self._crew = crew
        self._target = target
        self._options = options
        self._report = report
        self._progress = progress
        # With --on-bad text there is a column for everything: nothing is left that would not fit.
        self._policy = "" if options.on_bad == "text" else options.on_bad
        connect.lift_query_timeout()

    def run(self, *, dry_run: bool) -> None:
        """Import everything and commit, or with `dry_run` do all but that."""
        self._target.begin()
        suitable.check(self._target, self._report.database, verify=False)
        self._lock()
        with self._timed("plan"):
            made = self._plan()
        moves = made.tables
        before = existing.empty(self._target, self._options, made)
        quiet = existing.undisturbed(self._target, made, may_skip=self._policy == "skip")
        with self._timed("load"), quiet as keys:
            create.tables(self._target, self._source, made)
            lost = self._load(made, keys)
        # Who reads apart has nothing to do while Postgres makes keys and indexes.
        early = self._account(moves) if self._crew.apart else None
        with self._timed("constraints"):
            self._progress.phase("keys, indexes, constraints")
            Constrainer(self._target, self._source, made, self._report.refusals).run()
            restart_sequences(self._target, made)
        with self._timed("proof"):
            found = self._prove(moves, early or self._account(moves), before)
            self._report.proofs = proof.without(found, lost)
            if not self._report.holds and not before:  # of tables that held others it is not known
                self._locate(moves)
        if not self._report.holds:
            raise self._unproven(moves)
        self._source.check()
        if dry_run:
            self._target.connection.rollback()
            self._report.outcome = "dry run"
            return
        signals.check()
        with self._timed("commit"):
            self._report.outcome = "unknown"
            self._target.connection.commit()
            self._report.outcome = "imported"

    def _unproven(self, moves: list[TableMove]) -> CommandError:
        """What is at fault: it may be columns that Postgres works out itself."""
        wrong = {one.table: one.difference for one in self._report.proofs if not one.holds}
        computed = []
        for move in moves:
            if difference := wrong.get(move.name):
                differ = set(difference.columns)
                own = {one.name: one.column.name for one in move.moves if not one.sent}
                if not differ or differ - own.keys():
                    break
                computed += [f"{move.table.name}.{own[name]}" for name in sorted(differ)]
        else:
            if computed:
                return CommandError(
                    Exit.BAD_DATA,
                    f"Postgres works out {one_line(', '.join(computed))} itself, and otherwise "
                    "than SQLite, so nothing was imported. Say --exclude "
                    + one_line(" --exclude ".join(computed))
                    + " to have it Postgres's way.",
                )
        return CommandError(
            Exit.SOFTWARE,
            "the proof failed, so nothing was imported: "
            + one_line(", ".join(wrong))
            + " would not be the same. Please report it, with the schema.",
        )

    def verify(self) -> None:
        """Compare both sides as they are now; nothing is written."""
        self._target.connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        self._target.begin()
        suitable.check(self._target, self._report.database, verify=True)
        self._target.read()
        self._progress.phase("reading the SQLite file")
        made = planner.make(
            self._source, self._crew, self._read(), self._target, self._options, verify=True
        )
        self._report.plan = made
        if made.refusals:
            self._report.outcome = "differs"
            raise CommandError(Exit.FAILED, "\n".join(map(one_line, made.refusals)))
        moves = made.tables
        names = [move.name for move in moves]
        suitable.rights(self._target, self._report.database, names, suitable.TO_COMPARE)
        with self._timed("proof"), KeptOut(self._source, self._target, made) as kept_out:
            found = self._prove(moves, self._account(moves))
            if self._policy == "skip":
                found = proof.without(found, kept_out.find(found, self._progress))
            self._report.proofs = found
            if not self._report.holds:
                self._locate(moves, kept_out.places)
        self._target.connection.rollback()
        self._report.outcome = "verified" if self._report.holds else "differs"

    def _lock(self) -> None:
        deadline = time.monotonic() + GONE_SECONDS
        while self._target.rows("SELECT pg_try_advisory_xact_lock(%s)", (LOCK,)) != [(True,)]:
            if time.monotonic() > deadline:
                raise CommandError(
                    Exit.UNAVAILABLE, "another import into this database is under way. Wait for it."
                )
            time.sleep(0.1)
        self._target.run(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")

    def _read(self) -> Schema:
        """What the file has; CommandError(64) where an option names what it has not."""
        found = catalog.read(self._source)
        columns = {f"{t.name}.{c.name}".lower() for t in found.tables for c in t.columns}
        names = {t.name.lower() for t in found.tables} | {one.name.lower() for one in found.left}
        for option, given, known in (
            ("--exclude", set(self._options.exclude), columns | names),
            ("--type", set(self._options.types), columns),
        ):
            if unknown := sorted(given - known):
                raise CommandError(
                    Exit.USAGE,
                    f"{option} {', '.join(unknown)}: {self._source.path} has no such "
                    f"{'column' if option == '--type' else 'table or column'}. Correct the name.",
                )
        return found

    def _plan(self) -> Plan:
        self._progress.phase("reading the SQLite file")
        found = self._read()
        self._target.read()
        names = [table.name for table in found.tables]
        existing.hold(self._target, self._options, self._report.database, names)
        made = planner.make(self._source, self._crew, found, self._target, self._options)
        self._report.plan = made
        if not made.refusals and self._options.on_bad == "text":
            made = self._as_text(found, made)
        self._progress.lines += self._report.notes()
        if made.refusals:
            self._report.outcome = "refused"
            raise CommandError(Exit.BAD_DATA, "\n".join(map(one_line, made.refusals)))
        if not self._target.schema and any(move.created for move in made.tables):
            raise CommandError(
                Exit.CONFIGURATION,
                "the user has no schema to create tables in. Create one, or set its search_path.",
            )
        return made

    def _as_text(self, found: Schema, made: Plan) -> Plan:
        """Plan anew, with text for every column that has values that do not fit."""
        refusals = Refusals("text")
        load.check(self._crew, made.tables, refusals)
        self._report.refusals = refusals
        self._options.as_text = {(table, column) for table, column, _ in refusals.counts}
        made = planner.make(self._source, self._crew, found, self._target, self._options)
        self._report.plan = made
        return made

    def _load(self, made: Plan, keys: list[strays.Key]) -> dict[str, Sum]:
        """COPY all tables; the account of the rows that were taken out again."""
        moves = made.tables
        refusals = Refusals(self._policy)
        if self._options.on_bad != "text":
            self._report.refusals = refusals
        self._progress.phase("loading", sum(move.rows for move in moves))
        lost = Strays(self._target, made, keys, refusals, append=self._options.append)
        try:
            load.load(self._crew, self._target, moves, refusals, self._progress, lost.settle)
        except Stopped:
            self._report.outcome = "refused"
            raise CommandError(
                Exit.BAD_DATA,
                one_line(
                    f"{self._source.path}: {advice.unfit(refusals, moves)}"
                    f"{advice.unmet(in_sqlite(self._source, moves))}"
                ),
            ) from None
        lost.finish()
        return lost.sums

    def _account(self, moves: list[TableMove]) -> Ours:
        """Let SQLite's side be worked out, from now on."""
        ours = Ours(self._crew, moves, self._policy)
        ours.start()
        return ours

    def _prove(
        self, moves: list[TableMove], ours: Ours, before: dict[str, Sum] | None = None
    ) -> list[Proof]:
        ours.show(self._progress)
        return proof.compare(self._target, moves, ours, before)

    def _locate(self, moves: list[TableMove], kept_out: Places = nowhere) -> None:
        """Say of tables that are not the same which rows it is."""
        self._progress.phase("looking for the differences")
        self._report.proofs = located(
            self._source, self._target, moves, self._report.proofs, self._policy, kept_out
        )

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self._report.seconds[name] = time.monotonic() - began
