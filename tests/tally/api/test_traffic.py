"""The traffic in /api/status: of all workers, including killed ones."""

import json
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from tests.support.proxy import Proxy
from tests.support.stack import Stack


@pytest.fixture
def tally(launch: Callable[..., Stack]) -> Stack:
    return launch(WEB_CONCURRENCY="2", WEB_THREADS="4").start().wait_until_ready()


def sums(tally: Stack) -> tuple[int, int]:
    """The number of requests and of errors in the last ten minutes."""
    buckets = json.loads(tally.get("/api/status")[2])["traffic"]["buckets"]
    return sum(b["requests"] for b in buckets), sum(b["errors"] for b in buckets)


def send_404s(tally: Stack, times: int, path: str = "/api/polls/00000000") -> None:
    """Send concurrent requests for an unknown poll, so that several workers answer."""
    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(lambda _: tally.get(path)[0], range(times)))
    assert statuses == {404}


def workers(tally: Stack) -> set[int]:
    return set(tally.children(tally.child("gunicorn")))


def test_api_requests_of_all_workers_are_counted_once(tally: Stack) -> None:
    send_404s(tally, 200)
    for path in ("/", "/livez", "/readyz", "/healthz/database", "/api/status"):
        tally.get(path)
    for _ in range(8):  # from every worker
        assert sums(tally) == (200, 0)


def test_counts_of_killed_workers_are_kept(tally: Stack) -> None:
    send_404s(tally, 100)
    before = workers(tally)
    for worker in before:
        os.kill(worker, signal.SIGKILL)
    tally.wait_for(lambda: len(workers(tally) - before) == 2, "two new workers")
    tally.wait_until_ready()
    assert sums(tally) == (100, 0)
    send_404s(tally, 100)
    assert sums(tally) == (200, 0)


def test_request_that_fails_without_the_database_is_an_error(
    launch: Callable[..., Stack], database: str
) -> None:
    port = urlsplit(database).port or 5432
    proxy = Proxy(port)
    through = database.replace(f":{port}/", f":{proxy.port}/")
    tally = launch(DATABASE_URL=through).start().wait_until_ready()
    proxy.refuse()
    assert tally.get("/api/polls/00000000")[0] == 503
    assert sums(tally) == (1, 1)
    proxy.heal()
    proxy.drop()
