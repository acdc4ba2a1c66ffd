"""The rows on their way: readers send them encoded, and COPY takes them in.

One connection and one transaction, whatever happens: what several connections have loaded could
not be committed as one.
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

MIN_RANGE_ROWS = 64  # of a part: it is the first, or rows are large
RANGE_BYTES = 1 << 20  # of CSV in a part, or so: less than what a reader may be ahead


class CopyStream:
    """What the readers send, as the file that psycopg2 reads for COPY, one table after another."""

    def __init__(
        self, pool: ReaderPool, mappings: list[TableMapping], rejects: Rejects, progress: Progress
    ) -> None:
        self._pool = pool
        self._mappings = mappings
        self._rejects = rejects
        self._progress = progress
        self._rows = self._bytes = 0  # of the last part
        self._chunks_left = self._chunks()
        self._rest = memoryview(b"")
        self.error: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        """The next chunk, or a part of it, for libpq copies what it is given; empty at the end."""
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
        """psycopg2 asks for its being there, and does not call it."""
        raise NotImplementedError

    def _chunks(self) -> Iterator[bytes]:
        """All tables' chunks, an empty one after each table. Raises Stopped, CommandError."""
        size = rows = 0
        for task, said in self._pool.run(self._tasks()):
            if isinstance(said, RowBatch):
                size += len(said.data)
                rows += said.count
                if not self._rejects.is_fatal:
                    self._progress.add_rows(said.count)
                    yield said.data
                continue
            self._rejects.merge(said.result)
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
        """How many rows the next part is to have, by what the last one had."""
        wanted = RANGE_BYTES * self._rows // max(self._bytes, 1)
        return max(MIN_RANGE_ROWS, min(wanted, 4 * self._rows, RANGE_ROWS))


def copy_tables(
    pool: ReaderPool,
    target: Target,
    mappings: list[TableMapping],
    rejects: Rejects,
    progress: Progress,
    settle: Callable[[TableMapping], int],
) -> None:
    """COPY every table, and let `settle` take rows out again, which says how many.

    Raises Stopped where values do not fit, psycopg2.Error, CommandError(65).
    """
    feed = CopyStream(pool, mappings, rejects, progress)
    for mapping in mappings:
        progress.start_table(mapping.name, mapping.rows)
        rows = _copy_table(target, mapping, feed)
        rows -= settle(mapping)
        progress.finish_table(rows, rejects.skipped_rows[mapping.source.name])


def _copy_table(target: Target, mapping: TableMapping, feed: CopyStream) -> int:
    """COPY a table; how many rows arrived."""
    with _capture_unraisable() as first, target.connection.cursor() as cursor:
        try:
            cursor.copy_expert(copy_statement(mapping), feed, CHUNK_BYTES)
            return cursor.rowcount
        except psycopg2.Error as error:
            if feed.error:  # which psycopg2 hands to Postgres, and Postgres back to us, as a text
                raise feed.error from None
            raise (first or [error])[0] from None


@contextmanager
def _capture_unraisable() -> Iterator[list[psycopg2.Error]]:
    """What psycopg2 would print here, and lose: errors, and the rows of data in them.

    Where the server ends the connection, libpq has two results: why, and that nobody is there any
    more. psycopg2 makes errors of both, one over the other, and prints the first
    (_pq_copy_in_v3 in https://github.com/psycopg/psycopg2/blob/master/psycopg/pqpath.c).
    """
    found: list[psycopg2.Error] = []
    here, printed = threading.current_thread(), sys.excepthook

    def keep(kind: type[BaseException], error: BaseException, way: TracebackType | None) -> None:
        cause = error if isinstance(error, psycopg2.Error) else error.__cause__
        if threading.current_thread() is here and isinstance(cause, psycopg2.Error):
            found.append(cause)
        else:
            printed(kind, error, way)

    sys.excepthook = keep
    try:
        yield found
    finally:
        sys.excepthook = printed


def copy_statement(mapping: TableMapping) -> str:
    """The COPY for a table. What we created nobody sees yet, so its rows may come frozen."""
    names = ", ".join(quote_ident(column.name) for column in mapping.columns if column.is_copied)
    frozen = ", FREEZE" * (mapping.created and all(column.is_copied for column in mapping.columns))
    return f"COPY {quote_ident(mapping.name)} ({names}) FROM STDIN (FORMAT csv{frozen})"


def find_rejects(pool: ReaderPool, mappings: list[TableMapping], rejects: Rejects) -> None:
    """Encode every row and send none: to learn what does not fit. Raises CommandError(65)."""
    tasks = (EncodeRange(rows, rejects.policy, discard=True) for rows in pool.row_ranges(mappings))
    for _, said in pool.run(tasks):
        if isinstance(said, TaskDone):
            rejects.merge(said.result)
