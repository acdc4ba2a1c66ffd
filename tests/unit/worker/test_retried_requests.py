"""Requests that Nginx sends again after their worker has died."""

import os
import time
from collections.abc import Callable, Iterator

import pytest
from demijohn.worker import retried_requests, serving_workers
from demijohn.worker.retried_requests import RetriedRequests
from demijohn.worker.serving_workers import ServingWorkers

REQUEST, OTHER = "0" * 31 + "1", "f" * 31 + "2"


@pytest.fixture(autouse=True)
def short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retried_requests, "WAIT_SECONDS", 0.3)


@pytest.fixture
def fork() -> Iterator[Callable[[Callable[[], object]], int]]:
    """Runs a function in a child, which then stays until the test's end; returns its pid."""
    children: list[int] = []

    def run(function: Callable[[], object]) -> int:
        reader, writer = os.pipe()
        if (pid := os.fork()) == 0:
            function()
            os.write(writer, b".")
            time.sleep(60)
            os._exit(0)
        children.append(pid)
        os.read(reader, 1)
        return pid

    yield run
    for pid in children:
        os.kill(pid, 9)
        os.waitpid(pid, 0)


def die_with(requests: RetriedRequests, request_id: str) -> int:
    """A worker that takes a request, and ends; it stays a zombie until it is waited for."""
    if (pid := os.fork()) == 0:
        requests._workers.join()
        requests.may_serve(request_id, "GET /")
        os._exit(1)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    return pid


def test_request_is_served_if_no_worker_has_died_with_it() -> None:
    requests = RetriedRequests(ServingWorkers())
    assert requests.may_serve(REQUEST, "GET /")
    assert requests.may_serve(OTHER, "GET /")
    assert requests.may_serve(REQUEST, "GET /")  # an X-Accel-Redirect of this worker to itself


def test_retried_request_is_refused_by_the_last_worker() -> None:
    workers = ServingWorkers()
    requests = RetriedRequests(workers)
    workers.join()
    dead = die_with(requests, REQUEST)
    assert not requests.may_serve(REQUEST, "GET /")  # although the zombie is in the table
    assert requests.may_serve(OTHER, "GET /")
    os.waitpid(dead, 0)


def test_retried_request_is_served_if_another_worker_is_there(
    fork: Callable[[Callable[[], object]], int],
) -> None:
    workers = ServingWorkers()
    requests = RetriedRequests(workers)
    workers.join()
    dead = die_with(requests, REQUEST)
    fork(workers.join)
    assert requests.may_serve(REQUEST, "GET /")
    os.waitpid(dead, 0)


def test_retried_request_waits_for_another_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retried_requests, "WAIT_SECONDS", 30)
    workers = ServingWorkers()
    requests = RetriedRequests(workers)
    workers.join()
    dead = die_with(requests, REQUEST)
    if (late := os.fork()) == 0:
        time.sleep(0.3)
        workers.join()
        time.sleep(60)
        os._exit(0)
    assert requests.may_serve(REQUEST, "GET /")
    os.kill(late, 9)
    for pid in (late, dead):
        os.waitpid(pid, 0)


def test_only_worker_refuses_a_retried_request_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retried_requests, "WAIT_SECONDS", 3600)
    requests = RetriedRequests(ServingWorkers())
    requests.begin(None, is_alone=True)
    dead = die_with(requests, REQUEST)
    assert not requests.may_serve(REQUEST, "GET /")
    os.waitpid(dead, 0)


def test_workers_that_have_died_leave_their_places(
    monkeypatch: pytest.MonkeyPatch, fork: Callable[[Callable[[], object]], int]
) -> None:
    monkeypatch.setattr(serving_workers, "PLACES", 2)
    workers = ServingWorkers()
    requests = RetriedRequests(workers)
    for _ in range(4):
        os.waitpid(die_with(requests, OTHER), 0)
    dead = die_with(requests, REQUEST)
    fork(workers.join)
    assert requests.may_serve(REQUEST, "GET /")
    os.waitpid(dead, 0)
