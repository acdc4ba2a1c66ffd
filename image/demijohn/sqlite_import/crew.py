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
from demijohn.sqlite_import.hands import Hand, Helper, Inside
from demijohn.sqlite_import.move import TableMove
from demijohn.sqlite_import.parts import Part, cut
from demijohn.sqlite_import.source import Row, Source
from demijohn.sqlite_import.tasks import Ask, Done, Failed, Join, Rows, Task

FEWEST_BYTES = 16 << 20  # of a smaller file: it would be done before helpers had started
MOST_HELPERS = 3  # then Postgres, on one processor, is what it waits for
OWN_BYTES = 60 << 20
HELPER_BYTES = 40 << 20
PART_ROWS = 8192
AHEAD = 2  # tasks that a reader has before it
MEETINGS = 50  # attempts to meet in one snapshot while another process writes
APART_SECONDS = 0.02

AnyTask = TypeVar("AnyTask", bound=Task)


class Crew:
    """A thread that reads, or where it pays several processes once they `meet`.

    To be used by one thread at a time. Closing it ends all that is being done.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._hands: list[Hand] = []
        self._helpers: list[Helper] = []
        with suppress(OSError):  # no more processes are allowed, say
            for _ in range(wanted(source)):
                self._helpers.append(Helper(source))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._dismiss()
        for hand in self._hands:
            hand.close()

    def give_up(self) -> None:
        """Let whatever is being read, or will be, fail at once; for another thread to call."""
        self._source.connection.interrupt()
        for hand in self._hands:
            hand.stop()

    def meet(self) -> None:
        """Agree on one snapshot; to be called before anything was read. Else one reads alone."""
        if len(self._helpers) > 1 and self._agreed():
            self._hands = [*self._helpers]
            self._helpers = []
        else:
            self._dismiss()
            self._hands = [Inside(self._source)]

    @property
    def apart(self) -> bool:
        """Whether others read, so that this process may use its own connection meanwhile."""
        return len(self._hands) > 1

    def work(self, tasks: Iterable[AnyTask]) -> Iterator[tuple[AnyTask, Rows | Done]]:
        """What each task says, in the order of the tasks. Raises what went wrong in one."""
        turns = cycle(self._hands)
        asked: deque[tuple[Hand, AnyTask]] = deque()
        for task in tasks:
            hand = self._hands[0] if task.alone else next(turns)
            hand.ask(task)
            asked.append((hand, task))
            if len(asked) == AHEAD * len(self._hands):
                yield from _answers(*asked.popleft())
        while asked:
            yield from _answers(*asked.popleft())

    def ask(self, queries: Iterable[str]) -> list[list[Row]]:
        """The rows of queries. Raises CommandError(65)."""
        return [said.result for _, said in self.work(map(Ask, queries)) if isinstance(said, Done)]

    def parts(
        self, moves: Sequence[TableMove], size: Callable[[], int] = lambda: PART_ROWS
    ) -> Iterator[Part]:
        """The tables in parts of so many rows, so that there is something for everybody."""
        return cut(self._source, moves, size) if self.apart else map(Part, moves)

    @property
    def count(self) -> int:
        """How many read."""
        return len(self._hands)

    def _agreed(self) -> bool:
        """Whether all of them see the same snapshot."""
        try:
            for _ in range(MEETINGS):
                mark = self._source.begin_anew()
                for helper in self._helpers:
                    helper.ask(Join(mark))
                joined = [_result(helper.hear()) for helper in self._helpers]
                if all(joined):
                    return mark is not None
                time.sleep(APART_SECONDS)
        except CommandError:  # a helper is lost, or cannot open the file
            pass
        return False

    def _dismiss(self) -> None:
        for helper in self._helpers:
            helper.close()
        self._helpers = []


def wanted(source: Source) -> int:
    """How many helpers pay. One alone would not: this process can do the same."""
    if source.size() < FEWEST_BYTES:
        return 0
    ours = resource_limits.measure()
    room = MOST_HELPERS if ours.memory is None else (ours.memory - OWN_BYTES) // HELPER_BYTES
    number = min(MOST_HELPERS, int(ours.cpus), room)
    return number if number > 1 else 0


def _result(message: Rows | Done | Failed) -> Any:
    """The result of a task that sends nothing before. Raises what went wrong."""
    if isinstance(message, Failed):
        raise message.error
    return message.result if isinstance(message, Done) else None


def _answers(hand: Hand, task: AnyTask) -> Iterator[tuple[AnyTask, Rows | Done]]:
    while True:
        message = hand.hear()
        if isinstance(message, Failed):
            raise message.error
        yield task, message
        if isinstance(message, Done):
            return
