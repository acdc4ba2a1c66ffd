"""For --verify-only --on-bad skip: the rows of SQLite that were skipped because of foreign keys.

Postgres finds the rows whose parent is missing. That alone is not enough: if somebody deleted a
tree whose root refers to itself, each of its rows would explain the absence of another. The parent
must also have a reason to be missing: SQLite has no such row, or it was skipped itself, and so on
up to a row whose parent does not exist in SQLite. (A row that is missing although its parent is
there is a difference.)

Nothing is written to Postgres. The rows with missing parents are stored in a temporary SQLite
database, on disk if there are many, so memory is bounded.
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

# More rows than a table can have. The number of a row is that of its table times this, plus its
# position.
ROWS_PER_TABLE = 1 << 40

# `missing`: the hash of the missing parent of a row. `parent_key`: the hash of a row as a parent.
SCRATCH_TABLES = """
PRAGMA journal_mode = OFF;
CREATE TABLE checksums (row INTEGER PRIMARY KEY, checksum INT);
CREATE TABLE missing (key INT, hash INT, row INT, PRIMARY KEY (key, hash, row)) WITHOUT ROWID;
CREATE TABLE parent_key (key INT, hash INT, row INT, PRIMARY KEY (key, hash, row)) WITHOUT ROWID;
CREATE INDEX parent_key_row ON parent_key (row);
CREATE TABLE skipped (row INTEGER PRIMARY KEY);
BEGIN"""

# Two rows with the same key cannot both be in Postgres, so neither proves anything.
FIND_SKIPPED = """
INSERT INTO skipped
WITH RECURSIVE step (row) AS (
  SELECT m.row FROM missing m
   WHERE NOT EXISTS (SELECT 1 FROM parent_key k WHERE k.key = m.key AND k.hash = m.hash)
   UNION
  SELECT m.row FROM step JOIN parent_key k ON k.row = step.row
                         JOIN missing m ON m.key = k.key AND m.hash = k.hash
   WHERE (SELECT count(*) FROM parent_key o WHERE o.key = k.key AND o.hash = k.hash) = 1)
SELECT row FROM step"""

COUNT_BY_KEY = """
SELECT key, count(*)
  FROM (SELECT min(m.key) AS key FROM skipped s JOIN missing m ON m.row = s.row GROUP BY s.row)
 GROUP BY key"""


@dataclass(frozen=True)
class ComparedForeignKey:
    """A foreign key whose columns are all compared, its own and those of an imported parent."""

    key: fk_cascade_skip.ExistingForeignKey
    child: TableMapping
    columns: list[ColumnMapping]
    parent: TableMapping | None
    parent_columns: list[ColumnMapping]

    def missing_parents_sql(self) -> str:
        """SQL: the numbers of the rows whose parent is missing, and the hash of that parent."""
        key = self.key
        values = _cast_values(self.columns, key.casts)
        refers = key.refers_sql([f"u.v{at}" for at in range(len(values))])
        same_key = " AND ".join(
            f"p.{quote_ident(name)} = {value}"
            for name, value in zip(key.parent_columns, values, strict=True)
        )
        inner = f"SELECT FROM {key.parent_table} p WHERE {same_key}".replace("%", "%%")
        return f"{_hash_query(values)} WHERE ({refers}) AND NOT EXISTS ({inner})"

    def referenced_sql(self) -> str:
        """SQL: the numbers of the parent rows that can be referred to, and their hashes."""
        values = _cast_values(self.parent_columns, self.key.parent_casts)
        not_null = " AND ".join(f"u.v{at} IS NOT NULL" for at in range(len(values)))
        return f"{_hash_query(values)} WHERE {not_null}"


class FkSkippedRows:
    """Finds the skipped rows. Its methods raise psycopg2.Error and CommandError(65 or 73)."""

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
        """The checksum of the skipped rows of each table. Reports the keys to the plan.

        Only a table with fewer rows in Postgres can have skipped rows.
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
                "finding rows skipped because of foreign keys",
                sum(mapping.rows for mapping in mappings),
            )
        sums: dict[str, TableChecksum] = defaultdict(lambda: EMPTY)
        with self._translate_errors():
            for mapping in mappings:
                self._collect(mapping, keys, progress)
            self._scratch.execute(FIND_SKIPPED)
            for row, checksum in self._scratch.execute(
                "SELECT * FROM checksums JOIN skipped USING (row)"
            ):
                sums[self._plan.tables[row // ROWS_PER_TABLE].name] += TableChecksum(1, checksum)
            for at, count in self._scratch.execute(COUNT_BY_KEY):
                compared = keys[int(at)]
                compared.key.report_skipped(self._plan, compared.child, count)
        return sums

    def positions(self, mapping: TableMapping) -> Iterator[int]:
        """The positions of the skipped rows among all rows of a table, in order."""
        first = self._plan.tables.index(mapping) * ROWS_PER_TABLE
        with self._translate_errors():
            for (row,) in self._scratch.execute(
                "SELECT row FROM skipped WHERE row >= ? AND row < ? ORDER BY row",
                (first, first + ROWS_PER_TABLE),
            ):
                yield row - first

    def _compared_keys(self, mappings: Sequence[TableMapping]) -> list[ComparedForeignKey]:
        """The keys that can prove a skip. Values of columns that are not compared are unknown."""
        by_name = {mapping.name: mapping for mapping in self._plan.tables}
        by_oid = {self._target.tables[name].oid: mapping for name, mapping in by_name.items()}
        found = []
        for key in fk_cascade_skip.foreign_keys(
            self._target, [mapping.name for mapping in mappings], needed=True
        ):
            child, parent = by_name[key.table], by_oid.get(key.parent_oid)
            columns = _compared_columns(child, key.columns)
            parent_columns = _compared_columns(parent, key.parent_columns) if parent else []
            if key.is_valid and columns and (parent_columns or not parent):
                found.append(ComparedForeignKey(key, child, columns, parent, parent_columns))
        return found

    def _collect(
        self, mapping: TableMapping, keys: Sequence[ComparedForeignKey], progress: Progress
    ) -> None:
        """Store the rows of a table with missing parents, and their hashes as parents."""
        canonicalizer = RowCanonicalizer(mapping, "skip")
        insert = self._scratch.executemany
        progress.start_table(mapping.name, mapping.rows)
        first = self._plan.tables.index(mapping) * ROWS_PER_TABLE
        for rows in read_rows(self._source, mapping):
            missing = [
                (at, value, number)
                for at, key in enumerate(keys)
                if key.child is mapping
                for number, value in self._hash_rows(
                    key.missing_parents_sql(), _column_texts(mapping, key.columns, rows)
                )
            ]
            sums = {number: canonicalizer.checksum([rows[number]]) for _, _, number in missing}
            # A row with a rejected value was skipped for that reason.
            row_numbers = [number for number, one in sums.items() if one.rows]
            insert(
                "INSERT INTO checksums VALUES (?, ?)",
                [(first + number, sums[number].checksum) for number in row_numbers],
            )
            insert(
                "INSERT INTO missing VALUES (?, ?, ?)",
                [(at, value, first + n) for at, value, n in missing if sums[n].rows],
            )
            for at, key in enumerate(keys):
                if key.parent is mapping and row_numbers:
                    texts = _column_texts(
                        mapping, key.parent_columns, [rows[number] for number in row_numbers]
                    )
                    insert(
                        "INSERT INTO parent_key VALUES (?, ?, ?)",
                        [
                            (at, value, first + row_numbers[n])
                            for n, value in self._hash_rows(key.referenced_sql(), texts)
                        ],
                    )
            first += len(rows)
            progress.add_rows(len(rows))

    def _hash_rows(self, sql: str, texts: Sequence[list[str | None]]) -> list[Row]:
        return self._target.rows(sql, tuple(texts))

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Turn SQLite errors of the temporary database into a CommandError."""
        try:
            yield
        except sqlite3.Error as error:
            raise CommandError(
                Exit.CANNOT_WRITE,
                f"cannot store the skipped rows in a temporary file: {error}. Set TMPDIR to a "
                "writable folder with more free space.",
            ) from None


def _compared_columns(mapping: TableMapping, names: Sequence[str]) -> list[ColumnMapping]:
    """The mappings of columns, or [] if one of them is not compared."""
    by_name = {
        column.name: column for column in mapping.columns if not column.pg_type.not_comparable
    }
    return [by_name[name] for name in names] if by_name.keys() >= set(names) else []


def _column_texts(
    mapping: TableMapping, columns: Sequence[ColumnMapping], rows: Sequence[Row]
) -> list[list[str | None]]:
    """Columns of rows as Postgres parses them; None for NULL and for rejected values."""
    positions = [mapping.columns.index(column) - len(mapping.columns) for column in columns]
    return [
        [_text(column, row[position]) for row in rows]
        for column, position in zip(columns, positions, strict=True)
    ]


def _text(column: ColumnMapping, value: object) -> str | None:
    try:
        return None if value is None else column.pg_type.encode_value(value)
    except ConversionError:
        return None


def _cast_values(columns: Sequence[ColumnMapping], casts: Sequence[str | None]) -> list[str]:
    """SQL: the values of a row of texts, cast to the types in which they are compared."""
    return [
        f"u.v{at}::{cast or column.pg_type.sql}"
        for at, (column, cast) in enumerate(zip(columns, casts, strict=True))
    ]


def _hash_query(values: Sequence[str]) -> str:
    """SQL, to be continued: the numbers and hashes of rows. Equal rows have equal hashes. Its
    parameters are the columns of the rows, as lists of texts.
    """
    row_hash = "0"
    for value in values:
        row_hash = f"hash_array_extended(ARRAY[{value}], {row_hash})"
    names = ", ".join(f"v{at}" for at in range(len(values)))
    row_hash = row_hash.replace("%", "%%")
    lists = ", ".join(["%s::text[]"] * len(values))
    return f"SELECT u.n - 1, {row_hash} FROM unnest({lists}) WITH ORDINALITY u ({names}, n)"  # noqa: S608
