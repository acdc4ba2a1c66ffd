"""Replaces a worker of which a thread hangs, or that has grown too large.

Gunicorn's own timeout does not see either: the main thread of a threaded worker tells the master
that it lives, whatever becomes of the threads that serve requests
(https://docs.gunicorn.org/en/stable/settings.html#timeout).
"""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from demijohn.common.log import log_error

CHECK_SECONDS = 1.0
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

# The thread that serves a request, and when it began; a request ends with its first bytes, since
# a stream may go on for as long as it likes.
_unanswered: dict[int, float] = {}


def begin() -> None:
    """This thread has taken a request."""
    _unanswered[threading.get_ident()] = time.monotonic()


def end() -> None:
    """This thread has answered, or given up."""
    _unanswered.pop(threading.get_ident(), None)


class Answer:
    """An app's response, which ends the request for the watchdog once it has begun to come."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            end()
            yield chunk

    def close(self) -> None:
        end()
        if hasattr(self._chunks, "close"):
            self._chunks.close()


def start(limit_seconds: float, limit_mb: int, in_flight: Callable[[], int]) -> None:
    """Watch this process in a thread of its own.

    A request without an answer for `limit_seconds`, or more than `limit_mb` of memory, ends the
    process: it takes no more requests, lets those `in_flight` end that do not hang, and goes.
    Gunicorn's master then starts another.
    """
    _unanswered.clear()  # what was copied by the fork is none of this process's business
    arguments = (limit_seconds, limit_mb, in_flight)
    threading.Thread(target=_watch, args=arguments, daemon=True, name="watchdog").start()


def _watch(limit_seconds: float, limit_mb: int, in_flight: Callable[[], int]) -> None:
    while not (reason := _reason(limit_seconds, limit_mb)):
        time.sleep(CHECK_SECONDS)
    log_error(f"worker {os.getpid()} {reason}; replacing it")
    os.kill(os.getpid(), signal.SIGTERM)  # Gunicorn's way to say: no more requests
    while in_flight() > len(_hanging(limit_seconds)):
        time.sleep(CHECK_SECONDS / 10)
    os._exit(0)  # Python would wait for the threads that hang


def _reason(limit_seconds: float, limit_mb: int) -> str:
    """Why this process should go; empty if it should not."""
    hanging = _hanging(limit_seconds)
    if hanging:
        return f"has not answered for {limit_seconds:.0f} s{_whereabouts(hanging[0])}"
    if (used := memory()) > limit_mb:
        return f"uses {used} MB of the {limit_mb} that it may"
    return ""


def _hanging(limit_seconds: float) -> list[int]:
    """The threads whose request has gone unanswered for too long."""
    now = time.monotonic()
    return [thread for thread, since in list(_unanswered.items()) if now - since > limit_seconds]


def _whereabouts(thread: int) -> str:
    """The line of code at which a thread hangs."""
    frame = sys._current_frames().get(thread)
    if frame is None:
        return ""
    last = traceback.extract_stack(frame)[-1]
    return f", at {last.filename}:{last.lineno} in {last.name}"


def memory() -> int:
    """MB of memory in use, files that are mapped not counted; 0 where the system does not say."""
    try:
        _, resident, shared, *_ = Path("/proc/self/statm").read_text().split()
    except OSError:
        return 0
    return (int(resident) - int(shared)) * PAGE_BYTES >> 20
