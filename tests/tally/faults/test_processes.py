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
from tests.tally.support.ailing import AILING
from tests.tally.support.load import CACHED, CREATE, READ, STATIC, VOTE, Load

READS = (STATIC, CACHED, READ)
THREADS = int(AILING["WEB_THREADS"])


@pytest.fixture
def tally(launch: Callable[..., Stack]) -> Stack:
    return launch(**AILING).start().wait_until_ready()


def workers(tally: Stack) -> set[int]:
    return set(tally.children(tally.child("gunicorn")))


def replaced(tally: Stack, name: str, pid: int) -> None:
    """Wait until another process has taken the place of `pid`."""

    def other() -> bool:
        return any(name in line for child, line in tally.children().items() if child != pid)

    tally.wait_for(lambda: pid not in tally.children() and other(), f"another {name}")


@row("{times} x kill -9 of the Gunicorn master", short=3, soak=20)
def test_reads_survive_a_killed_gunicorn_master(
    tally: Stack, query: Query, times: int, measured: Measured
) -> None:
    with Load(tally.url) as load:
        for time_ in range(1, times + 1):
            master = tally.child("gunicorn")
            os.kill(master, signal.SIGKILL)
            replaced(tally, "gunicorn", master)
            tally.wait_for(lambda n=time_: tally.log.count("ready: ") > n, "the next Gunicorn")  # type: ignore[misc]
            load.more(50)
    assert load.failed(*READS, VOTE) == []
    load.check(query)
    measured(load.told())


@row("{times} x kill -9 of a worker", short=10, soak=50)
def test_no_idempotent_request_fails_when_workers_are_killed(
    tally: Stack, query: Query, times: int, measured: Measured
) -> None:
    with Load(tally.url) as load:
        for _ in range(times):
            os.kill(random.choice(sorted(workers(tally))), signal.SIGKILL)
            load.more(30)
            tally.wait_for(lambda: len(workers(tally)) == 2, "two workers")
    assert load.failed(*READS, VOTE) == []
    load.check(query)
    measured(load.told())


@row("{times} x kill -9 of the Nginx master", short=3, soak=10)
def test_nginx_is_back_within_a_second_and_no_orphan_holds_its_port(
    tally: Stack, query: Query, times: int, measured: Measured
) -> None:
    away = []
    with Load(tally.url) as load:
        for _ in range(times):
            master = tally.child("nginx")
            orphans = set(tally.children(master))
            killed = time.monotonic()
            os.kill(master, signal.SIGKILL)
            tally.wait_for(lambda gone=master: gone not in tally.children(), "its end")  # type: ignore[misc]
            tally.wait_for(lambda: tally.get("/")[0] == 200, "the next Nginx")
            away.append(time.monotonic() - killed)
            assert not orphans & stack_processes(tally).keys()
            load.more(50)
    assert max(away) < 1.0
    assert "bind() to" not in tally.log
    lost = load.failed(*READS, VOTE, CREATE)
    assert all(seen.seconds < 1.0 for seen in lost), lost
    load.check(query)
    measured(f"back within {max(away):.2f} s; {load.told()}")


@row("a worker that hangs, one that is stopped, one that leaks until its limit")
def test_a_sick_worker_is_replaced_and_the_others_serve_on(
    launch: Callable[..., Stack], query: Query, measured: Measured
) -> None:
    tally = launch(**AILING, DEMIJOHN_REQUEST_TIMEOUT="3", WORKER_MEMORY_MB="150")
    tally.start().wait_until_ready()
    with Load(tally.url) as load:
        for name, path, word in (
            ("hangs", "/api/ill/slow?seconds=3600", "has not answered for"),
            ("stopped", "/api/ill/stop", "WORKER TIMEOUT"),
            ("leaks", "/api/ill/leak?mb=200", "MB of the 150 that it may"),
        ):
            before = workers(tally)
            patient = threading.Thread(target=lambda to=path: tally.get(to))  # type: ignore[misc]
            patient.start()
            tally.wait_for(lambda w=word: w in tally.log, f"word that it {name}")  # type: ignore[misc]
            tally.wait_for(lambda b=before: len(workers(tally) - b) == 1, "another worker")  # type: ignore[misc]
            patient.join()
            load.more(50)
    lost = load.failed(*READS, VOTE)  # what the one that was stopped had in hand, if anything
    assert all(seen.status == 504 for seen in lost) and len(lost) <= THREADS, lost
    load.check(query)
    measured(load.told())


def is_zombie(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@row("zombies and orphans, {times} x", short=3, soak=20)
def test_what_workers_leave_behind_is_reaped_and_ends_with_the_rest(
    tally: Stack, times: int, measured: Measured
) -> None:
    for _ in range(times):
        tally.get("/api/ill/litter")
        for worker in workers(tally):  # what each leaves behind has no parent but us now
            os.kill(worker, signal.SIGKILL)
        tally.wait_for(lambda: len(workers(tally)) == 2, "two workers")
    family = psutil.Process(tally.pid)
    orphans = [p for p in family.children() if p.cmdline() == ["sleep", "4321"]]
    assert len(orphans) == times

    tally.wait_for(
        lambda: not any(is_zombie(p) for p in family.children(recursive=True)), "their end"
    )
    tally.signal(signal.SIGTERM)
    assert tally.wait() == 0
    assert not [orphan for orphan in orphans if orphan.is_running() and not is_zombie(orphan)]
    measured(f"{3 * times} zombies reaped, {times} orphans ended")
