"""Loads the rows: readers send them as CSV, and COPY writes them.

One connection and one transaction: several connections cannot commit as one.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

import psycopg2

from demijohn.sqlite_import.load.encode_task import CHUNK_BYTES, EncodeRange
from demijohn.sqlite_import.model.mapping import TableMapping
from demijohn.sqlite_import.model.progress import Progress
from demijohn.sqlite_import.model.rejects import Rejects
from demijohn.sqlite_import.sql_names import quote_ident
from demijohn.sqlite_import.target.catalog import Target
from demijohn.sqlite_import.workers.bounded_queue import Stopped
from demijohn.sqlite_import.workers.reader_pool import RANGE_ROWS, ReaderPool
from demijohn.sqlite_import.workers.tasks import RowBatch, TaskDone

MIN_RANGE_ROWS = 64  # for the first range, and for large rows
RANGE_BYTES = 1 << 20  # of CSV per range, approximately; less than MAX_BYTES of a reader's queue


class CopyStream:
    """The CSV of all tables as the file that psycopg2 reads for COPY, one table after another."""

    def __init__(
        self, pool: ReaderPool, mappings: list[TableMapping], rejects: Rejects, progress: Progress
    ) -> None:
        self._pool = pool
        self._mappings = mappings
        self._rejects = rejects
        self._progress = progress
        self._rows = self._bytes = 0  # of the last range
        self._chunks_left = self._chunks()
        self._rest = memoryview(b"")
        self.error: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        """The next chunk or, as libpq copies its input, a part of it; b"" at the end of a table."""
        if not self._rest:
            try:
                chunk = next(self._chunks_left)
            except BaseException as error:
                self.error = error
                raise
            if len(chunk) <= 4 * CHUNK_BYTES:
                return chunk
            self._rest = memoryview(chunk)
        data, self._rest = self._rest[:size], self._rest[size:]
        return bytes(data)

    def readline(self, size: int = -1) -> bytes:
        """psycopg2 requires the method but does not call it."""
        raise NotImplementedError

    def _chunks(self) -> Iterator[bytes]:
        """The chunks of all tables, with b"" after each table. Raises Stopped, CommandError."""
        size = rows = 0
        for task, message in self._pool.run(self._tasks()):
            if isinstance(message, RowBatch):
                size += len(message.data)
                rows += message.count
                if not self._rejects.is_fatal:
                    self._progress.add_rows(message.count)
                    yield message.data
                continue
            self._rejects.merge(message.result)
            self._rows, self._bytes = (rows, size) if rows else (self._rows, self._bytes)
            size = rows = 0
            if task.rows.is_last and not self._rejects.is_fatal:
                yield b""
        if self._rejects.is_fatal:
            raise Stopped

    def _tasks(self) -> Iterator[EncodeRange]:
        for rows in self._pool.row_ranges(self._mappings, self._range_rows):
            yield EncodeRange(rows, self._rejects.policy, self._rejects.is_fatal)

    def _range_rows(self) -> int:
        """How many rows the next range should have, from the size of the last one."""
        wanted = RANGE_BYTES * self._rows // max(self._bytes, 1)
        return max(MIN_RANGE_ROWS, min(wanted, 4 * self._rows, RANGE_ROWS))


def copy_tables(
    pool: ReaderPool,
    target: Target,
    mappings: list[TableMapping],
    rejects: Rejects,
    progress: Progress,
    after_table: Callable[[TableMapping], int],
) -> None:
    """COPY every table. `after_table` may delete rows, and returns how many.

    Raises Stopped if values are rejected, psycopg2.Error, CommandError(65).
    """
    stream = CopyStream(pool, mappings, rejects, progress)
    for mapping in mappings:
        progress.start_table(mapping.name, mapping.rows)
        rows = _copy_table(target, mapping, stream)
        rows -= after_table(mapping)
        progress.finish_table(rows, rejects.skipped_rows[mapping.source.name])


def _copy_table(target: Target, mapping: TableMapping, stream: CopyStream) -> int:
    """COPY one table; the number of rows written."""
    with _capture_printed_errors() as captured, target.connection.cursor() as cursor:
        try:
            cursor.copy_expert(copy_statement(mapping), stream, CHUNK_BYTES)
            return cursor.rowcount
        except psycopg2.Error as error:
            if stream.error:  # psycopg2 passes the error to Postgres, which returns it as text
                raise stream.error from None
            raise (captured or [error])[0] from None


@contextmanager
def _capture_printed_errors() -> Iterator[list[psycopg2.Error]]:
    """Collect errors that psycopg2 would print and lose, with rows of data in them.

    If the server closes the connection, libpq has two results: the reason, and the closed
    connection. psycopg2 raises the second, and prints the first (_pq_copy_in_v3 in
    https://github.com/psycopg/psycopg2/blob/master/psycopg/pqpath.c).
    """
    captured: list[psycopg2.Error] = []
    this_thread, previous_hook = threading.current_thread(), sys.excepthook

    def keep(
        kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        cause = error if isinstance(error, psycopg2.Error) else error.__cause__
        if threading.current_thread() is this_thread and isinstance(cause, psycopg2.Error):
            captured.append(cause)
        else:
            previous_hook(kind, error, traceback)

    sys.excepthook = keep
    try:
        yield captured
    finally:
        sys.excepthook = previous_hook


def copy_statement(mapping: TableMapping) -> str:
    """The COPY statement. Rows of a new table can be frozen: no other transaction sees it yet."""
    names = ", ".join(quote_ident(column.name) for column in mapping.columns if column.is_copied)
    frozen = ", FREEZE" * (mapping.created and all(column.is_copied for column in mapping.columns))
    return f"COPY {quote_ident(mapping.name)} ({names}) FROM STDIN (FORMAT csv{frozen})"


def find_rejects(pool: ReaderPool, mappings: list[TableMapping], rejects: Rejects) -> None:
    """Encode every row without sending any, to find all rejects. Raises CommandError(65)."""
    tasks = (EncodeRange(rows, rejects.policy, discard=True) for rows in pool.row_ranges(mappings))
    for _, message in pool.run(tasks):
        if isinstance(message, TaskDone):
            rejects.merge(message.result)
