"""Rows of the table of faults: signals, under constant load and with long requests in flight."""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.support.fault_scenarios import Measured, row
from tests.support.front_door import remaining_processes
from tests.support.sql import Query
from tests.support.stack import Stack
from tests.tally.support.ailing import AILING
from tests.tally.support.load import Load

DRAIN, STOP, GUNICORN = 3, 12, 5  # seconds; the last is Gunicorn's stopwaitsecs


@pytest.fixture
def tally(launch: Callable[..., Stack]) -> Stack:
    settings = {"DRAIN_SECONDS": str(DRAIN), "STOP_SECONDS": str(STOP)}
    return launch(**AILING, **settings).start().wait_until_ready()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(3) as threads:
        yield threads


def in_flight(tally: Stack, threads: ThreadPoolExecutor, seconds: float) -> list[Future[int]]:
    """Three requests that the app has taken and answers after so many seconds: their statuses."""
    path = f"/api/ill/slow?seconds={seconds}"
    requests = [threads.submit(lambda: tally.get(path)[0]) for _ in range(3)]
    tally.wait_for(lambda: tally.log.count("at work") == 3, "the app at work")
    return requests


@row("SIGTERM with requests of {times} s in flight", short=6, soak=12)
def test_a_stop_drains_and_lets_long_requests_complete(
    tally: Stack, query: Query, times: int, threads: ThreadPoolExecutor, measured: Measured
) -> None:
    with Load(tally.url) as load:
        requests = in_flight(tally, threads, times)
        asked = time.monotonic()
        tally.signal(signal.SIGTERM)
        tally.wait_for(lambda: tally.get("/readyz")[0] == 503, "unreadiness")
        unready = time.monotonic() - asked
        assert json.loads(tally.get("/readyz")[2])["reason"] == "draining"
        # To the last moment but one: then a balancer has long turned away.
        threading.Event().wait(asked + DRAIN - 0.5 - time.monotonic())
    assert load.failed() == []
    assert [request.result() for request in requests] == [200] * 3
    assert tally.wait() == 0
    stopped = time.monotonic() - asked
    assert unready < 1
    assert stopped < DRAIN + STOP + GUNICORN
    assert not remaining_processes(tally)
    load.check(query, stopped=True)
    measured(f"unready after {unready:.2f} s, stopped after {stopped:.1f} s; {load.told()}")


@row("SIGINT: no drain; a second signal: no waiting at all")
def test_sigint_skips_the_drain_and_a_second_signal_stops_at_once(
    tally: Stack, query: Query, threads: ThreadPoolExecutor, measured: Measured
) -> None:
    with Load(tally.url) as load:
        requests = in_flight(tally, threads, STOP)
        asked = time.monotonic()
        tally.signal(signal.SIGINT)
        tally.wait_for(lambda: "Nginx lets requests end" in tally.log, "stop without a drain")
        skipped = time.monotonic() - asked
        load.stop()
        tally.signal(signal.SIGTERM)
        assert tally.wait() == 0
        stopped = time.monotonic() - asked
    for request in requests:
        assert request.exception() or request.result() != 200  # nobody waited for them
    assert "draining" not in tally.log
    assert stopped < STOP / 2
    assert not remaining_processes(tally)
    load.check(query, stopped=True)
    measured(f"SIGINT heard after {skipped:.2f} s, gone {stopped - skipped:.2f} s after the second")
