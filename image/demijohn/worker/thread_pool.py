"""The threads of a Gunicorn worker: the only module that changes how many there are.

Uses attributes of gunicorn.workers.gthread.ThreadWorker that are not documented: `nr_conns`, the
connections that it has accepted; `worker_connections`, how many it accepts; `tpool`, its executor;
`poller` and `method_queue`, by which its threads wake its main loop.
"""

import selectors
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any


class ThreadPool:
    """The threads of `worker`, each of which serves one request at a time."""

    def __init__(self, worker: Any) -> None:
        self._worker = worker
        self._threads: int = worker.cfg.threads
        self._abandoned = self._waiting = 0
        self._lock = Lock()
        self._full_since: float | None = None
        self._renew()
        self._resize()

    def _renew(self) -> None:
        """Create the threads' parts of the worker again, now that the app is imported.

        It may have replaced what they consist of (gevent.monkey.patch_all).
        """
        worker = self._worker
        worker.tpool.shutdown()
        worker.poller.close()
        worker.method_queue.close()
        worker.tpool = worker.get_thread_pool()
        worker.poller = selectors.DefaultSelector()
        worker.method_queue.init()

    @property
    def in_flight(self) -> int:
        """The number of requests that this worker has accepted and not completed."""
        return int(self._worker.nr_conns)

    def replace_abandoned(self, count: int) -> None:
        """Have other threads in the place of `count` that wait for clients which have gone."""
        with self._lock:
            self._abandoned = count
            self._resize()

    @contextmanager
    def replacement(self) -> Iterator[None]:
        """Have another thread in the place of this one, which waits."""
        with self._lock:
            self._waiting += 1
            self._resize()
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1
                self._resize()

    def _resize(self) -> None:
        threads = self._threads + self._abandoned + self._waiting
        self._worker.worker_connections = threads
        self._worker.tpool._max_workers = threads

    def measure(self) -> None:
        """Note whether any thread is free; called once a second."""
        if self.in_flight < self._worker.worker_connections:
            self._full_since = None
        elif self._full_since is None:
            self._full_since = time.monotonic()

    def seconds_full(self) -> float:
        """For how long no thread has been free."""
        return 0.0 if self._full_since is None else time.monotonic() - self._full_since
