"""A pool of readers of the SQLite file. On several processors these are processes that share a
snapshot.

Reading and encoding take three times as long as COPY, and a Python process uses one processor at a
time; docs/import-sqlite.md has the measurements.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import cycle
from typing import Any, Self, TypeVar

from demijohn.common.exit_codes import CommandError
from demijohn.config import resource_limits
from demijohn.sqlite_import.model.mapping import TableMapping
from demijohn.sqlite_import.source.database import Source
from demijohn.sqlite_import.sql_names import Row
from demijohn.sqlite_import.workers.readers import ProcessReader, Reader, ThreadReader
from demijohn.sqlite_import.workers.row_ranges import RowRange, split_into_ranges
from demijohn.sqlite_import.workers.tasks import (
    JoinSnapshot,
    Query,
    RowBatch,
    Task,
    TaskDone,
    TaskFailed,
)

MIN_FILE_BYTES = 16 << 20  # smaller files are imported before processes have started
MAX_READERS = 3  # with more, Postgres is the bottleneck
MAIN_PROCESS_BYTES = 60 << 20
READER_BYTES = 40 << 20
RANGE_ROWS = 8192
TASKS_AHEAD = 2  # tasks queued per reader
SNAPSHOT_ATTEMPTS = 50  # to share a snapshot while another process writes
RETRY_SECONDS = 0.02

AnyTask = TypeVar("AnyTask", bound=Task)


class ReaderPool:
    """One reading thread, or several processes if it pays, once they `join_snapshot`.

    Only one thread at a time may use it. Closing it stops all tasks.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._readers: list[Reader] = []
        self._processes: list[ProcessReader] = []
        with suppress(OSError):  # no more processes are allowed, for example
            for _ in range(reader_count(source)):
                self._processes.append(ProcessReader(source))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._close_processes()
        for reader in self._readers:
            reader.close()

    def interrupt(self) -> None:
        """Let all reads fail, now and later. Another thread may call it."""
        self._source.connection.interrupt()
        for reader in self._readers:
            reader.stop()

    def join_snapshot(self) -> None:
        """Agree on one snapshot before anything is read. If that fails, one thread reads."""
        if len(self._processes) > 1 and self._shares_snapshot():
            self._readers = [*self._processes]
            self._processes = []
        else:
            self._close_processes()
            self._readers = [ThreadReader(self._source)]

    @property
    def uses_processes(self) -> bool:
        """Whether processes read, so that the connection of this process is free."""
        return len(self._readers) > 1

    def run(self, tasks: Iterable[AnyTask]) -> Iterator[tuple[AnyTask, RowBatch | TaskDone]]:
        """The messages of each task, in the order of the tasks. Raises the error of a task."""
        next_reader = cycle(self._readers)
        pending: deque[tuple[Reader, AnyTask]] = deque()
        for task in tasks:
            reader = self._readers[0] if task.is_exclusive else next(next_reader)
            reader.send(task)
            pending.append((reader, task))
            if len(pending) == TASKS_AHEAD * len(self._readers):
                yield from _messages(*pending.popleft())
        while pending:
            yield from _messages(*pending.popleft())

    def query(self, queries: Iterable[str]) -> list[list[Row]]:
        """The rows of each query. Raises CommandError(65)."""
        return [
            message.result
            for _, message in self.run(map(Query, queries))
            if isinstance(message, TaskDone)
        ]

    def row_ranges(
        self, mappings: Sequence[TableMapping], size: Callable[[], int] = lambda: RANGE_ROWS
    ) -> Iterator[RowRange]:
        """The tables in ranges of so many rows, so that all readers have work."""
        return (
            split_into_ranges(self._source, mappings, size)
            if self.uses_processes
            else map(RowRange, mappings)
        )

    @property
    def size(self) -> int:
        """The number of readers."""
        return len(self._readers)

    def _shares_snapshot(self) -> bool:
        """Whether all processes have the same snapshot."""
        try:
            for _ in range(SNAPSHOT_ATTEMPTS):
                mark = self._source.restart_snapshot()
                for process in self._processes:
                    process.send(JoinSnapshot(mark))
                joined = [_result(process.receive()) for process in self._processes]
                if all(joined):
                    return mark is not None
                time.sleep(RETRY_SECONDS)
        except CommandError:  # a process has died, or cannot open the file
            pass
        return False

    def _close_processes(self) -> None:
        for process in self._processes:
            process.close()
        self._processes = []


def reader_count(source: Source) -> int:
    """How many processes pay: 0, or at least 2, since one process is as slow as a thread."""
    if source.size() < MIN_FILE_BYTES:
        return 0
    capacity = resource_limits.measure()
    room = (
        MAX_READERS
        if capacity.memory is None
        else (capacity.memory - MAIN_PROCESS_BYTES) // READER_BYTES
    )
    number = min(MAX_READERS, int(capacity.cpus), room)
    return number if number > 1 else 0


def _result(message: RowBatch | TaskDone | TaskFailed) -> Any:
    """The result of a task that sends no batches. Raises its error."""
    if isinstance(message, TaskFailed):
        raise message.error
    return message.result if isinstance(message, TaskDone) else None


def _messages(reader: Reader, task: AnyTask) -> Iterator[tuple[AnyTask, RowBatch | TaskDone]]:
    while True:
        message = reader.receive()
        if isinstance(message, TaskFailed):
            raise message.error
        yield task, message
        if isinstance(message, TaskDone):
            return
