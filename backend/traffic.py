"""How many requests reached the app in the last minutes, and how many of them it failed.

Gunicorn loads the app once and forks, so all workers share a file without a name. Each process
takes a slot of it and writes to that alone, so none ever waits for another: to be killed at any
instruction harms nobody. Where the app is not preloaded, each worker counts for itself.
"""

import errno
import fcntl
import mmap
import os
import tempfile
import threading
import time
from datetime import UTC, datetime
from weakref import WeakSet, finalize

from flask import Flask, Response, request

from .schemas import Traffic, TrafficBucket

BUCKET_SECONDS = 10
BUCKETS = 60  # that are shown: ten minutes
SLOTS = 128  # twice as many as there may be workers, some of which end while others start

# A bucket is one word, written at once: its number since the machine started, its requests and its
# errors. So whoever reads it, and whatever is killed meanwhile, it is whole.
WORD_BYTES = 8
FIELD = 20  # bits; a million requests in ten seconds are more than a process can answer
FULL = (1 << FIELD) - 1
RING = BUCKETS + 1  # where a bucket is begun, the oldest that is shown must not have been
SLOT_BYTES = RING * WORD_BYTES


def register(app: Flask) -> None:
    """Count what `app` answers; where there is nowhere to count, it works all the same."""
    try:
        counter = Counter()
    except OSError as error:
        app.logger.warning("requests are not counted: %s", error.strerror)
        return
    app.extensions["traffic"] = counter
    app.after_request(counter.count)


def of(app: Flask) -> Traffic | None:
    """The traffic of the last ten minutes; None where it is not counted."""
    counter: Counter | None = app.extensions.get("traffic")
    return counter.traffic() if counter else None


class Counter:
    """What all processes that are forked from this one have answered.

    Raises OSError where no file can be written.
    """

    def __init__(self) -> None:
        # Written, not only made that long: a full disk is to be noticed here. As a hole that cannot
        # be filled it would end the process with SIGBUS, by which mmap tells it.
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - as long as this lives
        finalize(self, self._file.close)
        if self._file.write(bytes(SLOTS * SLOT_BYTES)) < SLOTS * SLOT_BYTES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._memory = mmap.mmap(self._file.fileno(), SLOTS * SLOT_BYTES)
        self._words = memoryview(self._memory).cast("Q")
        self._own_nothing()
        _counters.add(self)

    def _own_nothing(self) -> None:
        """As a process begins. The parent's lock may be held by a thread that is not here."""
        self._lock = threading.Lock()
        self._slot: int | None = None

    def count(self, response: Response) -> Response:
        """After a request: count it, but not that for the figures themselves."""
        if request.endpoint != "status.show_status":
            self.add(response.status_code >= 500)
        return response

    def add(self, failed: bool) -> None:
        """Count a request that was answered just now."""
        number = _bucket_now()
        with self._lock:
            if self._slot is None:
                self._slot = self._claim()
            place = self._slot * RING + number % RING
            known, requests, errors = _unpacked(self._words[place])
            if known != number:
                requests = errors = 0
            self._words[place] = _packed(
                number, min(requests + 1, FULL), min(errors + failed, FULL)
            )

    def _claim(self) -> int:
        """The first slot that no living process owns.

        A record lock is its process's own: a fork does not inherit it, and the kernel gives it back
        when the process ends, however it does (fcntl(2)). What a dead owner has counted is found by
        its number, and goes on counting.
        """
        for slot in range(SLOTS - 1):
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, slot)
            except OSError:
                continue
            return slot
        return SLOTS - 1  # shared by all that came too late: they may lose a count, and no more

    def traffic(self) -> Traffic:
        """What was answered in the last ten minutes; the last bucket is still being filled."""
        newest = _bucket_now()
        oldest = newest - BUCKETS + 1
        requests, errors = [0] * BUCKETS, [0] * BUCKETS
        for word in filter(None, self._words.tolist()):
            number, answered, failed = _unpacked(word)
            if oldest <= number <= newest:
                requests[number - oldest] += answered
                errors[number - oldest] += failed
        started = round(time.time() - time.monotonic()) + oldest * BUCKET_SECONDS
        return Traffic(
            bucket_seconds=BUCKET_SECONDS,
            buckets=[
                TrafficBucket(
                    start=datetime.fromtimestamp(started + place * BUCKET_SECONDS, UTC),
                    requests=requests[place],
                    errors=errors[place],
                )
                for place in range(BUCKETS)
            ],
        )


def _bucket_now() -> int:
    """By the clock that nobody sets, and that all processes of a machine share."""
    return int(time.monotonic()) // BUCKET_SECONDS


def _packed(number: int, requests: int, errors: int) -> int:
    return number << 2 * FIELD | requests << FIELD | errors


def _unpacked(word: int) -> tuple[int, int, int]:
    return word >> 2 * FIELD, word >> FIELD & FULL, word & FULL


_counters: WeakSet[Counter] = WeakSet()


def _start_anew() -> None:
    """In a forked child: the parent's slot is the parent's."""
    for counter in _counters:
        counter._own_nothing()


os.register_at_fork(after_in_child=_start_anew)
