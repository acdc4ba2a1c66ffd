"""Those who read the SQLite file: on several processors several processes, in one snapshot.

Reading and encoding take three times what COPY takes of Postgres, and Python does them on one
processor at a time in each process; docs/import-sqlite.md has the measurements.
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

MIN_FILE_BYTES = 16 << 20  # of a smaller file: it would be done before helpers had started
MAX_READERS = 3  # then Postgres, on one processor, is what it waits for
MAIN_PROCESS_BYTES = 60 << 20
READER_BYTES = 40 << 20
RANGE_ROWS = 8192
TASKS_AHEAD = 2  # tasks that a reader has before it
SNAPSHOT_ATTEMPTS = 50  # attempts to meet in one snapshot while another process writes
RETRY_SECONDS = 0.02

AnyTask = TypeVar("AnyTask", bound=Task)


class ReaderPool:
    """A thread that reads, or where it pays several processes once they `meet`.

    To be used by one thread at a time. Closing it ends all that is being done.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._readers: list[Reader] = []
        self._processes: list[ProcessReader] = []
        with suppress(OSError):  # no more processes are allowed, say
            for _ in range(reader_count(source)):
                self._processes.append(ProcessReader(source))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._close_processes()
        for reader in self._readers:
            reader.close()

    def interrupt(self) -> None:
        """Let whatever is being read, or will be, fail at once; for another thread to call."""
        self._source.connection.interrupt()
        for reader in self._readers:
            reader.stop()

    def join_snapshot(self) -> None:
        """Agree on one snapshot; to be called before anything was read. Else one reads alone."""
        if len(self._processes) > 1 and self._shares_snapshot():
            self._readers = [*self._processes]
            self._processes = []
        else:
            self._close_processes()
            self._readers = [ThreadReader(self._source)]

    @property
    def uses_processes(self) -> bool:
        """Whether others read, so that this process may use its own connection meanwhile."""
        return len(self._readers) > 1

    def run(self, tasks: Iterable[AnyTask]) -> Iterator[tuple[AnyTask, RowBatch | TaskDone]]:
        """What each task says, in the order of the tasks. Raises what went wrong in one."""
        turns = cycle(self._readers)
        asked: deque[tuple[Reader, AnyTask]] = deque()
        for task in tasks:
            reader = self._readers[0] if task.is_exclusive else next(turns)
            reader.send(task)
            asked.append((reader, task))
            if len(asked) == TASKS_AHEAD * len(self._readers):
                yield from _messages(*asked.popleft())
        while asked:
            yield from _messages(*asked.popleft())

    def query(self, queries: Iterable[str]) -> list[list[Row]]:
        """The rows of queries. Raises CommandError(65)."""
        return [
            said.result for _, said in self.run(map(Query, queries)) if isinstance(said, TaskDone)
        ]

    def row_ranges(
        self, mappings: Sequence[TableMapping], size: Callable[[], int] = lambda: RANGE_ROWS
    ) -> Iterator[RowRange]:
        """The tables in parts of so many rows, so that there is something for everybody."""
        return (
            split_into_ranges(self._source, mappings, size)
            if self.uses_processes
            else map(RowRange, mappings)
        )

    @property
    def size(self) -> int:
        """How many read."""
        return len(self._readers)

    def _shares_snapshot(self) -> bool:
        """Whether all of them see the same snapshot."""
        try:
            for _ in range(SNAPSHOT_ATTEMPTS):
                mark = self._source.restart_snapshot()
                for process in self._processes:
                    process.send(JoinSnapshot(mark))
                joined = [_result(process.receive()) for process in self._processes]
                if all(joined):
                    return mark is not None
                time.sleep(RETRY_SECONDS)
        except CommandError:  # a helper is lost, or cannot open the file
            pass
        return False

    def _close_processes(self) -> None:
        for process in self._processes:
            process.close()
        self._processes = []


def reader_count(source: Source) -> int:
    """How many helpers pay. One alone would not: this process can do the same."""
    if source.size() < MIN_FILE_BYTES:
        return 0
    ours = resource_limits.measure()
    room = (
        MAX_READERS if ours.memory is None else (ours.memory - MAIN_PROCESS_BYTES) // READER_BYTES
    )
    number = min(MAX_READERS, int(ours.cpus), room)
    return number if number > 1 else 0


def _result(message: RowBatch | TaskDone | TaskFailed) -> Any:
    """The result of a task that sends nothing before. Raises what went wrong."""
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
