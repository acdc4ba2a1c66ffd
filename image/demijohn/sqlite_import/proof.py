"""The proof that all has arrived: what each side holds, counted and summed up by itself.

Every row is written out in one normal form and hashed (the first 64 bits of MD5); the sum of all
hashes is the table's checksum, so the order does not count. Postgres does so in SQL with its own
way of writing values out; here it is done from the SQLite file once more, value by value, by code
that shares nothing with what encodes them for COPY.

The normal form of a row: its values with the character 31 between them. NULL is empty, a text is
quoted as in SQL, a blob its MD5, a double its bits, all else as Postgres writes it. In a table of
large rows a text is its length in characters, a colon and itself, for quotes may double it. A value
that does not fit, and of which nobody has said what becomes of it, is like nothing that Postgres
may hold.
"""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from demijohn.sqlite_import.account import NOTHING, SEPARATOR, Sum
from demijohn.sqlite_import.crew import Crew
from demijohn.sqlite_import.moments import Interval
from demijohn.sqlite_import.move import Move, TableMove
from demijohn.sqlite_import.progress import Progress
from demijohn.sqlite_import.source import identifier
from demijohn.sqlite_import.target import Target
from demijohn.sqlite_import.tasks import Account, Rows
from demijohn.sqlite_import.texts import Bytes, Json, Text, Words
from demijohn.sqlite_import.values import Double, Numeric

FIRST_BITS = "('x' || left({}, 16))::bit(64)::bigint"  # of an MD5, as Postgres's SQL


Place = dict[str, str | None]  # a row's key: values as texts, by the names of its columns


@dataclass
class Difference:
    """What was found."""

    columns: list[str] = field(default_factory=list)  # in which rows differ that both sides have
    differ: list[Place] = field(default_factory=list)  # of a few such rows
    only_sqlite: list[Place] = field(default_factory=list)
    only_postgres: list[Place] = field(default_factory=list)
    complete: bool = True  # whether all rows that differ were looked at

    def lines(self) -> Iterator[str]:
        """The same for people."""
        for what, keys in (
            (f"{', '.join(self.columns)}: not the same", self.differ),
            ("only in SQLite", self.only_sqlite),
            ("only in Postgres", self.only_postgres),
        ):
            if keys:
                yield f"{what} where {'; '.join(map(_shown, keys))}"
        if not self.complete:
            yield "more rows differ that were not looked at"


def _shown(place: Place) -> str:
    return " ".join(f"{name} {'NULL' if v is None else v}" for name, v in place.items())


@dataclass(frozen=True)
class Proof:
    """Both sides of one table; `rows` are all that SQLite has, also those that are skipped."""

    table: str
    rows: int
    source: Sum
    target: Sum
    difference: Difference | None = None

    @property
    def skipped(self) -> int:
        """Rows of SQLite's that are not to come along, as asked."""
        return self.rows - self.source.rows

    @property
    def holds(self) -> bool:
        """Whether they are the same."""
        return self.source == self.target


class Ours(threading.Thread):
    """SQLite's account of all tables: the crew works it out while Postgres is busy otherwise."""

    def __init__(self, crew: Crew, moves: list[TableMove], policy: str) -> None:
        super().__init__(name="proof", daemon=True)
        self._crew = crew
        self._policy = policy
        self._moves = moves
        self._sums = {move.name: NOTHING for move in moves}
        self._read = Counter[str]()  # rows, by table
        self._shown: Progress | None = None
        self._fault: BaseException | None = None

    def run(self) -> None:
        tasks = (Account(part, self._policy) for part in self._crew.parts(self._moves))
        try:
            for task, said in self._crew.work(tasks):
                move = task.part.move
                if isinstance(said, Rows):
                    self._read[move.name] += said.count
                    self._show(move, said.count)
                else:
                    self._sums[move.name] += said.result
        except BaseException as error:
            self._fault = error

    def show(self, progress: Progress) -> None:
        """Show from now on how far it is."""
        progress.phase("proof", sum(move.rows for move in self._moves))
        progress.total = self._read.total()
        self._shown = progress

    def sums(self) -> dict[str, Sum]:
        """The accounts, by table, as soon as they are there. Raises CommandError(65)."""
        self.join()
        if self._fault:
            raise self._fault
        return self._sums

    def _show(self, move: TableMove, rows: int) -> None:
        progress = self._shown
        if not progress:
            return
        if progress.table != move.name:
            progress.begin(move.name, move.rows)
            progress.rows = self._read[move.name] - rows
        progress.add(rows)


def compare(
    target: Target, moves: Sequence[TableMove], ours: Ours, before: dict[str, Sum] | None = None
) -> list[Proof]:
    """Let Postgres give its account too, but of the rows of `before`. Raises psycopg2.Error."""
    theirs = {
        move.name: of_target(target, move) - (before or {}).get(move.name, NOTHING)
        for move in moves
    }
    sums = ours.sums()
    return [Proof(move.name, move.rows, sums[move.name], theirs[move.name]) for move in moves]


def without(proofs: Sequence[Proof], lost: dict[str, Sum]) -> list[Proof]:
    """Proofs of the rows of SQLite's that are to be there: all but those that were `lost`."""
    return [replace(one, source=one.source - lost.get(one.table, NOTHING)) for one in proofs]


def of_target(target: Target, move: TableMove, where: str = "") -> Sum:
    """Postgres's own account of a table, or of its rows that the SQL of `where` tells."""
    row = FIRST_BITS.format(hashed(target, move))
    ((rows, total),) = target.rows(
        f"SELECT count(*), sum({row}) FROM {identifier(move.name)}{where}"  # noqa: S608
    )
    return Sum(rows, int(total or 0))


def hashed(target: Target, move: TableMove, columns: Sequence[Move] = ()) -> str:
    """SQL for the MD5 of a row in normal form, or of some of its columns."""
    each = (term(one, large=move.is_large) for one in columns or move.moves)
    terms = f" || '{SEPARATOR}' || ".join(each)
    # Texts may be stored in another encoding; what is hashed is UTF-8.
    return f"md5({terms})" if _is_utf8(target) else f"md5(convert_to({terms}, 'UTF8'))"


def _is_utf8(target: Target) -> bool:
    return bool(target.rows("SHOW server_encoding")[0][0] == "UTF8")


def term(move: Move, *, large: bool) -> str:
    """SQL for one column in normal form; `large` tells of the table's rows."""
    column = identifier(move.name)
    match move.kind:
        case kind if kind.unknown:
            text = f"left({column}::text, 0) || '?'"  # how it is written is Postgres's alone to say
        case Text() | Words() | Json() if large:
            text = f"length({column}::text) || ':' || {column}::text"
        case Text() | Words() | Json():
            text = f"quote_literal({column}::text)"
        case Bytes():
            text = f"md5({column})"
        case Double():
            text = f"encode(float{'4' if move.kind.sql == 'real' else '8'}send({column}), 'hex')"
        case Numeric():
            text = f"trim_scale({column}::numeric)::text"
        case Interval():
            text = f"encode(interval_send({column}), 'hex')"  # a month is not 30 days
        case _:
            text = f"{column}::text"
    return f"coalesce({text}, '')"
