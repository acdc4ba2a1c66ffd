"""The proof that all has arrived: what each side holds, counted and summed up by itself.

Every row is written out in one normal form and hashed (the first 64 bits of MD5); the sum of all
hashes is the table's checksum, so the order does not count. Postgres does so in SQL with its own
way of writing values out; here it is done from the SQLite file once more, value by value, by code
that shares nothing with what encodes them for COPY.

The normal form of a row: its values with the character 31 between them. NULL is empty, a text is
its length in characters, a colon and itself, a blob its MD5, a double its bits, all else as
Postgres writes it. A value that does not fit, and of which nobody has said what becomes of it, is
like nothing that Postgres may hold.
"""

import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any

from .load import Progress, query
from .moments import Interval
from .normal import BROKEN, form
from .plan import Move, TableMove
from .source import Row, Source, identifier, is_large
from .target import Target
from .values import Bytes, Double, Json, Numeric, Text, Words, slices

SEPARATOR = "\x1f"
UNFIT = "\x1e"
WRAP = 1 << 64
FIRST_BITS = "('x' || left({}, 16))::bit(64)::bigint"  # of an MD5, as Postgres's SQL


class Skipped(Exception):
    """The row is skipped, as asked."""


@dataclass(frozen=True)
class Sum:
    """How many rows, and the sum of their hashes."""

    rows: int
    checksum: int

    def __sub__(self, other: "Sum") -> "Sum":
        return Sum(self.rows - other.rows, self.checksum - other.checksum)

    def __str__(self) -> str:
        return f"{self.checksum % WRAP:016x}"


@dataclass
class Difference:
    """What was found. Keys map the names of their columns to values as a text."""

    columns: list[str] = field(default_factory=list)  # in which rows differ that both sides have
    differ: list[dict[str, str]] = field(default_factory=list)  # keys of a few such rows
    only_sqlite: list[dict[str, str]] = field(default_factory=list)
    only_postgres: list[dict[str, str]] = field(default_factory=list)
    complete: bool = True  # whether all rows that differ were looked at

    def lines(self) -> Iterator[str]:
        """The same for people."""
        for what, keys in (
            (f"{', '.join(self.columns)}: not the same", self.differ),
            ("only in SQLite", self.only_sqlite),
            ("only in Postgres", self.only_postgres),
        ):
            if keys:
                each = (" ".join(f"{name} {value}" for name, value in key.items()) for key in keys)
                yield f"{what} where {'; '.join(each)}"
        if not self.complete:
            yield "more rows differ that were not looked at"


@dataclass(frozen=True)
class Proof:
    """Both sides of one table."""

    table: str
    source: Sum
    target: Sum
    difference: Difference | None = None

    @property
    def holds(self) -> bool:
        """Whether they are the same."""
        return self.source == self.target


def of_target(target: Target, move: TableMove) -> Sum:
    """Postgres's own account of a table."""
    row = FIRST_BITS.format(hashed(target, move.moves))
    ((rows, total),) = target.rows(
        f"SELECT count(*), sum({row}) FROM {identifier(move.name)}"  # noqa: S608
    )
    return Sum(rows, int(total or 0))


def hashed(target: Target, moves: Sequence[Move]) -> str:
    """SQL for the MD5 of columns in normal form."""
    terms = f" || '{SEPARATOR}' || ".join(map(term, moves))
    # Texts may be stored in another encoding; what is hashed is UTF-8.
    return f"md5({terms})" if _is_utf8(target) else f"md5(convert_to({terms}, 'UTF8'))"


def _is_utf8(target: Target) -> bool:
    return bool(target.rows("SHOW server_encoding")[0][0] == "UTF8")


def term(move: Move) -> str:
    """SQL for one column in normal form."""
    column = identifier(move.name)
    match move.kind:
        case kind if not kind.known:
            text = f"left({column}::text, 0) || '?'"  # how it is written is Postgres's alone to say
        case Text() | Words() | Json():
            text = f"length({column}::text) || ':' || {column}::text"
        case Bytes():
            text = f"md5({column})"
        case Double():
            text = f"encode(float{'4' if move.kind.sql == 'real' else '8'}send({column}), 'hex')"
        case Numeric():
            text = f"trim_scale({column})::text"
        case Interval():
            text = f"trim_scale(extract(epoch FROM {column})::numeric * 1000000)::text"
        case _:
            text = f"{column}::text"
    return f"coalesce({text}, '')"


class Normal:
    """The normal form of one table's rows, from SQLite's values."""

    def __init__(self, move: TableMove, policy: str) -> None:
        self._policy = policy
        self._moves = move.moves
        self._forms = [form(one.kind) for one in move.moves]
        self._has_texts = any(isinstance(one.kind, Text) for one in move.moves)

    def sum(self, rows: Sequence[Row]) -> Sum:
        """The account of some rows, whose first value tells their place and does not count."""
        if len(rows) == 1 and is_large(rows[0]):
            return self._large(rows[0][1:])
        columns = list(zip(*rows, strict=True))[1:]
        try:
            texts = [whole(column) for (whole, _), column in zip(self._forms, columns, strict=True)]
            if self._policy and any(map(self._lacks, self._moves, columns)):
                raise ValueError
            written = list(map(SEPARATOR.join, zip(*texts, strict=True)))
            if self._has_texts and "\0" in "".join(written):
                raise ValueError
        except BROKEN:
            written = []
            for row in rows:
                with suppress(Skipped):
                    written.append(SEPARATOR.join(self.texts(row[1:])))
        return Sum(len(written), _total(written))

    @staticmethod
    def _lacks(move: Move, column: Sequence[Any]) -> bool:
        return move.required and None in column

    def _large(self, row: Row) -> Sum:
        """One row, of which there is room for no second copy."""
        digest = md5(usedforsecurity=False)
        try:
            for at, text in enumerate(self.texts(row)):
                digest.update(SEPARATOR.encode() if at else b"")
                for part in slices(text):
                    digest.update(part.encode())
        except Skipped:
            return Sum(0, 0)
        return Sum(1, _first_bits(digest.digest()))

    def texts(self, row: Row) -> Iterator[str]:
        """The normal forms of one row's values. Raises Skipped."""
        for move, (_, one), value in zip(self._moves, self._forms, row, strict=True):
            try:
                if value is None and move.required:
                    raise ValueError
                text = "" if value is None else one(value)
            except BROKEN:
                if self._policy == "skip":
                    raise Skipped from None
                text = "" if self._policy else UNFIT
            yield text


def first_bits(text: str) -> int:
    """The first 64 bits of a text's MD5, as a bigint."""
    return _first_bits(md5(text.encode(), usedforsecurity=False).digest())


def _first_bits(digest: bytes) -> int:
    return int.from_bytes(digest[:8], signed=True)


def _total(written: list[str]) -> int:
    hashes = b"".join([md5(line.encode(), usedforsecurity=False).digest()[:8] for line in written])
    return sum(struct.unpack(f">{len(written)}q", hashes))


def of_source(source: Source, move: TableMove, policy: str, progress: Progress) -> Sum:
    """The same account, from the SQLite file. Raises Stop(65)."""
    normal = Normal(move, policy)
    rows = checksum = 0
    for piece in source.rows(query(move, [one.column.name for one in move.moves]), move.row_bytes):
        part = normal.sum(piece)
        rows += part.rows
        checksum += part.checksum
        progress.add(len(piece))
    return Sum(rows, checksum)
