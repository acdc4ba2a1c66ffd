"""Replaces a worker in which a thread hangs, or which uses too much memory.

Gunicorn's own timeout detects neither: the main thread of a threaded worker sends heartbeats to the
master even if the threads that serve requests hang
(https://docs.gunicorn.org/en/stable/settings.html#timeout).
"""

import os
import re
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from socket import socket

from demijohn.common.log import log_error
from demijohn.worker import abandoned_streams
from demijohn.worker.thread_pool import ThreadPool

CHECK_SECONDS = 1.0
MAX_ABANDONED = 64  # streams whose client has gone
STREAM_SECONDS = 5.0  # for streams and WebSockets, until the process is replaced
SMAPS = Path("/proc/self/smaps_rollup")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

# Of these in a view, Gunicorn would end the worker, or believe that the client has gone.
MISUNDERSTOOD = (SystemExit, KeyboardInterrupt, OSError)

# When each thread began its request. A request ends with the first bytes of its response, since a
# stream may take any time.
_unanswered: dict[int, float] = {}


def begin() -> None:
    """Record that this thread has begun a request."""
    _unanswered[threading.get_ident()] = time.monotonic()


def end() -> None:
    """Record that this thread has begun to respond, or has failed."""
    _unanswered.pop(threading.get_ident(), None)


class Answer:
    """An app's response on `connection`, which calls `end` with its first chunk."""

    def __init__(self, chunks: Iterable[bytes], connection: socket | None) -> None:
        self._chunks = chunks
        self._connection = connection

    def __iter__(self) -> Iterator[bytes]:
        chunks = iter(self._chunks)
        try:
            first = next(chunks)
        except StopIteration:
            return
        except MISUNDERSTOOD as error:
            raise RuntimeError(f"the app raised {error!r}") from error
        end()
        abandoned_streams.begin(self._connection)
        yield first
        yield from chunks

    def close(self) -> None:
        end()
        abandoned_streams.end()
        if hasattr(self._chunks, "close"):
            self._chunks.close()


def start(limit_seconds: float, limit_mb: int, pool: ThreadPool) -> None:
    """Watch this process from a thread.

    If a request has no response after `limit_seconds`, the process uses more than `limit_mb` of
    memory, or too many threads wait for clients that have gone, the process accepts no more
    requests, completes those of `pool` that do not hang, and exits. Gunicorn's master then starts
    another.
    """
    _unanswered.clear()  # entries copied by the fork belong to the parent
    abandoned_streams.clear()
    arguments = (limit_seconds, limit_mb, pool)
    threading.Thread(target=_watch, args=arguments, daemon=True, name="watchdog").start()


def _watch(limit_seconds: float, limit_mb: int, pool: ThreadPool) -> None:
    limit_mb = _attainable(limit_mb)
    while not (reason := _reason(limit_seconds, limit_mb)):
        pool.replace_abandoned(abandoned_streams.count())
        pool.measure()
        time.sleep(CHECK_SECONDS)
    log_error(f"worker {os.getpid()} {reason}; replacing it")
    os.kill(os.getpid(), signal.SIGTERM)  # Gunicorn then accepts no more requests
    give_up = time.monotonic() + STREAM_SECONDS
    while len(_unanswered) > len(_hanging(limit_seconds)) or (
        time.monotonic() < give_up
        and pool.in_flight > len(_hanging(limit_seconds)) + abandoned_streams.count()
    ):
        time.sleep(CHECK_SECONDS / 10)
    os._exit(0)  # a normal exit would wait for the threads that hang


def _reason(limit_seconds: float, limit_mb: int) -> str:
    """Why this process should be replaced; empty if it should not."""
    hanging = _hanging(limit_seconds)
    if hanging:
        return f"has not answered for {limit_seconds:.0f} s{_location(hanging[0])}"
    if (used := memory()) > limit_mb:
        return f"uses {used} MB of memory, more than its limit of {limit_mb} MB"
    if (abandoned := abandoned_streams.count()) > MAX_ABANDONED:
        return f"has {abandoned} threads that wait for clients that have gone"
    return ""


def _attainable(limit_mb: int) -> int:
    """The limit, or a higher one if a new worker is near it already: another would be so too."""
    used = memory()
    if used * 4 < limit_mb * 3:
        return limit_mb
    log_error(
        f"the app uses {used} MB in each worker after its import, and has {limit_mb} MB. Give the "
        "container more memory, or set WEB_CONCURRENCY=1."
    )
    return max(limit_mb, used * 3 // 2)


def _hanging(limit_seconds: float) -> list[int]:
    """The threads whose request has had no response for too long."""
    now = time.monotonic()
    return [thread for thread, since in list(_unanswered.items()) if now - since > limit_seconds]


def _location(thread: int) -> str:
    """The line of code at which a thread hangs, for the end of a message."""
    frame = sys._current_frames().get(thread)
    if frame is None:
        return ""
    last = traceback.extract_stack(frame)[-1]
    return f", at {last.filename}:{last.lineno} in {last.name}"


def memory() -> int:
    """MB of memory in use without mapped files; 0 if the system does not report it.

    Of pages that it shares with the processes that it was forked from, this process counts its part
    (Pss_Anon in proc_pid_smaps(5), since Linux 5.9).
    """
    with suppress(OSError):
        if found := re.search(r"^Pss_Anon: +(\d+) kB", SMAPS.read_text(), re.M):
            return int(found[1]) >> 10
    with suppress(OSError):
        _, resident, shared, *_ = Path("/proc/self/statm").read_text().split()
        return (int(resident) - int(shared)) * PAGE_BYTES >> 20
    return 0
