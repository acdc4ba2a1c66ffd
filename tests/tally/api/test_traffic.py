"""The traffic that /api/status tells of: of all workers, and of those that were killed."""

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
    """The requests and the errors of the last ten minutes."""
    buckets = json.loads(tally.get("/api/status")[2])["traffic"]["buckets"]
    return sum(b["requests"] for b in buckets), sum(b["errors"] for b in buckets)


def ask(tally: Stack, times: int, path: str = "/api/polls/00000000") -> None:
    """Ask at once, so that one worker alone does not answer all; 404, as there is no such poll."""
    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(lambda _: tally.get(path)[0], range(times)))
    assert statuses == {404}


def workers(tally: Stack) -> set[int]:
    return set(tally.children(tally.child("gunicorn")))


def test_every_request_is_counted_once_whichever_worker_answers(tally: Stack) -> None:
    ask(tally, 200)
    for path in ("/", "/livez", "/readyz", "/healthz/database", "/api/status"):
        tally.get(path)
    for _ in range(8):  # whichever worker is asked
        assert sums(tally) == (200, 0)


def test_workers_that_are_killed_take_no_figure_with_them(tally: Stack) -> None:
    ask(tally, 100)
    before = workers(tally)
    for worker in before:
        os.kill(worker, signal.SIGKILL)
    tally.wait_for(lambda: len(workers(tally) - before) == 2, "two new workers")
    tally.wait_until_ready()
    assert sums(tally) == (100, 0)
    ask(tally, 100)
    assert sums(tally) == (200, 0)


def test_what_fails_for_want_of_a_database_is_an_error(
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
