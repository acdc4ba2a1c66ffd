"""How it stops: nothing in flight is lost, and nothing is left behind."""

import contextlib
import http.client
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runtime.lifecycle.clients import Launch, Load, Waiting, reason
from tests.support.front_door import MIRROR, dial, left, lingering
from tests.support.stack import Stack


def refuses(stack: Stack) -> bool:
    """Whether nothing listens on the port any more."""
    try:
        dial(stack).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_drain_serves_while_it_says_that_it_will_not(launch: Launch) -> None:
    running = launch(**MIRROR, DRAIN_SECONDS="3").start().wait_until_ready()
    assert reason(running) == ""
    with Load(running) as load:
        load.more()
        running.signal(signal.SIGTERM)
        running.wait_for(lambda: reason(running) == "draining", "drain")
        assert running.get("/livez")[0] == 200  # alive: nobody should restart it
        assert reason(running, "/healthz/database") == ""
        load.more()
        assert load.bad == []
    assert running.wait() == 0
    assert not lingering(running)


@pytest.mark.parametrize("drain", ["0", "1"])
def test_what_is_in_flight_is_answered_before_it_stops(
    launch: Launch, tmp_path: Path, drain: str
) -> None:
    running = launch(**MIRROR, DRAIN_SECONDS=drain).start().wait_until_ready()
    waiting = [Waiting(running, tmp_path / f"gate{number}") for number in range(3)]
    running.signal(signal.SIGTERM)
    running.wait_for(lambda: refuses(running), "end of listening")
    for request in waiting:
        answer = request.let_through()
        assert (answer.status, answer.body) == (200, b"through")
    assert running.wait() == 0
    assert not lingering(running)


def test_what_never_ends_does_not_hold_up_the_stop(launch: Launch, tmp_path: Path) -> None:
    running = launch(**MIRROR, STOP_SECONDS="2").start().wait_until_ready()
    waiting = Waiting(running, tmp_path / "gate")
    running.signal(signal.SIGTERM)
    assert running.wait() == 0
    assert not lingering(running)
    with contextlib.suppress(OSError, http.client.HTTPException):
        assert waiting.let_through().status != 200


def test_ctrl_c_skips_the_drain(launch: Launch) -> None:
    running = launch(**MIRROR, DRAIN_SECONDS="600").start().wait_until_ready()
    running.signal(signal.SIGINT)
    assert running.wait() == 0
    assert "draining" not in running.log
    assert not lingering(running)


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_does_not_wait(
    launch: Launch, tmp_path: Path, second: signal.Signals
) -> None:
    running = launch(**MIRROR, DRAIN_SECONDS="600", STOP_SECONDS="600").start()
    running.wait_until_ready()
    waiting = Waiting(running, tmp_path / "gate")
    running.signal(signal.SIGTERM)
    running.wait_for(lambda: "draining for 600 s" in running.log, "drain")
    running.signal(second)
    assert running.wait() == 0
    assert not lingering(running)
    del waiting


def test_a_second_ctrl_c_does_not_wait_for_requests(launch: Launch, tmp_path: Path) -> None:
    running = launch(**MIRROR, STOP_SECONDS="600").start().wait_until_ready()
    waiting = Waiting(running, tmp_path / "gate")
    running.signal(signal.SIGINT)
    running.wait_for(lambda: refuses(running), "end of listening")
    running.signal(signal.SIGINT)
    assert running.wait() == 0
    assert not lingering(running)
    del waiting


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_once_while_it_waits_for_the_database(
    launch: Launch, free_port: Callable[[], int], number: signal.Signals
) -> None:
    url = f"postgres://u:p@127.0.0.1:{free_port()}/d"
    running = launch(**MIRROR, DATABASE_URL=url, DATABASE_WAIT="600", DRAIN_SECONDS="600").start()
    running.wait_for(lambda: "Trying for" in running.log, "word on the wait")
    running.signal(number)
    assert running.wait() == 0
    assert running.log.splitlines()[-1] == f"demijohn: stopped by {number.name}"


def test_it_starts_again_where_it_was_killed(launch: Launch) -> None:
    """kill -9 of the main process, as of a container: nothing that it left is in the way."""
    running = launch(**MIRROR).start().wait_until_ready()
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    for pid in left(running):  # in a container, all go with PID 1
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    running.start().wait_until_ready()


def test_it_starts_again_after_a_drain_and_is_ready(launch: Launch) -> None:
    running = launch(**MIRROR, DRAIN_SECONDS="1").start().wait_until_ready()
    running.signal(signal.SIGTERM)
    assert running.wait() == 0
    running.start().wait_until_ready()


def test_nobody_who_reads_the_log_is_no_reason_to_stop(launch: Launch) -> None:
    running = launch(**MIRROR)
    # What it takes for its log is a pipe, whose reader goes.
    os.mkfifo(running.run_dir.with_name("log"))
    reader = os.open(running.run_dir.with_name("log"), os.O_RDONLY | os.O_NONBLOCK)
    running.start()
    running.wait_for(lambda: running.get("/readyz")[0] == 200, "readiness")
    os.close(reader)
    first = running.child("gunicorn")
    os.kill(first, signal.SIGKILL)  # of which it will want to tell
    for _ in range(1000):
        if first not in running.children():
            break
        assert running._process is not None and running._process.poll() is None, "it stopped"
        threading.Event().wait(0.02)
    assert running.get("/api/show")[0] == 200


def test_a_reader_of_the_log_that_stands_still_holds_up_nothing(launch: Launch) -> None:
    running = launch(**MIRROR)
    os.mkfifo(running.run_dir.with_name("log"))
    reader = os.open(running.run_dir.with_name("log"), os.O_RDONLY | os.O_NONBLOCK)
    try:
        running.start()
        running.wait_for(lambda: running.get("/readyz")[0] == 200, "readiness")
        for _ in range(1500):  # a line each, of a hundred bytes: the pipe holds 64 kB
            assert running.get("/api/show")[0] == 200
        running.signal(signal.SIGTERM)
        assert running.wait() == 0
    finally:
        os.close(reader)
