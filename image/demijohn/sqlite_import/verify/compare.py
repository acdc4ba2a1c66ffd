"""Compares both sides: each counts its rows and computes the checksum on its own."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from demijohn.sqlite_import.checksum.checksum_task import ChecksumRange
from demijohn.sqlite_import.checksum.source_checksum import EMPTY, TableChecksum
from demijohn.sqlite_import.checksum.target_checksum import target_checksum
from demijohn.sqlite_import.model.mapping import TableMapping
from demijohn.sqlite_import.model.progress import Progress
from demijohn.sqlite_import.target.catalog import Target
from demijohn.sqlite_import.workers.reader_pool import ReaderPool
from demijohn.sqlite_import.workers.tasks import RowBatch

RowKey = dict[str, str | None]  # of a row: values as text, by column


@dataclass
class Difference:
    """The rows of a table that differ."""

    columns: list[str] = field(default_factory=list)  # in which rows that both sides have differ
    differ: list[RowKey] = field(default_factory=list)  # keys of such rows, the first ones
    only_sqlite: list[RowKey] = field(default_factory=list)
    only_postgres: list[RowKey] = field(default_factory=list)
    complete: bool = True  # whether all rows that differ were compared

    def lines(self) -> Iterator[str]:
        """The difference as text."""
        for heading, keys in (
            (f"{', '.join(self.columns)}: different", self.differ),
            ("only in SQLite", self.only_sqlite),
            ("only in Postgres", self.only_postgres),
        ):
            if keys:
                yield f"{heading} where {'; '.join(map(_format_key, keys))}"
        if not self.complete:
            yield "more rows differ, which were not compared"


def _format_key(key: RowKey) -> str:
    return " ".join(f"{name} {'NULL' if v is None else v}" for name, v in key.items())


@dataclass(frozen=True)
class TableComparison:
    """Both sides of one table. `rows` are all rows of SQLite, including skipped ones."""

    table: str
    rows: int
    source: TableChecksum
    target: TableChecksum
    difference: Difference | None = None

    @property
    def skipped(self) -> int:
        """Rows of SQLite that were skipped."""
        return self.rows - self.source.rows

    @property
    def is_equal(self) -> bool:
        """Whether both sides are equal."""
        return self.source == self.target


class SourceChecksums(threading.Thread):
    """The checksums of all SQLite tables, computed by the pool while Postgres is busy."""

    def __init__(self, pool: ReaderPool, mappings: list[TableMapping], policy: str) -> None:
        super().__init__(name="checksums", daemon=True)
        self._pool = pool
        self._policy = policy
        self._mappings = mappings
        self._checksums = {mapping.name: EMPTY for mapping in mappings}
        self._rows_read = Counter[str]()  # by table
        self._progress: Progress | None = None
        self._error: BaseException | None = None

    def run(self) -> None:
        tasks = (
            ChecksumRange(rows, self._policy) for rows in self._pool.row_ranges(self._mappings)
        )
        try:
            for task, message in self._pool.run(tasks):
                mapping = task.rows.mapping
                if isinstance(message, RowBatch):
                    self._rows_read[mapping.name] += message.count
                    self._report_rows(mapping, message.count)
                else:
                    self._checksums[mapping.name] += message.result
        except BaseException as error:
            self._error = error

    def show_on(self, progress: Progress) -> None:
        """Show the progress from now on."""
        progress.start_phase("comparing checksums", sum(mapping.rows for mapping in self._mappings))
        progress.done_rows = self._rows_read.total()
        self._progress = progress

    def wait(self) -> dict[str, TableChecksum]:
        """Wait for the checksums by table. Raises CommandError(65)."""
        self.join()
        if self._error:
            raise self._error
        return self._checksums

    def _report_rows(self, mapping: TableMapping, rows: int) -> None:
        progress = self._progress
        if not progress:
            return
        if progress.table != mapping.name:
            progress.start_table(mapping.name, mapping.rows)
            progress.table_rows = self._rows_read[mapping.name] - rows
        progress.add_rows(rows)


def compare_tables(
    target: Target,
    mappings: Sequence[TableMapping],
    source_checksums: SourceChecksums,
    before: dict[str, TableChecksum] | None = None,
) -> list[TableComparison]:
    """Compare with Postgres's checksums, without the rows of `before`. Raises psycopg2.Error."""
    target_checksums = {
        mapping.name: target_checksum(target, mapping) - (before or {}).get(mapping.name, EMPTY)
        for mapping in mappings
    }
    checksums = source_checksums.wait()
    return [
        TableComparison(
            mapping.name, mapping.rows, checksums[mapping.name], target_checksums[mapping.name]
        )
        for mapping in mappings
    ]


def subtract_checksums(
    comparisons: Sequence[TableComparison], deleted: dict[str, TableChecksum]
) -> list[TableComparison]:
    """Comparisons with only the rows of SQLite that should be in Postgres: without `deleted`."""
    return [
        replace(comparison, source=comparison.source - deleted.get(comparison.table, EMPTY))
        for comparison in comparisons
    ]
