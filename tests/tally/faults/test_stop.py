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
from tests.tally.support.faulty_app_settings import FAULTY_APP
from tests.tally.support.load import Load

DRAIN, STOP, GUNICORN = 3, 12, 5  # seconds; the last is Gunicorn's stopwaitsecs


@pytest.fixture
def tally(launch: Callable[..., Stack]) -> Stack:
    settings = {"DRAIN_SECONDS": str(DRAIN), "STOP_SECONDS": str(STOP)}
    return launch(**FAULTY_APP, **settings).start().wait_until_ready()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(3) as threads:
        yield threads


def in_flight(tally: Stack, threads: ThreadPoolExecutor, seconds: float) -> list[Future[int]]:
    """Three requests that the app has accepted and answers after `seconds`; their statuses."""
    path = f"/api/fault/slow?seconds={seconds}"
    requests = [threads.submit(lambda: tally.get(path)[0]) for _ in range(3)]
    tally.wait_for(lambda: tally.log.count("at work") == 3, "requests in the app")
    return requests


@row("SIGTERM with requests of {times} s in flight", short=6, soak=12)
def test_sigterm_drains_and_completes_long_requests(
    tally: Stack, query: Query, times: int, threads: ThreadPoolExecutor, measured: Measured
) -> None:
    with Load(tally.url) as load:
        requests = in_flight(tally, threads, times)
        signalled_at = time.monotonic()
        tally.signal(signal.SIGTERM)
        tally.wait_for(lambda: tally.get("/readyz")[0] == 503, "failing /readyz")
        unready_after = time.monotonic() - signalled_at
        assert json.loads(tally.get("/readyz")[2])["reason"] == "draining"
        # Until shortly before the end of the drain: by then a balancer has stopped sending
        # requests.
        threading.Event().wait(signalled_at + DRAIN - 0.5 - time.monotonic())
    assert load.failed() == []
    assert [request.result() for request in requests] == [200] * 3
    assert tally.wait() == 0
    stopped_after = time.monotonic() - signalled_at
    assert unready_after < 1
    assert stopped_after < DRAIN + STOP + GUNICORN
    assert not remaining_processes(tally)
    load.check(query, stopped=True)
    measured(
        f"unready after {unready_after:.2f} s, stopped after {stopped_after:.1f} s; "
        f"{load.summary()}"
    )


@row("SIGINT: no drain; a second signal: no waiting at all")
def test_sigint_skips_the_drain_and_a_second_signal_the_wait(
    tally: Stack, query: Query, threads: ThreadPoolExecutor, measured: Measured
) -> None:
    with Load(tally.url) as load:
        requests = in_flight(tally, threads, STOP)
        signalled_at = time.monotonic()
        tally.signal(signal.SIGINT)
        tally.wait_for(
            lambda: "Nginx completes requests in flight" in tally.log, "stop without a drain"
        )
        skipped_after = time.monotonic() - signalled_at
        load.stop()
        tally.signal(signal.SIGTERM)
        assert tally.wait() == 0
        stopped_after = time.monotonic() - signalled_at
    for request in requests:
        assert request.exception() or request.result() != 200  # the stop did not wait for them
    assert "draining" not in tally.log
    assert stopped_after < STOP / 2
    assert not remaining_processes(tally)
    load.check(query, stopped=True)
    measured(
        f"SIGINT handled after {skipped_after:.2f} s, "
        f"gone {stopped_after - skipped_after:.2f} s after the second"
    )
