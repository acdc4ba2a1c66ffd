"""Counting requests in processes that start, fork and are killed."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from backend import create_app, traffic
from backend.traffic import BUCKETS, RING, SLOTS, Counter
from local.steps import ROOT

NOWHERE = {"DATABASE_URL": "postgres://u:s3cret@127.0.0.1:1/none"}


def sums(counter: Counter) -> tuple[int, int]:
    buckets = counter.traffic().buckets
    return sum(b.requests for b in buckets), sum(b.errors for b in buckets)


def slots_in_use(counter: Counter) -> list[int]:
    words = counter._words.tolist()
    return [slot for slot in range(SLOTS) if any(words[slot * RING : (slot + 1) * RING])]


def in_child(work: Callable[[], None]) -> int:
    """Run `work` in a forked process that then waits to be killed; return its pid."""
    reading, writing = os.pipe()
    if (pid := os.fork()) == 0:
        signal.alarm(20)  # end it if it hangs
        work()
        os.write(writing, b".")
        signal.pause()
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert pipe.read(1) == b"."
    return pid


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def test_requests_and_errors_of_the_app_are_counted() -> None:
    app = create_app(NOWHERE)
    client = app.test_client()
    for path in ("/api/openapi.json", "/api/nothing", "/api/polls/00000000", "/api/status"):
        client.get(path)
    traffic_json = client.get("/api/status").json["traffic"]
    assert traffic_json["bucket_seconds"] == 10
    # Without those for the status.
    assert sum(bucket["requests"] for bucket in traffic_json["buckets"]) == 3
    assert sum(bucket["errors"] for bucket in traffic_json["buckets"]) == 1  # 503: no database
    app.extensions["engine"].dispose()


def test_buckets_cover_the_last_ten_minutes() -> None:
    starts = [bucket.start for bucket in Counter().traffic().buckets]
    assert len(starts) == BUCKETS
    assert all(later - earlier == timedelta(seconds=10) for earlier, later in pairwise(starts))
    now, one_second = datetime.now(UTC), timedelta(seconds=1)  # for rounding
    assert starts[-1] - one_second <= now <= starts[-1] + timedelta(seconds=10) + one_second


def test_old_buckets_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    counter = Counter()
    for number, shown in [(1000, 1), (1000 + BUCKETS - 1, 2), (1000 + BUCKETS, 2), (5000, 1)]:
        monkeypatch.setattr(traffic, "_bucket_now", lambda n=number: n)
        counter.add(failed=True)
        assert sums(counter) == (shown, shown)
    monkeypatch.setattr(traffic, "_bucket_now", lambda: 5000 + RING)
    counter.add(failed=False)  # in the slot of an old bucket
    assert sums(counter) == (1, 0)


def test_full_counter_does_not_overflow_into_its_neighbour(monkeypatch: pytest.MonkeyPatch) -> None:
    counter = Counter()
    monkeypatch.setattr(traffic, "FULL", 3)
    for _ in range(5):
        counter.add(failed=True)
    assert sums(counter) == (3, 3)


def test_requests_of_all_processes_are_counted_even_dead_ones() -> None:
    counter = Counter()
    counter.add(failed=False)
    children = [in_child(lambda: counter.add(failed=True)) for _ in range(3)]
    assert sums(counter) == (4, 3)
    for child in children:
        kill(child)
    assert sums(counter) == (4, 3)


def test_slot_of_a_dead_process_is_reused_with_its_counts() -> None:
    counter = Counter()
    for _ in range(SLOTS + 2):
        kill(in_child(lambda: counter.add(failed=False)))
    assert sums(counter) == (SLOTS + 2, 0)
    assert slots_in_use(counter) == [0]


def test_concurrent_processes_have_separate_slots() -> None:
    counter = Counter()
    counter.add(failed=False)
    children = [in_child(lambda: [counter.add(False) for _ in range(500)]) for _ in range(4)]
    used = slots_in_use(counter)
    for child in children:
        kill(child)
    assert used == [0, 1, 2, 3, 4]
    assert sums(counter) == (2001, 0)


def test_fork_during_a_count_does_not_deadlock() -> None:
    counter = Counter()
    with counter._lock:
        child = in_child(lambda: counter.add(failed=False))
    kill(child)
    assert sums(counter) == (1, 0)


def test_app_works_uncounted_without_a_writable_temporary_folder(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/proc")  # no process can create a file there
    app = create_app(NOWHERE)
    client = app.test_client()
    assert client.get("/api/openapi.json").status_code == 200
    assert client.get("/api/status").json["traffic"] is None
    assert "requests are not counted" in caplog.text
    app.extensions["engine"].dispose()


def test_full_disk_is_detected_without_a_crash() -> None:
    """A limit on the size of files simulates it: both make a write fail."""
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "from backend import create_app\n"
        "client = create_app({}).test_client()\n"
        "assert client.get('/api/openapi.json').status_code == 200\n"
        "assert client.get('/api/status').json['traffic'] is None\n"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
