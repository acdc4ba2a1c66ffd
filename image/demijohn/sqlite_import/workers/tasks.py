"""What is done with the SQLite file, a piece at a time, by a thread or by a process of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from demijohn.sqlite_import.source.database import Source
from demijohn.sqlite_import.source.snapshot import SnapshotMark
from demijohn.sqlite_import.sql_names import Row
from demijohn.sqlite_import.workers.row_ranges import RowRange


@dataclass(frozen=True)
class RowBatch:
    """Rows as CSV, on their way; `count` is how many."""

    data: bytes
    count: int


@dataclass(frozen=True)
class TaskDone:
    """A task's end, and what came out of it."""

    result: Any


@dataclass(frozen=True)
class TaskFailed:
    """A task's end, and what went wrong."""

    error: BaseException


Message = RowBatch | TaskDone | TaskFailed
Put = Callable[[Message], None]


class Task:
    """Something to be done. It, and what it sends and returns, can be pickled."""

    @property
    def is_exclusive(self) -> bool:
        """Whether no two of the kind are to be done at once, so that memory stays bounded."""
        return False

    def run(self, source: Source, put: Put) -> Any:
        """Do it; the result. Raises CommandError(65)."""
        raise NotImplementedError


@dataclass(frozen=True)
class JoinSnapshot(Task):
    """Take the snapshot anew; whether it is of that very moment."""

    mark: SnapshotMark | None

    def run(self, source: Source, put: Put) -> bool:
        return source.restart_snapshot() == self.mark


@dataclass(frozen=True)
class Query(Task):
    """The rows of a query."""

    sql: str

    def run(self, source: Source, put: Put) -> list[Row]:
        return source.execute(self.sql)


@dataclass(frozen=True)
class RangeTask(Task):
    """Something that concerns the rows of a part."""

    rows: RowRange
    policy: str

    @property
    def is_exclusive(self) -> bool:
        return self.rows.mapping.has_large_rows
