"""Requests while processes or the database fail and recover."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local.postgres import Postgres
from tests.runtime.lifecycle.clients import BlockedRequest, Launch, Load, failure_reason, workers
from tests.support.front_door import MIRROR, connect, read_response, send_request, stack_processes

DATABASE = "/healthz/database"
WORKERS = {"WEB_CONCURRENCY": "2", "WEB_THREADS": "4"}


# Crashed processes


def test_get_succeeds_when_gunicorn_is_killed(launch: Launch) -> None:
    running = launch(**MIRROR, **WORKERS).start().wait_until_ready()
    first = running.child("gunicorn")
    with Load(running) as load:
        load.wait_for_responses()
        os.kill(first, signal.SIGKILL)
        running.wait_for(lambda: first not in running.children(), "end of the first master")
        load.wait_for_responses(500)
    assert load.failed == []
    assert running.child("gunicorn") != first
    assert "supervise gunicorn ended (terminated by SIGKILL), restarting it" in running.log


def test_get_is_retried_when_its_worker_is_killed(launch: Launch, tmp_path: Path) -> None:
    """Requests without a response yet go to the workers that replace it, once there are two."""
    running = launch(**MIRROR, WEB_CONCURRENCY="2").start().wait_until_ready()
    waiting = [BlockedRequest(running, tmp_path / f"gate{number}") for number in range(4)]
    first_workers = workers(running)
    for request in waiting:
        request.reached.unlink()
    for worker in first_workers:  # so that none takes the requests of another and then ends, too
        os.kill(worker, signal.SIGSTOP)
    for worker in first_workers:
        os.kill(worker, signal.SIGKILL)
    for request in waiting:
        running.wait_for(request.reached.exists, "second try")
        response = request.release()
        assert (response.status, response.body) == (200, b"through")
    assert not first_workers & workers(running)


def test_worker_serves_others_while_a_retried_request_waits(launch: Launch, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    settings = {"APP_MODULE": "imports_on_demand:app", "WEB_CONCURRENCY": "2", "WEB_THREADS": "1"}
    running = launch(**MIRROR | settings, IMPORT_GATE=str(gate)).start().wait_until_ready()
    gate.unlink()  # the worker that replaces the one that has crashed waits
    with ThreadPoolExecutor(1) as pool:
        crash = pool.submit(send_request, running, "/api/crash")
        running.wait_for(lambda: "the app: crash" in running.log, "the crash")
        for _ in range(3):
            assert send_request(running, "/api/worker").status == 200
        assert not crash.done()
        gate.touch()
        assert crash.result().status == 502
    assert running.log.count("the app: crash") == 2


def test_get_succeeds_when_gunicorn_exits_with_0(launch: Launch) -> None:
    running = launch(**MIRROR, **WORKERS).start().wait_until_ready()
    first = running.child("gunicorn")
    with Load(running) as load:
        load.wait_for_responses()
        os.kill(first, signal.SIGTERM)  # Gunicorn then exits 0
        running.wait_for(lambda: first not in running.children(), "end of the first master")
        load.wait_for_responses(500)
    assert load.failed == []
    assert "supervise gunicorn ended (exit status 0), restarting it" in running.log


def test_nginx_is_restarted_and_its_orphans_release_the_port(launch: Launch) -> None:
    running = launch(**MIRROR).start().wait_until_ready()
    first = running.child("nginx")
    orphans = set(running.children(first))
    assert orphans
    os.kill(first, signal.SIGKILL)
    running.wait_for(
        lambda: first not in running.children() and running.get("/readyz")[0] == 200, "new nginx"
    )
    assert not orphans & stack_processes(running).keys()
    assert "bind() to" not in running.log
    for _ in range(20):  # no connection ends in a listener without a process that serves it
        assert running.get("/api/show")[0] == 200


def test_page_is_served_after_an_nginx_worker_is_killed(launch: Launch) -> None:
    running = launch(**MIRROR).start().wait_until_ready()
    master = running.child("nginx")
    for worker in running.children(master):
        os.kill(worker, signal.SIGKILL)
        running.wait_for(lambda gone=worker: gone not in running.children(master), "its end")  # type: ignore[misc]
        assert running.get("/")[0] == 200
    assert running.child("nginx") == master


def test_post_is_not_retried_when_its_worker_dies(launch: Launch, tmp_path: Path) -> None:
    """The response is a 502: only the client can find out whether the change took place."""
    running = launch(**MIRROR, WEB_CONCURRENCY="1").start().wait_until_ready()
    gate = tmp_path / "gate"
    with connect(running) as connection:
        connection.sendall(
            f"POST /api/gate?file={gate} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        reached = gate.with_suffix(".reached")
        running.wait_for(reached.exists, "request at the gate")
        reached.unlink()
        (worker,) = workers(running)
        os.kill(worker, signal.SIGKILL)
        assert read_response(connection).status == 502
    assert not reached.exists()


# Outages of the database


def test_database_outage_does_not_fail_readyz_or_livez(
    launch: Launch, private_postgres: Postgres
) -> None:
    running = launch(**MIRROR, DATABASE_URL=private_postgres.url()).start().wait_until_ready()
    for _ in range(2):
        processes = {running.child("gunicorn"), running.child("nginx"), *workers(running)}
        private_postgres.stop()
        running.wait_for(
            lambda: failure_reason(running, DATABASE) == "database away", "report of the outage"
        )
        assert running.get("/livez")[0] == 200
        assert failure_reason(running) == ""
        assert running.get("/")[0] == 200
        private_postgres.start()
        running.wait_until_ready()
        assert processes <= stack_processes(running).keys()  # nothing was restarted
    assert "GET /healthz" not in running.log  # probes are not logged, even if they fail


def test_database_that_hangs_does_not_block_other_requests(
    launch: Launch, private_postgres: Postgres
) -> None:
    running = launch(**MIRROR, DATABASE_URL=private_postgres.url(), WEB_CONCURRENCY="1").start()
    running.wait_until_ready()
    private_postgres.signal(signal.SIGSTOP)  # connections are accepted and never answered
    try:
        running.wait_for(
            lambda: failure_reason(running, DATABASE) == "database away", "report of the outage"
        )
        with Load(running, DATABASE) as probing:  # one client per thread
            for _ in range(20):
                assert send_request(running).status == 200
                assert failure_reason(running) == ""
            probing.wait_for_responses(8)
        assert all(failure.startswith("503: ") for failure in probing.failed)
    finally:
        private_postgres.signal(signal.SIGCONT)
    running.wait_until_ready()


def test_probes_succeed_while_every_thread_is_busy(launch: Launch, tmp_path: Path) -> None:
    running = launch(**MIRROR, WEB_CONCURRENCY="1", WEB_THREADS="2").start().wait_until_ready()
    busy = [BlockedRequest(running, tmp_path / f"gate{number}") for number in range(2)]
    for _ in range(20):
        for probe in ("/livez", "/readyz", DATABASE):
            assert running.get(probe)[0] == 200
    assert running.request("HEAD", "/livez")[2] == b""
    for request in busy:
        assert request.release().status == 200


def test_probes_fall_back_to_a_worker_if_their_socket_is_missing(launch: Launch) -> None:
    running = launch(**MIRROR).start().wait_until_ready()
    (running.run_dir / "probes.sock").unlink()
    for probe in ("/livez", "/up", "/readyz", DATABASE):
        assert failure_reason(running, probe) == ""
        assert running.request("HEAD", probe)[::2] == (200, b"")
