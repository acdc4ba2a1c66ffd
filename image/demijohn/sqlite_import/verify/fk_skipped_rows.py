"""For --verify-only --on-bad skip: the rows of SQLite that foreign keys have kept out.

Postgres is asked to what a row refers that it has not. That alone does not keep a row out, or a
whole tree whose root refers to itself might be deleted in Postgres, and each of its rows would be
the reason that another is not there. What it refers to must have no reason to be there: no row of
SQLite's is it, or that row is itself kept out, and so on until one that refers to nothing. (A row
that lacks nothing and is not there is none of these: its table differs, whatever refers to it.)

Nothing is written to Postgres. The rows that lack something are noted in a database of SQLite's,
one for the purpose: it goes into a temporary file where there are many, so memory is bounded.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.sqlite_import.checksum.source_checksum import EMPTY, RowCanonicalizer, TableChecksum
from demijohn.sqlite_import.load import fk_cascade_skip
from demijohn.sqlite_import.model.mapping import ColumnMapping, TableMapping
from demijohn.sqlite_import.model.plan import Plan
from demijohn.sqlite_import.model.progress import Progress
from demijohn.sqlite_import.model.rejects import ConversionError
from demijohn.sqlite_import.source.database import Source
from demijohn.sqlite_import.sql_names import Row, quote_ident
from demijohn.sqlite_import.target.catalog import Target
from demijohn.sqlite_import.verify.compare import TableComparison
from demijohn.sqlite_import.workers.row_ranges import read_rows

# More than a table has rows. A row's number is that of its table, times this, and its place there.
ROWS_PER_TABLE = 1 << 40

# `lacks`: to what, by its hash, a row refers that is not there. `is_key`: what it is to a key.
SCRATCH_TABLES = """
PRAGMA journal_mode = OFF;
CREATE TABLE noted (row INTEGER PRIMARY KEY, checksum INT);
CREATE TABLE lacks (key INT, hash INT, row INT, PRIMARY KEY (key, hash, row)) WITHOUT ROWID;
CREATE TABLE is_key (key INT, hash INT, row INT, PRIMARY KEY (key, hash, row)) WITHOUT ROWID;
CREATE INDEX is_key_of ON is_key (row);
CREATE TABLE out (row INTEGER PRIMARY KEY);
BEGIN"""

# Two rows that are the same to a key could not both be there: then nothing follows from either.
FIND_SKIPPED = """
INSERT INTO out
WITH RECURSIVE step (row) AS (
  SELECT l.row FROM lacks l
   WHERE NOT EXISTS (SELECT 1 FROM is_key k WHERE k.key = l.key AND k.hash = l.hash)
   UNION
  SELECT l.row FROM step JOIN is_key k ON k.row = step.row
                         JOIN lacks l ON l.key = k.key AND l.hash = k.hash
   WHERE (SELECT count(*) FROM is_key o WHERE o.key = k.key AND o.hash = k.hash) = 1)
SELECT row FROM step"""

COUNT_BY_KEY = """
SELECT key, count(*)
  FROM (SELECT min(l.key) AS key FROM out JOIN lacks l ON l.row = out.row GROUP BY out.row)
 GROUP BY key"""


@dataclass(frozen=True)
class ComparedForeignKey:
    """A key of which all is compared: its own columns, and those of its parent where we have it."""

    key: fk_cascade_skip.ExistingForeignKey
    child: TableMapping
    columns: list[ColumnMapping]
    parent: TableMapping | None
    parents: list[ColumnMapping]

    def missing_parents_sql(self) -> str:
        """SQL for the numbers of the rows that refer to what is not there, and for its hash."""
        key = self.key
        values = _cast_values(self.columns, key.casts)
        given = key.refers_sql([f"u.v{at}" for at in range(len(values))])
        there = " AND ".join(
            f"p.{quote_ident(name)} = {value}"
            for name, value in zip(key.parent_columns, values, strict=True)
        )
        inner = f"SELECT FROM {key.parent_table} p WHERE {there}".replace("%", "%%")
        return f"{_hash_query(values)} WHERE ({given}) AND NOT EXISTS ({inner})"

    def referenced_sql(self) -> str:
        """SQL for the numbers of the rows that can be referred to, of the parent's, and hashes."""
        values = _cast_values(self.parents, self.key.parent_casts)
        known = " AND ".join(f"u.v{at} IS NOT NULL" for at in range(len(values)))
        return f"{_hash_query(values)} WHERE {known}"


class FkSkippedRows:
    """Finds those rows. Its methods raise psycopg2.Error and CommandError(65 or 73)."""

    def __init__(self, source: Source, target: Target, plan: Plan) -> None:
        self._source = source
        self._target = target
        self._plan = plan
        self._scratch = sqlite3.connect("", isolation_level=None)
        self._scratch.executescript(SCRATCH_TABLES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._scratch.close()

    def find(
        self, comparisons: Sequence[TableComparison], progress: Progress
    ) -> dict[str, TableChecksum]:
        """The account of the rows of each table, by its name, and tell which keys kept them out.

        Only a table of which Postgres has fewer rows can be without some.
        """
        fewer = {
            comparison.table
            for comparison in comparisons
            if comparison.target.rows < comparison.source.rows
        }
        mappings = [mapping for mapping in self._plan.tables if mapping.name in fewer]
        keys = self._compared_keys(mappings)
        mappings = [mapping for mapping in mappings if any(key.child is mapping for key in keys)]
        if mappings:
            progress.start_phase(
                "rows that were kept out", sum(mapping.rows for mapping in mappings)
            )
        sums: dict[str, TableChecksum] = defaultdict(lambda: EMPTY)
        with self._translate_errors():
            for mapping in mappings:
                self._collect(mapping, keys, progress)
            self._scratch.execute(FIND_SKIPPED)
            for row, checksum in self._scratch.execute("SELECT * FROM noted JOIN out USING (row)"):
                sums[self._plan.tables[row // ROWS_PER_TABLE].name] += TableChecksum(1, checksum)
            for at, count in self._scratch.execute(COUNT_BY_KEY):
                keys[at].key.tell(self._plan, keys[at].child, count)
        return sums

    def positions(self, mapping: TableMapping) -> Iterator[int]:
        """Their places among all rows of a table, in order."""
        first = self._plan.tables.index(mapping) * ROWS_PER_TABLE
        with self._translate_errors():
            for (row,) in self._scratch.execute(
                "SELECT row FROM out WHERE row >= ? AND row < ? ORDER BY row",
                (first, first + ROWS_PER_TABLE),
            ):
                yield row - first

    def _compared_keys(self, mappings: Sequence[TableMapping]) -> list[ComparedForeignKey]:
        """The keys that prove something: nobody knows what is in a column that is not compared."""
        by_name = {mapping.name: mapping for mapping in self._plan.tables}
        by_oid = {self._target.tables[name].oid: mapping for name, mapping in by_name.items()}
        found = []
        for key in fk_cascade_skip.foreign_keys(
            self._target, [mapping.name for mapping in mappings], needed=True
        ):
            child, parent = by_name[key.table], by_oid.get(key.parent_oid)
            columns = _compared_columns(child, key.columns)
            parents = _compared_columns(parent, key.parent_columns) if parent else []
            if key.is_valid and columns and (parents or not parent):
                found.append(ComparedForeignKey(key, child, columns, parent, parents))
        return found

    def _collect(
        self, mapping: TableMapping, keys: Sequence[ComparedForeignKey], progress: Progress
    ) -> None:
        """Note the rows of a table that refer to what is not there, and what they are to keys."""
        canonicalizer = RowCanonicalizer(mapping, "skip")
        note = self._scratch.executemany
        progress.start_table(mapping.name, mapping.rows)
        first = self._plan.tables.index(mapping) * ROWS_PER_TABLE
        for rows in read_rows(self._source, mapping):
            lacks = [
                (at, value, number)
                for at, key in enumerate(keys)
                if key.child is mapping
                for number, value in self._hash_rows(
                    key.missing_parents_sql(), _column_texts(mapping, key.columns, rows)
                )
            ]
            sums = {number: canonicalizer.checksum([rows[number]]) for _, _, number in lacks}
            # One with a value that does not fit is skipped for that.
            lacking = [number for number, one in sums.items() if one.rows]
            note(
                "INSERT INTO noted VALUES (?, ?)",
                [(first + number, sums[number].checksum) for number in lacking],
            )
            note(
                "INSERT INTO lacks VALUES (?, ?, ?)",
                [(at, value, first + n) for at, value, n in lacks if sums[n].rows],
            )
            for at, key in enumerate(keys):
                if key.parent is mapping and lacking:
                    texts = _column_texts(
                        mapping, key.parents, [rows[number] for number in lacking]
                    )
                    note(
                        "INSERT INTO is_key VALUES (?, ?, ?)",
                        [
                            (at, value, first + lacking[n])
                            for n, value in self._hash_rows(key.referenced_sql(), texts)
                        ],
                    )
            first += len(rows)
            progress.add_rows(len(rows))

    def _hash_rows(self, sql: str, texts: Sequence[list[str | None]]) -> list[Row]:
        return self._target.rows(sql, tuple(texts))

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Turn what SQLite says of the notes into one line."""
        try:
            yield
        except sqlite3.Error as error:
            raise CommandError(
                Exit.CANNOT_WRITE,
                f"the rows that were kept out are too many to be noted in memory: {error}. Let "
                "TMPDIR name a folder with room for them.",
            ) from None


def _compared_columns(mapping: TableMapping, names: Sequence[str]) -> list[ColumnMapping]:
    """The moves to these columns; nothing where one of them is not compared."""
    by_name = {
        column.name: column for column in mapping.columns if not column.pg_type.not_comparable
    }
    return [by_name[name] for name in names] if by_name.keys() >= set(names) else []


def _column_texts(
    mapping: TableMapping, columns: Sequence[ColumnMapping], rows: Sequence[Row]
) -> list[list[str | None]]:
    """Columns of rows as Postgres takes them; None for NULL, and for what does not fit."""
    places = [mapping.columns.index(column) - len(mapping.columns) for column in columns]
    return [
        [_text(column, row[place]) for row in rows]
        for column, place in zip(columns, places, strict=True)
    ]


def _text(column: ColumnMapping, value: object) -> str | None:
    try:
        return None if value is None else column.pg_type.encode_value(value)
    except ConversionError:
        return None


def _cast_values(columns: Sequence[ColumnMapping], casts: Sequence[str | None]) -> list[str]:
    """SQL for the values of a row of texts, as what they are compared as."""
    return [
        f"u.v{at}::{cast or column.pg_type.sql}"
        for at, (column, cast) in enumerate(zip(columns, casts, strict=True))
    ]


def _hash_query(values: Sequence[str]) -> str:
    """SQL, which may go on, for the numbers and the hashes of rows: those that are equal have the
    same. It takes the rows' columns, as lists of texts, for its parameters.
    """
    made = "0"
    for value in values:
        made = f"hash_array_extended(ARRAY[{value}], {made})"
    names = ", ".join(f"v{at}" for at in range(len(values)))
    made = made.replace("%", "%%")
    lists = ", ".join(["%s::text[]"] * len(values))
    return f"SELECT u.n - 1, {made} FROM unnest({lists}) WITH ORDINALITY u ({names}, n)"  # noqa: S608
