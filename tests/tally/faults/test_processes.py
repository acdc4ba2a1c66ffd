"""Rows of the table of faults: processes that die, hang and grow, under constant load."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable

import psutil
import pytest

from tests.support.fault_scenarios import Measured, row
from tests.support.front_door import stack_processes
from tests.support.sql import Query
from tests.support.stack import Stack
from tests.tally.support.faulty_app_settings import FAULTY_APP
from tests.tally.support.load import CACHED, CREATE, READ, STATIC, VOTE, Load

READS = (STATIC, CACHED, READ)
THREADS = int(FAULTY_APP["WEB_THREADS"])
BOTH_SERVE = "2 of 2 workers serve requests"


@pytest.fixture
def tally(launch: Callable[..., Stack]) -> Stack:
    return launch(**FAULTY_APP).start().wait_until_ready()


def workers(tally: Stack) -> set[int]:
    return set(tally.children(tally.child("gunicorn")))


def wait_until_replaced(tally: Stack, name: str, pid: int) -> None:
    """Wait until another process has replaced `pid`."""

    def other() -> bool:
        return any(name in line for child, line in tally.children().items() if child != pid)

    tally.wait_for(lambda: pid not in tally.children() and other(), f"another {name}")


@row("{times} x kill -9 of the Gunicorn master", short=3, soak=20)
def test_reads_and_votes_succeed_when_the_gunicorn_master_is_killed(
    tally: Stack, query: Query, times: int, measured: Measured
) -> None:
    with Load(tally.url) as load:
        for time_ in range(1, times + 1):
            master = tally.child("gunicorn")
            os.kill(master, signal.SIGKILL)
            wait_until_replaced(tally, "gunicorn", master)
            tally.wait_for(lambda n=time_: tally.log.count(BOTH_SERVE) > n, "the next Gunicorn")  # type: ignore[misc]
            load.wait_for_successes(50)
    assert load.failed(*READS, VOTE) == []
    load.check(query)
    measured(load.summary())


@row("{times} x kill -9 of a worker", short=10, soak=50)
def test_idempotent_requests_succeed_when_workers_are_killed(
    tally: Stack, query: Query, times: int, measured: Measured
) -> None:
    with Load(tally.url) as load:
        for time_ in range(1, times + 1):
            os.kill(random.choice(sorted(workers(tally))), signal.SIGKILL)
            load.wait_for_successes(30)
            tally.wait_for(lambda n=time_: tally.log.count(BOTH_SERVE) > n, "two workers")  # type: ignore[misc]
    assert load.failed(*READS, VOTE) == []
    load.check(query)
    measured(load.summary())


@row("{times} x kill -9 of the Nginx master", short=3, soak=10)
def test_nginx_is_restarted_within_a_second(
    tally: Stack, query: Query, times: int, measured: Measured
) -> None:
    outages = []
    with Load(tally.url) as load:
        for _ in range(times):
            master = tally.child("nginx")
            orphans = set(tally.children(master))
            killed_at = time.monotonic()
            os.kill(master, signal.SIGKILL)
            tally.wait_for(lambda gone=master: gone not in tally.children(), "its end")  # type: ignore[misc]
            tally.wait_for(lambda: tally.get("/")[0] == 200, "the next Nginx")
            outages.append(time.monotonic() - killed_at)
            assert not orphans & stack_processes(tally).keys()
            load.wait_for_successes(50)
    assert max(outages) < 1.0
    assert "bind() to" not in tally.log
    failures = load.failed(*READS, VOTE, CREATE)
    assert all(outcome.seconds < 1.0 for outcome in failures), failures
    load.check(query)
    measured(f"back within {max(outages):.2f} s; {load.summary()}")


@row("a worker that hangs, one that is stopped, one that leaks until its limit")
def test_misbehaving_worker_is_replaced_while_others_serve(
    launch: Callable[..., Stack], query: Query, measured: Measured
) -> None:
    tally = launch(**FAULTY_APP, DEMIJOHN_REQUEST_TIMEOUT="3", WORKER_MEMORY_MB="150")
    tally.start().wait_until_ready()
    with Load(tally.url) as load:
        for name, path, word in (
            ("hangs", "/api/fault/slow?seconds=3600", "has not answered for"),
            ("stopped", "/api/fault/stop", "WORKER TIMEOUT"),
            ("leaks", "/api/fault/leak?mb=200", "more than its limit of 150 MB"),
        ):
            before = workers(tally)
            waiting = threading.Thread(target=lambda to=path: tally.get(to))  # type: ignore[misc]
            waiting.start()
            tally.wait_for(lambda w=word: w in tally.log, f"report that it {name}")  # type: ignore[misc]
            tally.wait_for(lambda b=before: len(workers(tally) - b) == 1, "another worker")  # type: ignore[misc]
            waiting.join()
            load.wait_for_successes(50)
    failures = load.failed(*READS, VOTE)  # the requests of the stopped worker, if any
    assert all(outcome.status == 504 for outcome in failures) and len(failures) <= THREADS, failures
    load.check(query)
    measured(load.summary())


def is_zombie(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@row("zombies and orphans, {times} x", short=3, soak=20)
def test_orphans_of_workers_are_reaped_and_end_with_the_stack(
    tally: Stack, times: int, measured: Measured
) -> None:
    for _ in range(times):
        tally.get("/api/fault/leave-children")
        for worker in workers(tally):  # its children are now adopted by PID 1
            os.kill(worker, signal.SIGKILL)
        tally.wait_for(lambda: len(workers(tally)) == 2, "two workers")
    main = psutil.Process(tally.pid)
    orphans = [p for p in main.children() if p.cmdline() == ["sleep", "4321"]]
    assert len(orphans) == times

    tally.wait_for(
        lambda: not any(is_zombie(p) for p in main.children(recursive=True)), "end of the zombies"
    )
    tally.signal(signal.SIGTERM)
    assert tally.wait() == 0
    assert not [orphan for orphan in orphans if orphan.is_running() and not is_zombie(orphan)]
    measured(f"{3 * times} zombies reaped, {times} orphans ended")
