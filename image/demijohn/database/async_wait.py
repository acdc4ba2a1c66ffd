"""Waits for an asynchronous connection of psycopg2 until a deadline."""

import select
import time
from typing import Any

from psycopg2.extensions import POLL_OK, POLL_READ, POLL_WRITE


def finish(connection: Any, deadline: float) -> None:
    """Wait until the connection's current operation is done. Raises TimeoutError at `deadline`.

    `deadline` is a time of `time.monotonic()`, in seconds.
    """
    ready = {POLL_READ: select.POLLIN, POLL_WRITE: select.POLLOUT}
    while (state := connection.poll()) != POLL_OK:
        poller = select.poll()
        poller.register(connection.fileno(), ready[state])
        if not poller.poll(max(deadline - time.monotonic(), 0) * 1000):
            raise TimeoutError
