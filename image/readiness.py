"""Whether this instance should get requests, asked of the database itself."""

import select
import threading
import time
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import POLL_OK, POLL_READ, POLL_WRITE

DRAIN_MARKER = "draining"
READINESS_SECONDS = 1.0  # for how long an answer of the database counts, however many ask


class Readiness:
    """Whether this instance should get requests: the database answers, and no drain has begun.

    Asks the database over a connection of its own, so that a pool in trouble shows too, and at
    most once in READINESS_SECONDS.
    """

    def __init__(self, marker: Path, url: str, timeout: int) -> None:
        self._marker = marker
        self._url = url
        self._timeout = timeout
        self._lock = threading.Lock()
        self._asked = -READINESS_SECONDS
        self._away = False

    def reason(self) -> str | None:
        """None if ready, else why not."""
        if self._marker.exists():
            return "draining"
        # One thread asks. The others take its last answer: a database that hangs must not have
        # every thread of the worker wait for it. Before the first, the boot's answer counts.
        if self._lock.acquire(blocking=False):
            try:
                if time.monotonic() - self._asked >= READINESS_SECONDS:
                    self._away = not self._database_answers()
                    self._asked = time.monotonic()
            finally:
                self._lock.release()
        return "database away" if self._away else None

    def _database_answers(self) -> bool:
        """Connect and ask, within the timeout for both: a database that hangs is away."""
        deadline = time.monotonic() + self._timeout
        connection = None
        try:
            connection = psycopg2.connect(
                self._url, async_=True, application_name="demijohn readyz"
            )
            finish(connection, deadline)
            cursor = connection.cursor()  # by this name: the connection keeps no hold of it
            cursor.execute("SELECT 1")
            finish(connection, deadline)
            return True
        except (psycopg2.Error, TimeoutError):
            return False
        finally:
            if connection is not None:
                connection.close()


def finish(connection: Any, deadline: float) -> None:
    """Wait until an asynchronous connection is done; raises TimeoutError."""
    ready = {POLL_READ: select.POLLIN, POLL_WRITE: select.POLLOUT}
    while (state := connection.poll()) != POLL_OK:
        poller = select.poll()
        poller.register(connection.fileno(), ready[state])
        if not poller.poll(max(deadline - time.monotonic(), 0) * 1000):
            raise TimeoutError
