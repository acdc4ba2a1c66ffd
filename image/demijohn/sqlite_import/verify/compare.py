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

from demijohn.sqlite_import.checksum.checksum_task import ChecksumRange
from demijohn.sqlite_import.checksum.source_checksum import EMPTY, TableChecksum
from demijohn.sqlite_import.checksum.target_checksum import target_checksum
from demijohn.sqlite_import.model.mapping import TableMapping
from demijohn.sqlite_import.model.progress import Progress
from demijohn.sqlite_import.target.catalog import Target
from demijohn.sqlite_import.workers.reader_pool import ReaderPool
from demijohn.sqlite_import.workers.tasks import RowBatch

RowKey = dict[str, str | None]  # a row's key: values as texts, by the names of its columns


@dataclass
class Difference:
    """What was found."""

    columns: list[str] = field(default_factory=list)  # in which rows differ that both sides have
    differ: list[RowKey] = field(default_factory=list)  # of a few such rows
    only_sqlite: list[RowKey] = field(default_factory=list)
    only_postgres: list[RowKey] = field(default_factory=list)
    complete: bool = True  # whether all rows that differ were looked at

    def lines(self) -> Iterator[str]:
        """The same for people."""
        for what, keys in (
            (f"{', '.join(self.columns)}: not the same", self.differ),
            ("only in SQLite", self.only_sqlite),
            ("only in Postgres", self.only_postgres),
        ):
            if keys:
                yield f"{what} where {'; '.join(map(_format_key, keys))}"
        if not self.complete:
            yield "more rows differ that were not looked at"


def _format_key(place: RowKey) -> str:
    return " ".join(f"{name} {'NULL' if v is None else v}" for name, v in place.items())


@dataclass(frozen=True)
class TableComparison:
    """Both sides of one table; `rows` are all that SQLite has, also those that are skipped."""

    table: str
    rows: int
    source: TableChecksum
    target: TableChecksum
    difference: Difference | None = None

    @property
    def skipped(self) -> int:
        """Rows of SQLite's that are not to come along, as asked."""
        return self.rows - self.source.rows

    @property
    def is_equal(self) -> bool:
        """Whether they are the same."""
        return self.source == self.target


class SourceChecksums(threading.Thread):
    """SQLite's account of all tables: the crew works it out while Postgres is busy otherwise."""

    def __init__(self, pool: ReaderPool, mappings: list[TableMapping], policy: str) -> None:
        super().__init__(name="proof", daemon=True)
        self._pool = pool
        self._policy = policy
        self._mappings = mappings
        self._checksums = {mapping.name: EMPTY for mapping in mappings}
        self._rows_read = Counter[str]()  # rows, by table
        self._progress: Progress | None = None
        self._error: BaseException | None = None

    def run(self) -> None:
        tasks = (
            ChecksumRange(rows, self._policy) for rows in self._pool.row_ranges(self._mappings)
        )
        try:
            for task, said in self._pool.run(tasks):
                mapping = task.rows.mapping
                if isinstance(said, RowBatch):
                    self._rows_read[mapping.name] += said.count
                    self._report_rows(mapping, said.count)
                else:
                    self._checksums[mapping.name] += said.result
        except BaseException as error:
            self._error = error

    def show_on(self, progress: Progress) -> None:
        """Show from now on how far it is."""
        progress.start_phase("proof", sum(mapping.rows for mapping in self._mappings))
        progress.done_rows = self._rows_read.total()
        self._progress = progress

    def wait(self) -> dict[str, TableChecksum]:
        """The accounts, by table, as soon as they are there. Raises CommandError(65)."""
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
    """Let Postgres give its account too, but of the rows of `before`. Raises psycopg2.Error."""
    theirs = {
        mapping.name: target_checksum(target, mapping) - (before or {}).get(mapping.name, EMPTY)
        for mapping in mappings
    }
    sums = source_checksums.wait()
    return [
        TableComparison(mapping.name, mapping.rows, sums[mapping.name], theirs[mapping.name])
        for mapping in mappings
    ]


def subtract_checksums(
    comparisons: Sequence[TableComparison], lost: dict[str, TableChecksum]
) -> list[TableComparison]:
    """Proofs of the rows of SQLite's that are to be there: all but those that were `lost`."""
    return [
        replace(comparison, source=comparison.source - lost.get(comparison.table, EMPTY))
        for comparison in comparisons
    ]
