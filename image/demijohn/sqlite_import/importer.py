"""The import: one transaction, all or nothing."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from demijohn.common import signals
from demijohn.common.exit_codes import CommandError, Exit
from demijohn.database import connect
from demijohn.sqlite_import.checksum.source_checksum import TableChecksum
from demijohn.sqlite_import.load import copy, fk_cascade_skip, target_locks
from demijohn.sqlite_import.load.fk_cascade_skip import FkCascadeSkip
from demijohn.sqlite_import.model.mapping import TableMapping
from demijohn.sqlite_import.model.plan import Options, Plan
from demijohn.sqlite_import.model.progress import Progress
from demijohn.sqlite_import.model.rejects import Rejects
from demijohn.sqlite_import.model.schema import Schema
from demijohn.sqlite_import.planning import planner
from demijohn.sqlite_import.report import remedies
from demijohn.sqlite_import.report.report import Report
from demijohn.sqlite_import.source import catalog
from demijohn.sqlite_import.source.database import Source
from demijohn.sqlite_import.target import create_tables, preflight
from demijohn.sqlite_import.target.catalog import Target
from demijohn.sqlite_import.target.constraints import ConstraintCreator, restart_sequences
from demijohn.sqlite_import.target.orphans import count_sqlite_orphans
from demijohn.sqlite_import.text import one_line
from demijohn.sqlite_import.verify import compare
from demijohn.sqlite_import.verify.compare import SourceChecksums, TableComparison
from demijohn.sqlite_import.verify.fk_skipped_rows import FkSkippedRows
from demijohn.sqlite_import.verify.row_diff import SkippedRows, add_row_diffs, no_skipped_rows
from demijohn.sqlite_import.workers.bounded_queue import Stopped
from demijohn.sqlite_import.workers.reader_pool import ReaderPool

# The first bytes of SHA-256("demijohn import-sqlite"): one import at a time per database.
ADVISORY_LOCK = 0x27E1_E0C6_F2FF
LOCK_SECONDS = 10
LOCK_RETRY_SECONDS = 2  # a killed import holds the lock until Postgres notices


class Importer:
    """Imports `source`, which `pool` reads, into `target`, and fills in the `report`.

    Its methods raise CommandError, or psycopg2.Error for errors of Postgres or the connection.
    """

    def __init__(
        self,
        source: Source,
        pool: ReaderPool,
        target: Target,
        options: Options,
        report: Report,
        progress: Progress,
    ) -> None:
        self._source = source
        self._pool = pool
        self._target = target
        self._options = options
        self._report = report
        self._progress = progress
        # With --on-bad text every column takes all values: nothing is rejected.
        self._policy = "" if options.on_bad == "text" else options.on_bad
        connect.lift_query_timeout()

    def run(self, *, dry_run: bool) -> None:
        """Import everything and commit; a `dry_run` rolls back instead."""
        self._target.configure_transaction()
        preflight.check_database(self._target, self._report.database, verify=False)
        self._take_lock()
        with self._timed("plan"):
            plan = self._plan()
        mappings = plan.tables
        before = target_locks.empty_tables(self._target, self._options, plan)
        may_skip = self._policy == "skip"
        without_triggers = target_locks.without_triggers(self._target, plan, may_skip=may_skip)
        with self._timed("load"), without_triggers as keys:
            create_tables.create_tables(self._target, self._source, plan)
            deleted = self._load(plan, keys)
        # Reader processes are idle while Postgres creates keys and indexes.
        early = self._start_source_checksums(mappings) if self._pool.uses_processes else None
        with self._timed("constraints"):
            self._progress.start_phase("keys, indexes, constraints")
            ConstraintCreator(self._target, self._source, plan, self._report.rejects).run()
            restart_sequences(self._target, plan)
        with self._timed("proof"):
            found = self._compare(mappings, early or self._start_source_checksums(mappings), before)
            self._report.comparisons = compare.subtract_checksums(found, deleted)
            # Only if the tables were empty before: the diff would also list the earlier rows.
            if not self._report.is_equal and not before:
                self._add_row_diffs(mappings)
        if not self._report.is_equal:
            raise self._comparison_error(mappings)
        self._source.check_unchanged()
        if dry_run:
            self._target.connection.rollback()
            self._report.outcome = "dry run"
            return
        signals.check()
        with self._timed("commit"):
            self._report.outcome = "unknown"
            self._target.connection.commit()
            self._report.outcome = "imported"

    def _comparison_error(self, mappings: list[TableMapping]) -> CommandError:
        """The error for unequal tables. Generated columns may be the only cause."""
        unequal = {
            comparison.table: comparison.difference
            for comparison in self._report.comparisons
            if not comparison.is_equal
        }
        generated = []
        for mapping in mappings:
            if difference := unequal.get(mapping.name):
                differ = set(difference.columns)
                own = {
                    column.name: column.source.name
                    for column in mapping.columns
                    if not column.is_copied
                }
                if not differ or differ - own.keys():
                    break
                generated += [f"{mapping.source.name}.{own[name]}" for name in sorted(differ)]
        else:
            if generated:
                names = ", ".join(generated)
                subject = (
                    f"generated column {names} gives another value"
                    if len(generated) == 1
                    else f"generated columns {names} give other values"
                )
                return CommandError(
                    Exit.BAD_DATA,
                    one_line(
                        f"{subject} in Postgres, so nothing was imported. Use "
                        f"--exclude {' --exclude '.join(generated)} to get Postgres's values."
                    ),
                )
        return CommandError(
            Exit.SOFTWARE,
            "verification failed, so nothing was imported: "
            + one_line(", ".join(unequal))
            + " would differ. Please report this with the schema.",
        )

    def verify(self) -> None:
        """Compare both sides as they are, without writing."""
        self._target.connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        self._target.configure_transaction()
        preflight.check_database(self._target, self._report.database, verify=True)
        self._target.read_catalog()
        self._progress.start_phase("reading the SQLite file")
        plan = planner.make_plan(
            self._source, self._pool, self._read_schema(), self._target, self._options, verify=True
        )
        self._report.plan = plan
        if plan.errors:
            self._report.outcome = "differs"
            raise CommandError(Exit.FAILED, "\n".join(map(one_line, plan.errors)))
        mappings = plan.tables
        names = [mapping.name for mapping in mappings]
        preflight.check_privileges(self._target, self._report.database, names, preflight.TO_COMPARE)
        with self._timed("proof"), FkSkippedRows(self._source, self._target, plan) as skipped_rows:
            found = self._compare(mappings, self._start_source_checksums(mappings))
            if self._policy == "skip":
                found = compare.subtract_checksums(found, skipped_rows.find(found, self._progress))
            self._report.comparisons = found
            if not self._report.is_equal:
                self._add_row_diffs(mappings, skipped_rows.positions)
        self._target.connection.rollback()
        self._report.outcome = "verified" if self._report.is_equal else "differs"

    def _take_lock(self) -> None:
        deadline = time.monotonic() + LOCK_RETRY_SECONDS
        while self._target.rows("SELECT pg_try_advisory_xact_lock(%s)", (ADVISORY_LOCK,)) != [
            (True,)
        ]:
            if time.monotonic() > deadline:
                raise CommandError(
                    Exit.UNAVAILABLE,
                    f"another import into {self._report.database} is running. "
                    "Import again when it has ended.",
                )
            time.sleep(0.1)
        self._target.run(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")

    def _read_schema(self) -> Schema:
        """The schema of the file. Raises CommandError(64) if an option names something unknown."""
        found = catalog.read_schema(self._source)
        columns = {f"{t.name}.{c.name}".lower() for t in found.tables for c in t.columns}
        names = {t.name.lower() for t in found.tables} | {
            loss.name.lower() for loss in found.losses
        }
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
        self._progress.start_phase("reading the SQLite file")
        schema = self._read_schema()
        self._target.read_catalog()
        names = [table.name for table in schema.tables]
        target_locks.lock_tables(self._target, self._options, self._report.database, names)
        plan = planner.make_plan(self._source, self._pool, schema, self._target, self._options)
        self._report.plan = plan
        if not plan.errors and self._options.on_bad == "text":
            plan = self._plan_text_columns(schema, plan)
        self._progress.lines += self._report.notes()
        if plan.errors:
            self._report.outcome = "refused"
            raise CommandError(Exit.BAD_DATA, "\n".join(map(one_line, plan.errors)))
        if not self._target.schema and any(mapping.created for mapping in plan.tables):
            raise CommandError(
                Exit.CONFIGURATION,
                "the user has no schema to create tables in. Create one, or set its search_path.",
            )
        return plan

    def _plan_text_columns(self, schema: Schema, plan: Plan) -> Plan:
        """Plan again, with text for every column that has rejects."""
        rejects = Rejects("text")
        copy.find_rejects(self._pool, plan.tables, rejects)
        self._report.rejects = rejects
        self._options.text_columns = {(table, column) for table, column, _ in rejects.counts}
        plan = planner.make_plan(self._source, self._pool, schema, self._target, self._options)
        self._report.plan = plan
        return plan

    def _load(
        self, plan: Plan, keys: list[fk_cascade_skip.ExistingForeignKey]
    ) -> dict[str, TableChecksum]:
        """COPY all tables; the checksums of the rows that were deleted again."""
        mappings = plan.tables
        rejects = Rejects(self._policy)
        if self._options.on_bad != "text":
            self._report.rejects = rejects
        self._progress.start_phase("loading", sum(mapping.rows for mapping in mappings))
        cascade = FkCascadeSkip(self._target, plan, keys, rejects, append=self._options.append)
        try:
            copy.copy_tables(
                self._pool, self._target, mappings, rejects, self._progress, cascade.skip_orphans
            )
        except Stopped:
            self._report.outcome = "refused"
            raise CommandError(
                Exit.BAD_DATA,
                one_line(
                    f"{self._source.path}: {remedies.for_rejects(rejects, mappings)}"
                    f"{remedies.for_orphans(count_sqlite_orphans(self._source, mappings))}"
                ),
            ) from None
        cascade.skip_orphans_in_cycles()
        return cascade.checksums

    def _start_source_checksums(self, mappings: list[TableMapping]) -> SourceChecksums:
        """Start computing the checksums of SQLite."""
        source_checksums = SourceChecksums(self._pool, mappings, self._policy)
        source_checksums.start()
        return source_checksums

    def _compare(
        self,
        mappings: list[TableMapping],
        source_checksums: SourceChecksums,
        before: dict[str, TableChecksum] | None = None,
    ) -> list[TableComparison]:
        source_checksums.show_on(self._progress)
        return compare.compare_tables(self._target, mappings, source_checksums, before)

    def _add_row_diffs(
        self, mappings: list[TableMapping], skipped_rows: SkippedRows = no_skipped_rows
    ) -> None:
        """Find the rows that differ in tables that are not equal."""
        self._progress.start_phase("looking for the differences")
        self._report.comparisons = add_row_diffs(
            self._source,
            self._target,
            mappings,
            self._report.comparisons,
            self._policy,
            skipped_rows,
        )

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self._report.seconds[name] = time.monotonic() - began
