"""Refuses a request that has ended a worker, and would now end the last one.

Nginx sends an idempotent request once more if its worker dies, so that clients do not notice. If it
was this request that ended the worker, it ends the second one too, with all requests in flight.
"""

import mmap
import os
import time
from contextlib import nullcontext

from demijohn.common.log import log_error, log_info
from demijohn.worker.serving_workers import ServingWorkers, is_running
from demijohn.worker.thread_pool import ThreadPool

SLOTS = 4096  # more than there are requests in flight
SLOT = 12  # bytes: 8 of a request's id, 4 of the process that took it
WAIT_SECONDS = 15.0  # another worker imports the app in this time, or none does
PAUSE_SECONDS = 0.02


class RetriedRequests:
    """Who has taken which request, in memory that the workers share.

    To be created before they are forked.
    """

    def __init__(self, workers: ServingWorkers) -> None:
        self._requests = mmap.mmap(-1, SLOTS * SLOT)
        self._workers = workers
        self._pool: ThreadPool | None = None
        self._is_alone = False

    def begin(self, pool: ThreadPool | None, *, is_alone: bool) -> None:
        """Decide for the requests of this worker, in which a `pool` of threads serves them;
        `is_alone` if there is to be no other worker.
        """
        self._pool, self._is_alone = pool, is_alone

    def may_serve(self, request_key: str, text: str) -> bool:
        """Whether to serve a request: not if it would be a danger to the last worker.

        Waits for another worker if there is none; another thread serves requests then.
        `request_key` is Nginx's: 32 hexadecimal digits; `text` names the request in the log.
        """
        before = self._take(request_key)
        # A worker that still runs has redirected the request to the app, by X-Accel-Redirect.
        if not before or is_running(before):
            return True
        if not self._wait_for_another(before):
            log_error(f"{text} ended a worker, and is not tried again: no other worker is there")
            return False
        log_info("app", f"{text} was in progress when its worker ended: trying it once more")
        return True

    def _take(self, request_key: str) -> int:
        """Note that this worker has the request. Returns the worker that had it before, or 0."""
        key = bytes.fromhex(request_key)[:8]
        start = int.from_bytes(key, "big") % SLOTS * SLOT
        is_known = self._requests[start : start + 8] == key
        before = int.from_bytes(self._requests[start + 8 : start + SLOT], "big")
        self._requests[start : start + SLOT] = key + os.getpid().to_bytes(4, "big")
        return before if is_known else 0

    def _wait_for_another(self, dead: int) -> bool:
        deadline = time.monotonic() + (0 if self._is_alone else WAIT_SECONDS)
        with self._pool.replacement() if self._pool else nullcontext():
            while not self._workers.has_another(dead):
                if time.monotonic() > deadline:
                    return False
                time.sleep(PAUSE_SECONDS)
        return True
