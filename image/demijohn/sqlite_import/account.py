"""SQLite's account of a table, for the proof: its rows in normal form, counted and summed up."""

import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from demijohn.sqlite_import.move import Move, TableMove
from demijohn.sqlite_import.normal import form
from demijohn.sqlite_import.normal_one import BROKEN
from demijohn.sqlite_import.source import Row, is_large
from demijohn.sqlite_import.values import slices

try:  # Python's own, which for a row takes two thirds of what OpenSSL 3 takes
    from _md5 import md5  # type: ignore[import-not-found]
except ImportError:
    from hashlib import md5

SEPARATOR = "\x1f"
UNFIT = "\x1e"
WRAP = 1 << 64


class Skipped(Exception):
    """The row is skipped, as asked."""


@dataclass(frozen=True)
class Sum:
    """How many rows, and the sum of their hashes."""

    rows: int
    checksum: int

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.rows + other.rows, self.checksum + other.checksum)

    def __sub__(self, other: "Sum") -> "Sum":
        return Sum(self.rows - other.rows, self.checksum - other.checksum)

    def __str__(self) -> str:
        return f"{self.checksum % WRAP:016x}"


NOTHING = Sum(0, 0)


class Normal:
    """The normal form of one table's rows, from SQLite's values."""

    def __init__(self, move: TableMove, policy: str) -> None:
        self._policy = policy
        self._moves = move.moves
        self._forms = [form(one.kind, large=move.is_large) for one in move.moves]

    def sum(self, rows: Sequence[Row]) -> Sum:
        """The account of some rows as a part's query gives them."""
        if len(rows) == 1 and is_large(rows[0]):
            return self._large(rows[0])
        columns = list(zip(*rows, strict=True))
        columns = columns[len(columns) - len(self._moves) :]
        try:
            texts = [whole(column) for (whole, _), column in zip(self._forms, columns, strict=True)]
            if self._policy and any(map(self._lacks, self._moves, columns)):
                raise ValueError
            written = list(map(SEPARATOR.join, zip(*texts, strict=True)))
        except BROKEN:
            written = []
            for row in rows:
                with suppress(Skipped):
                    written.append(SEPARATOR.join(self.texts(row)))
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
            return NOTHING
        return Sum(1, _first_bits(digest.digest()))

    def texts(self, row: Row) -> Iterator[str]:
        """The normal forms of one row's values. Raises Skipped."""
        values = row[len(row) - len(self._moves) :]
        for move, (_, one), value in zip(self._moves, self._forms, values, strict=True):
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
    hashes = b"".join([md5(line.encode(), usedforsecurity=False).digest() for line in written])
    return sum(struct.unpack(">" + "q8x" * len(written), hashes))
