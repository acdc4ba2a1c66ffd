"""Finds the rows and columns in which the two sides of a table differ.

Used if the checksums differ. Rows go into buckets by their keys. Each side sums up its buckets, and
only rows of buckets that differ are compared, so memory is bounded.
"""

import struct
from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import suppress
from dataclasses import replace
from hashlib import md5
from itertools import chain

from demijohn.sqlite_import.checksum.canonical_value import unquote
from demijohn.sqlite_import.checksum.source_checksum import (
    SEPARATOR,
    UNCONVERTIBLE,
    RowCanonicalizer,
    RowSkipped,
    hash_text,
)
from demijohn.sqlite_import.checksum.target_checksum import (
    FIRST_64_BITS,
    canonical_column_sql,
    row_hash_sql,
)
from demijohn.sqlite_import.model.mapping import ColumnMapping, TableMapping
from demijohn.sqlite_import.model.rejects import MAX_VALUE_CHARS
from demijohn.sqlite_import.source.database import Source
from demijohn.sqlite_import.sql_names import quote_ident
from demijohn.sqlite_import.target.catalog import Target
from demijohn.sqlite_import.types.numbers_and_booleans import Double
from demijohn.sqlite_import.types.text_types import EnumOrUnknown, Json, Text
from demijohn.sqlite_import.verify.compare import Difference, RowKey, TableComparison
from demijohn.sqlite_import.workers.row_ranges import read_rows

BUCKETS = 1 << 16
MAX_COMPARED_ROWS = 2_000  # approximately
MAX_EXAMPLES = 5  # of each kind

Key = tuple[str, ...]
Digests = tuple[str, ...]
SkippedRows = Callable[[TableMapping], Iterator[int]]


def no_skipped_rows(_: TableMapping) -> Iterator[int]:
    """The positions of skipped rows, for a table without any."""
    return iter(())


def add_row_diffs(
    source: Source,
    target: Target,
    mappings: Sequence[TableMapping],
    comparisons: Sequence[TableComparison],
    policy: str,
    skipped_rows: SkippedRows = no_skipped_rows,
) -> list[TableComparison]:
    """The comparisons, with a Difference for each table that is not equal.

    Raises psycopg2.Error and CommandError(65).
    """
    return [
        comparison
        if comparison.is_equal
        else replace(
            comparison, difference=RowDiff(source, target, mapping, policy, skipped_rows).run()
        )
        for mapping, comparison in zip(mappings, comparisons, strict=True)
    ]


class RowDiff:
    """Compares one table. Its methods raise psycopg2.Error and CommandError(65).

    Its SQL takes no parameters, since names may contain any character, even `%`. `skipped_rows` are
    the positions of skipped rows among all rows of SQLite, in order.
    """

    def __init__(
        self,
        source: Source,
        target: Target,
        mapping: TableMapping,
        policy: str,
        skipped_rows: SkippedRows,
    ) -> None:
        self._source = source
        self._target = target
        self._mapping = mapping
        self._skipped_rows = skipped_rows
        self._canonicalizer = RowCanonicalizer(mapping, policy)
        names = [mapping.find_column(name) for name in mapping.source.key]
        known = [column for column in names if column and not column.pg_type.not_comparable]
        # Without a primary key the whole row is the key.
        self._key = known if names and len(known) == len(names) else mapping.columns
        self._key_positions = [mapping.columns.index(column) for column in self._key]

    def run(self) -> Difference:
        """Find the rows that differ, or some of them."""
        source, target = self._source_buckets(), self._target_buckets()
        unequal = sorted(n for n in source.keys() | target.keys() if source[n] != target[n])
        limit = MAX_COMPARED_ROWS * BUCKETS // max(self._mapping.rows, BUCKETS)
        compared = unequal[: max(1, limit)]
        source_rows, target_rows = self._source_rows(set(compared)), self._target_rows(compared)
        found = self._compare(source_rows - target_rows, target_rows - source_rows)
        found.complete = len(compared) == len(unequal)
        return found

    def _compare(
        self,
        source: Counter[tuple[Key, Digests]],
        target: Counter[tuple[Key, Digests]],
    ) -> Difference:
        """Compare rows that only one side has. If both have the key, their values differ."""
        source_values, target_values = dict(source.keys()), dict(target.keys())
        both = source_values.keys() & target_values.keys()
        columns = [
            column.name
            for at, column in enumerate(self._mapping.columns)
            if any(source_values[key][at] != target_values[key][at] for key in both)
        ]
        return Difference(
            columns,
            self._format_examples(both),
            self._format_examples(source_values.keys() - both),
            self._format_examples(target_values.keys() - both),
        )

    def _format_examples(self, keys: Set[Key]) -> list[RowKey]:
        first = sorted(keys, key=lambda key: [(len(text), text) for text in key])[:MAX_EXAMPLES]
        return [
            {
                column.name: self._format_value(column, text)
                for column, text in zip(self._key, key, strict=True)
            }
            for key in first
        ]

    def _source_buckets(self) -> Counter[int]:
        sums = Counter[int]()
        for texts in self._canonical_rows():
            sums[self._bucket(texts)] += hash_text(SEPARATOR.join(texts))
        return sums

    def _target_buckets(self) -> Counter[int]:
        row = row_hash_sql(self._target, self._mapping)
        return Counter(
            {
                bucket: int(total)
                for bucket, total in self._target.rows(
                    f"SELECT {self._bucket_sql()}, sum({FIRST_64_BITS.format(row)})"  # noqa: S608
                    f" FROM {quote_ident(self._mapping.name)} GROUP BY 1"
                )
            }
        )

    def _source_rows(self, buckets: set[int]) -> Counter[tuple[Key, Digests]]:
        return Counter(
            (tuple(texts[at] for at in self._key_positions), tuple(map(_digest, texts)))
            for texts in self._canonical_rows()
            if self._bucket(texts) in buckets
        )

    def _target_rows(self, buckets: list[int]) -> Counter[tuple[Key, Digests]]:
        mapping = self._mapping
        terms = [canonical_column_sql(column, large=mapping.has_large_rows) for column in self._key]
        terms += [row_hash_sql(self._target, mapping, [column]) for column in mapping.columns]
        size = len(self._key)
        return Counter(
            (row[:size], row[size:])
            for row in self._target.rows(
                f"SELECT {', '.join(terms)} FROM {quote_ident(mapping.name)}"  # noqa: S608
                f" WHERE {self._bucket_sql()} = ANY(ARRAY{buckets}::int[])"
            )
        )

    def _canonical_rows(self) -> Iterator[list[str]]:
        """The canonical forms of each row's values, without skipped rows."""
        skipped = self._skipped_rows(self._mapping)
        next_skipped = next(skipped, None)
        rows = chain.from_iterable(read_rows(self._source, self._mapping))
        for position, row in enumerate(rows):
            if position == next_skipped:
                next_skipped = next(skipped, None)
                continue
            with suppress(RowSkipped):
                yield list(self._canonicalizer.canonical_values(row))

    def _bucket(self, texts: list[str]) -> int:
        return hash_text(SEPARATOR.join([texts[at] for at in self._key_positions])) % BUCKETS

    def _bucket_sql(self) -> str:
        key = FIRST_64_BITS.format(row_hash_sql(self._target, self._mapping, self._key))
        return f"({key} & {BUCKETS - 1})::int"

    def _format_value(self, column: ColumnMapping, text: str) -> str | None:
        """A value's canonical form as people write it; None for NULL."""
        if text in ("", UNCONVERTIBLE):
            return "(does not fit)" if text else None
        if isinstance(column.pg_type, Text | EnumOrUnknown | Json):
            text = text.partition(":")[2] if self._mapping.has_large_rows else unquote(text)
        elif isinstance(column.pg_type, Double) and text:
            (number,) = struct.unpack(">f" if len(text) == 8 else ">d", bytes.fromhex(text))
            text = repr(number)
        return text if len(text) <= MAX_VALUE_CHARS else text[: MAX_VALUE_CHARS - 1] + "…"


def _digest(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
