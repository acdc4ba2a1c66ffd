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

from demijohn.sqlite_import.channel import Stopped
from demijohn.sqlite_import.crew import PART_ROWS, Crew
from demijohn.sqlite_import.move import TableMove
from demijohn.sqlite_import.progress import Progress
from demijohn.sqlite_import.refusals import Refusals
from demijohn.sqlite_import.source import identifier
from demijohn.sqlite_import.target import Target
from demijohn.sqlite_import.tasks import CHUNK_BYTES, Done, Encode, Rows

FEWEST_ROWS = 64  # of a part: it is the first, or rows are large
PART_BYTES = 1 << 20  # of CSV in a part, or so: less than what a reader may be ahead


class Feed:
    """What the readers send, as the file that psycopg2 reads for COPY, one table after another."""

    def __init__(
        self, crew: Crew, moves: list[TableMove], refusals: Refusals, progress: Progress
    ) -> None:
        self._crew = crew
        self._moves = moves
        self._refusals = refusals
        self._progress = progress
        self._rows = self._bytes = 0  # of the last part
        self._data = self._chunks()
        self._rest = memoryview(b"")
        self.fault: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        """The next chunk, or a part of it, for libpq copies what it is given; empty at the end."""
        if not self._rest:
            try:
                chunk = next(self._data)
            except BaseException as error:
                self.fault = error
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
        for task, said in self._crew.work(self._tasks()):
            if isinstance(said, Rows):
                size += len(said.data)
                rows += said.count
                if not self._refusals.final:
                    self._progress.add(said.count)
                    yield said.data
                continue
            self._refusals.join(said.result)
            self._rows, self._bytes = (rows, size) if rows else (self._rows, self._bytes)
            size = rows = 0
            if task.part.last and not self._refusals.final:
                yield b""
        if self._refusals.final:
            raise Stopped

    def _tasks(self) -> Iterator[Encode]:
        for part in self._crew.parts(self._moves, self._part_rows):
            yield Encode(part, self._refusals.policy, self._refusals.final)

    def _part_rows(self) -> int:
        """How many rows the next part is to have, by what the last one had."""
        wanted = PART_BYTES * self._rows // max(self._bytes, 1)
        return max(FEWEST_ROWS, min(wanted, 4 * self._rows, PART_ROWS))


def load(
    crew: Crew,
    target: Target,
    moves: list[TableMove],
    refusals: Refusals,
    progress: Progress,
    settle: Callable[[TableMove], int],
) -> None:
    """COPY every table, and let `settle` take rows out again, which says how many.

    Raises Stopped where values do not fit, psycopg2.Error, CommandError(65).
    """
    feed = Feed(crew, moves, refusals, progress)
    for move in moves:
        progress.begin(move.name, move.rows)
        rows = _copy(target, move, feed)
        rows -= settle(move)
        progress.done(rows, refusals.skipped[move.table.name])


def _copy(target: Target, move: TableMove, feed: Feed) -> int:
    """COPY a table; how many rows arrived."""
    with _unprinted() as first, target.connection.cursor() as cursor:
        try:
            cursor.copy_expert(copy(move), feed, CHUNK_BYTES)
            return cursor.rowcount
        except psycopg2.Error as error:
            if feed.fault:  # which psycopg2 hands to Postgres, and Postgres back to us, as a text
                raise feed.fault from None
            raise (first or [error])[0] from None


@contextmanager
def _unprinted() -> Iterator[list[psycopg2.Error]]:
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


def copy(move: TableMove) -> str:
    """The COPY for a table. What we created nobody sees yet, so its rows may come frozen."""
    names = ", ".join(identifier(one.name) for one in move.moves if one.sent)
    frozen = ", FREEZE" * (move.created and all(one.sent for one in move.moves))
    return f"COPY {identifier(move.name)} ({names}) FROM STDIN (FORMAT csv{frozen})"


def check(crew: Crew, moves: list[TableMove], refusals: Refusals) -> None:
    """Encode every row and send none: to learn what does not fit. Raises CommandError(65)."""
    tasks = (Encode(part, refusals.policy, vain=True) for part in crew.parts(moves))
    for _, said in crew.work(tasks):
        if isinstance(said, Done):
            refusals.join(said.result)
