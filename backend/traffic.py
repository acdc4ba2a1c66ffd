"""Counts the requests that reached the app in the last minutes, and its errors.

All workers share a file in the run directory. Each process writes to its own slot only, so that no
process waits for another, and a process can be killed at any instruction. Without a run directory,
as on the development server, the file has no name.
"""

import fcntl
import mmap
import os
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from weakref import WeakSet, finalize

from flask import Flask, Response, request

from .schemas import Traffic, TrafficBucket

BUCKET_SECONDS = 10
BUCKETS = 60  # shown in the response: ten minutes
SLOTS = 128  # twice the maximum of workers, because old ones end while new ones start

# A bucket is one word with its number since the machine started, its requests and its errors. It is
# written atomically, so that readers never see half of an update.
WORD_BYTES = 8
FIELD = 20  # bits; a process cannot answer a million requests in ten seconds
FULL = (1 << FIELD) - 1
RING = BUCKETS + 1  # one more, so that a new bucket does not overwrite the oldest one shown
SLOT_BYTES = RING * WORD_BYTES


def register(app: Flask, folder: str | None) -> None:
    """Count the responses of `app` in a file in `folder`; if that fails, only log a warning."""
    try:
        counter = Counter(folder)
    except OSError as error:
        app.logger.warning("requests are not counted: %s", error.strerror)
        return
    app.extensions["traffic"] = counter
    app.after_request(counter.count)


def of(app: Flask) -> Traffic | None:
    """The traffic of the last ten minutes; None if it is not counted."""
    counter: Counter | None = app.extensions.get("traffic")
    return counter.traffic() if counter else None


class Counter:
    """Counts the responses of all processes with the same `folder`, or forked from this one.

    Raises OSError if no file can be written.
    """

    def __init__(self, folder: str | None = None) -> None:
        # Open as long as this object lives.
        if folder:
            self._file = Path(folder, "traffic").open("a+b", buffering=0)  # noqa: SIM115
        else:
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        finalize(self, self._file.close)
        # On a full disk this raises here, whereas writing to a hole through mmap would kill the
        # process with SIGBUS. It keeps what other processes have written.
        os.posix_fallocate(self._file.fileno(), 0, SLOTS * SLOT_BYTES)
        self._memory = mmap.mmap(self._file.fileno(), SLOTS * SLOT_BYTES)
        self._words = memoryview(self._memory).cast("Q")
        self._reset()
        _counters.add(self)

    def _reset(self) -> None:
        """Start without a slot, and with a new lock: a parent's thread may hold the old one."""
        self._lock = threading.Lock()
        self._slot: int | None = None

    def count(self, response: Response) -> Response:
        """After a request: count it, except requests for the status itself."""
        if request.endpoint != "status.show_status":
            self.add(response.status_code >= 500)
        return response

    def add(self, failed: bool) -> None:
        """Count a request in the current bucket."""
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
        """The first slot that no running process owns.

        A fork does not inherit record locks, and the kernel releases them at the end of a process
        (fcntl(2)). The buckets of an earlier owner still count, because they have numbers.
        """
        for slot in range(SLOTS - 1):
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, slot)
            except OSError:
                continue
            return slot
        return SLOTS - 1  # shared by all further processes, which may lose counts

    def traffic(self) -> Traffic:
        """The traffic of the last ten minutes; the last bucket is incomplete."""
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
    """The current bucket by the monotonic clock, which all processes of a machine share."""
    return int(time.monotonic()) // BUCKET_SECONDS


def _packed(number: int, requests: int, errors: int) -> int:
    return number << 2 * FIELD | requests << FIELD | errors


def _unpacked(word: int) -> tuple[int, int, int]:
    return word >> 2 * FIELD, word >> FIELD & FULL, word & FULL


_counters: WeakSet[Counter] = WeakSet()


def _reset_in_child() -> None:
    """In a forked child, do not use the parent's slot."""
    for counter in _counters:
        counter._reset()


os.register_at_fork(after_in_child=_reset_in_child)
