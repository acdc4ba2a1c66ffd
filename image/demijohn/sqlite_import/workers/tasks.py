"""Tasks for readers, and the messages that they send back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from demijohn.sqlite_import.source.database import Source
from demijohn.sqlite_import.source.snapshot import SnapshotMark
from demijohn.sqlite_import.sql_names import Row
from demijohn.sqlite_import.workers.row_ranges import RowRange


@dataclass(frozen=True)
class RowBatch:
    """`count` rows, as CSV."""

    data: bytes
    count: int


@dataclass(frozen=True)
class TaskDone:
    """A task has ended with this result."""

    result: Any


@dataclass(frozen=True)
class TaskFailed:
    """A task has failed with this error."""

    error: BaseException


Message = RowBatch | TaskDone | TaskFailed
Put = Callable[[Message], None]


class Task:
    """A task. It, its messages and its result can be pickled."""

    @property
    def is_exclusive(self) -> bool:
        """Whether tasks of this kind run one at a time, to bound memory."""
        return False

    def run(self, source: Source, put: Put) -> Any:
        """Run it; the result. Raises CommandError(65)."""
        raise NotImplementedError


@dataclass(frozen=True)
class JoinSnapshot(Task):
    """Take a new snapshot; whether it has this mark."""

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
    """A task about a range of rows. `policy` is that of Rejects."""

    rows: RowRange
    policy: str

    @property
    def is_exclusive(self) -> bool:
        return self.rows.mapping.has_large_rows
