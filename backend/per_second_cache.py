"""Caches results for one second in each process, for requests that many clients send at once.

Nginx caches the response too, but only once it has the first: when a lecture hall opens a poll,
each of the first requests would count the votes.
"""

import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

MAX_ENTRIES = 256  # so that requests with arbitrary addresses do not fill the memory

T = TypeVar("T")


class PerSecondCache(Generic[T]):
    """Results by key, valid until the end of the current second of the clock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._second = 0
        self._results: dict[Hashable, Future[T]] = {}

    def get(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The result for `key`; calls `compute` if there is none in this second.

        Other threads wait for a running computation. If it raises, they raise the same exception
        instead of trying again, so that they do not wait twice for a database that is away. An
        exception is not cached for later calls.
        """
        with self._lock:
            second = int(time.time())
            if second != self._second:
                self._second, self._results = second, {}
            results = self._results
            result = results.get(key)
            is_first = result is None
            if result is None:
                result = Future()
                if len(results) < MAX_ENTRIES:
                    results[key] = result
        if is_first:
            try:
                result.set_result(compute())
            except BaseException as error:
                results.pop(key, None)
                result.set_exception(error)
        return result.result()
