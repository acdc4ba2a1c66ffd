"""The checksum of a SQLite table: hashes of its rows in canonical form, summed up.

The canonical form of a row is its values joined by the character 31. NULL is empty, a text is
quoted as in SQL, a blob is its MD5, a double its bits, and any other value is written as Postgres
writes it. In a table of large rows a text is its length in characters, a colon and itself, since
quotes could double it. A rejected value without a policy is UNCONVERTIBLE, which no Postgres value
equals.
"""

import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from demijohn.sqlite_import.checksum.canonical import canonical_encoders
from demijohn.sqlite_import.checksum.canonical_value import CANONICAL_ERRORS
from demijohn.sqlite_import.model.mapping import ColumnMapping, TableMapping
from demijohn.sqlite_import.source.database import is_large
from demijohn.sqlite_import.sql_names import Row
from demijohn.sqlite_import.text import in_slices

try:  # Python's own MD5, which takes two thirds of the time of OpenSSL 3 per row
    from _md5 import md5  # type: ignore[import-not-found]
except ImportError:
    from hashlib import md5

SEPARATOR = "\x1f"
UNCONVERTIBLE = "\x1e"
CHECKSUM_MODULUS = 1 << 64


class RowSkipped(Exception):
    """The row is skipped, by policy."""


@dataclass(frozen=True)
class TableChecksum:
    """The number of rows, and the sum of their hashes: the first 64 bits of MD5."""

    rows: int
    checksum: int

    def __add__(self, other: "TableChecksum") -> "TableChecksum":
        return TableChecksum(self.rows + other.rows, self.checksum + other.checksum)

    def __sub__(self, other: "TableChecksum") -> "TableChecksum":
        return TableChecksum(self.rows - other.rows, self.checksum - other.checksum)

    def __str__(self) -> str:
        return f"{self.checksum % CHECKSUM_MODULUS:016x}"


EMPTY = TableChecksum(0, 0)


class RowCanonicalizer:
    """Computes canonical forms and checksums of the rows of one table."""

    def __init__(self, mapping: TableMapping, policy: str) -> None:
        self._policy = policy
        self._columns = mapping.columns
        self._encoders = [
            canonical_encoders(column.pg_type, large=mapping.has_large_rows)
            for column in mapping.columns
        ]

    def checksum(self, rows: Sequence[Row]) -> TableChecksum:
        """The checksum of a batch of rows, as RowRange.query returns them."""
        if len(rows) == 1 and is_large(rows[0]):
            return self._large_row(rows[0])
        columns = list(zip(*rows, strict=True))
        columns = columns[len(columns) - len(self._columns) :]
        try:
            texts = [
                encode_column(column)
                for (encode_column, _), column in zip(self._encoders, columns, strict=True)
            ]
            if self._policy and any(map(self._has_rejected_null, self._columns, columns)):
                raise ValueError
            lines = list(map(SEPARATOR.join, zip(*texts, strict=True)))
        except CANONICAL_ERRORS:
            lines = []
            for row in rows:
                with suppress(RowSkipped):
                    lines.append(SEPARATOR.join(self.canonical_values(row)))
        return TableChecksum(len(lines), _sum_hashes(lines))

    @staticmethod
    def _has_rejected_null(column: ColumnMapping, values: Sequence[Any]) -> bool:
        return column.not_null and None in values

    def _large_row(self, row: Row) -> TableChecksum:
        """One row, without a second copy of it."""
        digest = md5(usedforsecurity=False)
        try:
            for at, text in enumerate(self.canonical_values(row)):
                digest.update(SEPARATOR.encode() if at else b"")
                for part in in_slices(text):
                    digest.update(part.encode())
        except RowSkipped:
            return EMPTY
        return TableChecksum(1, _first_64_bits(digest.digest()))

    def canonical_values(self, row: Row) -> Iterator[str]:
        """The canonical forms of a row's values. Raises RowSkipped."""
        values = row[len(row) - len(self._columns) :]
        for column, (_, encode_value), value in zip(
            self._columns, self._encoders, values, strict=True
        ):
            try:
                if value is None and column.not_null:
                    raise ValueError
                text = "" if value is None else encode_value(value)
            except CANONICAL_ERRORS:
                if self._policy == "skip":
                    raise RowSkipped from None
                text = "" if self._policy else UNCONVERTIBLE
            yield text


def hash_text(text: str) -> int:
    """The first 64 bits of a text's MD5, as a signed integer."""
    return _first_64_bits(md5(text.encode(), usedforsecurity=False).digest())


def _first_64_bits(digest: bytes) -> int:
    return int.from_bytes(digest[:8], signed=True)


def _sum_hashes(lines: list[str]) -> int:
    hashes = b"".join([md5(line.encode(), usedforsecurity=False).digest() for line in lines])
    return sum(struct.unpack(">" + "q8x" * len(lines), hashes))
