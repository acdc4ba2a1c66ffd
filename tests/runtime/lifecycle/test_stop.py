"""How `demijohn serve` stops: no request in flight is lost, and no process remains."""

import contextlib
import http.client
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runtime.lifecycle.clients import BlockedRequest, Launch, Load, failure_reason
from tests.support.front_door import MIRROR, connect, remaining_processes, stack_processes
from tests.support.stack import Stack


def refuses_connections(stack: Stack) -> bool:
    """Whether nothing listens on the port any more."""
    try:
        connect(stack).close()
    except ConnectionRefusedError:
        return True
    return False


def test_drain_serves_requests_while_readyz_fails(launch: Launch) -> None:
    running = launch(**MIRROR, DRAIN_SECONDS="3").start().wait_until_ready()
    assert failure_reason(running) == ""
    with Load(running) as load:
        load.wait_for_responses()
        running.signal(signal.SIGTERM)
        running.wait_for(lambda: failure_reason(running) == "draining", "drain")
        assert running.get("/livez")[0] == 200  # alive: the host must not restart it
        assert failure_reason(running, "/healthz/database") == ""
        load.wait_for_responses()
        assert load.failed == []
    assert running.wait() == 0
    assert not remaining_processes(running)


@pytest.mark.parametrize("drain", ["0", "1"])
def test_stop_waits_for_requests_in_flight(launch: Launch, tmp_path: Path, drain: str) -> None:
    running = launch(**MIRROR, DRAIN_SECONDS=drain).start().wait_until_ready()
    blocked = [BlockedRequest(running, tmp_path / f"gate{number}") for number in range(3)]
    running.signal(signal.SIGTERM)
    running.wait_for(lambda: refuses_connections(running), "end of listening")
    for request in blocked:
        response = request.release()
        assert (response.status, response.body) == (200, b"through")
    assert running.wait() == 0
    assert not remaining_processes(running)


def test_stop_gives_up_on_a_request_after_stop_seconds(launch: Launch, tmp_path: Path) -> None:
    running = launch(**MIRROR, STOP_SECONDS="2").start().wait_until_ready()
    blocked = BlockedRequest(running, tmp_path / "gate")
    running.signal(signal.SIGTERM)
    assert running.wait() == 0
    assert not remaining_processes(running)
    with contextlib.suppress(OSError, http.client.HTTPException):
        assert blocked.release().status != 200


def test_sigint_skips_the_drain(launch: Launch) -> None:
    running = launch(**MIRROR, DRAIN_SECONDS="600").start().wait_until_ready()
    running.signal(signal.SIGINT)
    assert running.wait() == 0
    assert "draining" not in running.log
    assert not remaining_processes(running)


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_second_signal_ends_the_drain_and_open_requests(
    launch: Launch, tmp_path: Path, second: signal.Signals
) -> None:
    running = launch(**MIRROR, DRAIN_SECONDS="600", STOP_SECONDS="600").start()
    running.wait_until_ready()
    blocked = BlockedRequest(running, tmp_path / "gate")
    running.signal(signal.SIGTERM)
    running.wait_for(lambda: "draining for 600 s" in running.log, "drain")
    running.signal(second)
    assert running.wait() == 0
    assert not remaining_processes(running)
    del blocked


def test_second_sigint_does_not_wait_for_requests(launch: Launch, tmp_path: Path) -> None:
    running = launch(**MIRROR, STOP_SECONDS="600").start().wait_until_ready()
    blocked = BlockedRequest(running, tmp_path / "gate")
    running.signal(signal.SIGINT)
    running.wait_for(lambda: refuses_connections(running), "end of listening")
    running.signal(signal.SIGINT)
    assert running.wait() == 0
    assert not remaining_processes(running)
    del blocked


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_the_wait_for_the_database(
    launch: Launch, free_port: Callable[[], int], number: signal.Signals
) -> None:
    url = f"postgres://u:p@127.0.0.1:{free_port()}/d"
    running = launch(**MIRROR, DATABASE_URL=url, DATABASE_WAIT="600", DRAIN_SECONDS="600").start()
    running.wait_for(lambda: "Trying for" in running.log, "message about the wait")
    running.signal(number)
    assert running.wait() == 0
    assert running.log.splitlines()[-1] == f"demijohn: stopped by {number.name}"


def test_serve_starts_again_after_it_was_killed(launch: Launch) -> None:
    """kill -9 of the main process, as of a container: its files do not prevent the next start."""
    running = launch(**MIRROR).start().wait_until_ready()
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    for pid in stack_processes(running):  # in a container, all processes end with PID 1
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    running.start().wait_until_ready()


def test_serve_starts_again_after_a_drain_and_is_ready(launch: Launch) -> None:
    running = launch(**MIRROR, DRAIN_SECONDS="1").start().wait_until_ready()
    running.signal(signal.SIGTERM)
    assert running.wait() == 0
    running.start().wait_until_ready()


def test_serve_keeps_running_without_a_reader_of_its_log(launch: Launch) -> None:
    running = launch(**MIRROR)
    # Its log is a pipe whose reader closes it.
    os.mkfifo(running.run_dir.with_name("log"))
    reader = os.open(running.run_dir.with_name("log"), os.O_RDONLY | os.O_NONBLOCK)
    running.start()
    running.wait_for(lambda: running.get("/readyz")[0] == 200, "readiness")
    os.close(reader)
    first = running.child("gunicorn")
    os.kill(first, signal.SIGKILL)  # it will try to log this
    for _ in range(1000):
        if first not in running.children():
            break
        assert running._process is not None and running._process.poll() is None, "it stopped"
        threading.Event().wait(0.02)
    assert running.get("/api/show")[0] == 200


def test_serve_is_not_blocked_by_a_reader_of_its_log_that_hangs(launch: Launch) -> None:
    running = launch(**MIRROR)
    os.mkfifo(running.run_dir.with_name("log"))
    reader = os.open(running.run_dir.with_name("log"), os.O_RDONLY | os.O_NONBLOCK)
    try:
        running.start()
        running.wait_for(lambda: running.get("/readyz")[0] == 200, "readiness")
        for _ in range(1500):  # one line of 100 bytes each; the pipe holds 64 kB
            assert running.get("/api/show")[0] == 200
        running.signal(signal.SIGTERM)
        assert running.wait() == 0
    finally:
        os.close(reader)
