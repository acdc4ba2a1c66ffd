"""Answers that many ask for at once: worked out once a second in each process.

Nginx keeps such an answer for the second, but has none to share until the first one has come: when
a hall opens a poll together, each of its first requests would count the votes.
"""

import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

MOST = 256  # answers kept, so that made-up addresses fill no memory

T = TypeVar("T")


class EachSecond(Generic[T]):
    """What was worked out in this second of the clock, by key. Whoever comes meanwhile waits."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._second = 0
        self._answers: dict[Hashable, Future[T]] = {}

    def get(self, key: Hashable, work: Callable[[], T]) -> T:
        """This second's answer, by `work` where there is none. Raises what `work` raises.

        A failure is shared with those who waited for it, so that a database that is away keeps
        nobody waiting twice, and is not kept for others.
        """
        with self._lock:
            second = int(time.time())
            if second != self._second:
                self._second, self._answers = second, {}
            answers = self._answers
            answer = answers.get(key)
            is_first = answer is None
            if answer is None:
                answer = Future()
                if len(answers) < MOST:
                    answers[key] = answer
        if is_first:
            try:
                answer.set_result(work())
            except BaseException as error:
                answers.pop(key, None)
                answer.set_exception(error)
        return answer.result()
