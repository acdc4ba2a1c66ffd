"""Refuses a request that has ended a worker, and would now end the last one.

Nginx sends an idempotent request once more if its worker dies, so that clients do not notice. If it
was this request that ended the worker, it ends the second one too, with all requests in flight.
"""

import mmap
import os
import time
from pathlib import Path

from demijohn.common.log import log_error, log_info

SLOTS = 4096  # more than there are requests in flight
SLOT = 12  # bytes: 8 of a request's id, 4 of the process that took it
WORKERS = 128
WORKER = 4  # bytes: a process that serves requests
WAIT_SECONDS = 5.0
PAUSE_SECONDS = 0.02

PF_EXITING = 0x4  # https://github.com/torvalds/linux/blob/master/include/linux/sched.h


class RetriedRequests:
    """Who has taken which request, in memory that the workers share.

    To be created before they are forked. `alone` says that there is only one worker.
    """

    def __init__(self, *, alone: bool) -> None:
        self._requests = mmap.mmap(-1, SLOTS * SLOT)
        self._workers = mmap.mmap(-1, WORKERS * WORKER)
        self._alone = alone

    def join(self) -> None:
        """Note that this worker serves requests from now on."""
        for step in range(WORKERS):
            place = (os.getpid() + step) % WORKERS * WORKER
            if not _is_running(_number(self._workers, place, WORKER)):
                self._workers[place : place + WORKER] = os.getpid().to_bytes(WORKER, "big")
                return

    def may_serve(self, request_key: str, text: str) -> bool:
        """Whether to serve a request: not if it would be a danger to the last worker.

        Waits for another worker if there is none. `request_key` is Nginx's: 32 hexadecimal digits;
        `text` names the request in the log.
        """
        before = self._take(request_key)
        # A worker that still runs has redirected the request to the app, by X-Accel-Redirect.
        if not before or _is_running(before):
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
        before = _number(self._requests, start + 8, 4)
        self._requests[start : start + SLOT] = key + os.getpid().to_bytes(4, "big")
        return before if is_known else 0

    def _wait_for_another(self, dead: int) -> bool:
        deadline = time.monotonic() + (0 if self._alone else WAIT_SECONDS)
        while not self._has_another(dead):
            if time.monotonic() > deadline:
                return False
            time.sleep(PAUSE_SECONDS)
        return True

    def _has_another(self, dead: int) -> bool:
        places = range(0, len(self._workers), WORKER)
        workers = {_number(self._workers, place, WORKER) for place in places}
        return any(_is_running(worker) for worker in workers - {0, dead, os.getpid()})


def _number(memory: mmap.mmap, start: int, length: int) -> int:
    return int.from_bytes(memory[start : start + length], "big")


def _is_running(pid: int) -> bool:
    """Whether a process exists and has not begun to exit: a zombie has, and so has a process whose
    connections are just being closed.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    state, *fields = text.rpartition(") ")[2].split()
    return state not in "ZX" and not int(fields[5]) & PF_EXITING  # flags: proc_pid_stat(5)
