"""What happens to requests while processes die, and the database, and come back."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.postgres import Postgres, temporary
from tests.runtime.lifecycle.clients import Launch, Load, Waiting, reason, workers
from tests.support.front_door import MIRROR, ask, dial, left, read

DATABASE = "/healthz/database"
WORKERS = {"WEB_CONCURRENCY": "2", "WEB_THREADS": "4"}


# Processes that die


def test_no_read_fails_when_gunicorn_is_killed(launch: Launch) -> None:
    running = launch(**MIRROR, **WORKERS).start().wait_until_ready()
    first = running.child("gunicorn")
    with Load(running) as load:
        load.more()
        os.kill(first, signal.SIGKILL)
        running.wait_for(lambda: first not in running.children(), "end of the first master")
        load.more(500)
    assert load.bad == []
    assert running.child("gunicorn") != first
    assert "supervise gunicorn ended (terminated by SIGKILL), starting it again" in running.log


def test_no_read_fails_when_a_worker_is_killed(launch: Launch, tmp_path: Path) -> None:
    """What it had taken and not begun to answer goes to the worker that comes in its place."""
    running = launch(**MIRROR, WEB_CONCURRENCY="1").start().wait_until_ready()
    waiting = [Waiting(running, tmp_path / f"gate{number}") for number in range(4)]
    (worker,) = workers(running)
    for request in waiting:
        request.reached.unlink()
    os.kill(worker, signal.SIGKILL)
    for request in waiting:
        running.wait_for(request.reached.exists, "second try")
        answer = request.let_through()
        assert (answer.status, answer.body) == (200, b"through")
    assert worker not in workers(running)


def test_no_read_fails_when_gunicorn_ends_as_if_all_were_well(launch: Launch) -> None:
    running = launch(**MIRROR, **WORKERS).start().wait_until_ready()
    first = running.child("gunicorn")
    with Load(running) as load:
        load.more()
        os.kill(first, signal.SIGTERM)  # Gunicorn then exits 0
        running.wait_for(lambda: first not in running.children(), "end of the first master")
        load.more(500)
    assert load.bad == []
    assert "supervise gunicorn ended (exit status 0), starting it again" in running.log


def test_nginx_comes_back_and_its_orphans_hold_no_port(launch: Launch) -> None:
    running = launch(**MIRROR).start().wait_until_ready()
    first = running.child("nginx")
    orphans = set(running.children(first))
    assert orphans
    os.kill(first, signal.SIGKILL)
    running.wait_for(
        lambda: first not in running.children() and running.get("/readyz")[0] == 200, "new nginx"
    )
    assert not orphans & left(running).keys()
    assert "bind() to" not in running.log
    for _ in range(20):  # none of which lands in a listener that nobody serves
        assert running.get("/api/show")[0] == 200


def test_no_page_fails_when_a_worker_of_nginx_is_killed_between_requests(launch: Launch) -> None:
    running = launch(**MIRROR).start().wait_until_ready()
    master = running.child("nginx")
    for worker in running.children(master):
        os.kill(worker, signal.SIGKILL)
        running.wait_for(lambda gone=worker: gone not in running.children(master), "its end")  # type: ignore[misc]
        assert running.get("/")[0] == 200
    assert running.child("nginx") == master


def test_what_a_dead_worker_of_gunicorn_was_told_to_change_is_not_tried_twice(
    launch: Launch, tmp_path: Path
) -> None:
    """A write whose worker dies is a 502: whether it took place, only the client can find out."""
    running = launch(**MIRROR, WEB_CONCURRENCY="1").start().wait_until_ready()
    gate = tmp_path / "gate"
    with dial(running) as connection:
        connection.sendall(
            f"POST /api/gate?file={gate} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        reached = gate.with_suffix(".reached")
        running.wait_for(reached.exists, "request at the gate")
        reached.unlink()
        (worker,) = workers(running)
        os.kill(worker, signal.SIGKILL)
        assert read(connection).status == 502
    assert not reached.exists()


# The database, while it runs


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    with temporary() as server:
        yield server


def test_a_database_that_goes_makes_it_neither_unready_nor_unhealthy(
    launch: Launch, own_postgres: Postgres
) -> None:
    running = launch(**MIRROR, DATABASE_URL=own_postgres.url()).start().wait_until_ready()
    for _ in range(2):
        processes = {running.child("gunicorn"), running.child("nginx"), *workers(running)}
        own_postgres.stop()
        running.wait_for(lambda: reason(running, DATABASE) == "database away", "word of it")
        assert running.get("/livez")[0] == 200
        assert reason(running) == ""
        assert running.get("/")[0] == 200
        own_postgres.start()
        running.wait_until_ready()
        assert processes <= left(running).keys()  # nothing was restarted for it
    assert "GET /healthz" not in running.log  # whatever they say, probes would drown the rest


def test_a_database_that_hangs_holds_up_nobody(launch: Launch, own_postgres: Postgres) -> None:
    running = launch(**MIRROR, DATABASE_URL=own_postgres.url(), WEB_CONCURRENCY="1").start()
    running.wait_until_ready()
    own_postgres.signal(signal.SIGSTOP)  # connections are taken, and never served
    try:
        running.wait_for(lambda: reason(running, DATABASE) == "database away", "word of it")
        with Load(running, DATABASE) as probing:  # as many as there are threads ask for it
            for _ in range(20):
                assert ask(running).status == 200
                assert reason(running) == ""
            probing.more(8)
        assert all(told.startswith("503: ") for told in probing.bad)
    finally:
        own_postgres.signal(signal.SIGCONT)
    running.wait_until_ready()


def test_probes_are_answered_while_every_thread_is_busy(launch: Launch, tmp_path: Path) -> None:
    running = launch(**MIRROR, WEB_CONCURRENCY="1", WEB_THREADS="2").start().wait_until_ready()
    busy = [Waiting(running, tmp_path / f"gate{number}") for number in range(2)]
    for _ in range(20):
        for probe in ("/livez", "/readyz", DATABASE):
            assert running.get(probe)[0] == 200
    assert running.request("HEAD", "/livez")[2] == b""
    for request in busy:
        assert request.let_through().status == 200


def test_probes_are_answered_by_a_worker_where_their_socket_is_gone(launch: Launch) -> None:
    running = launch(**MIRROR).start().wait_until_ready()
    (running.run_dir / "probes.sock").unlink()
    for probe in ("/livez", "/up", "/readyz", DATABASE):
        assert reason(running, probe) == ""
        assert running.request("HEAD", probe)[::2] == (200, b"")
