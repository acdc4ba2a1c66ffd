"""Programs that keep failing, and limits of connections and time."""

import contextlib
import http.client
import os
import re
import signal
import threading
import time
from pathlib import Path

import pytest

from tests.runtime.lifecycle.clients import BlockedRequest, Launch, workers
from tests.support.front_door import (
    APPS,
    MIRROR,
    connect,
    make_root,
    read_response,
    remaining_processes,
    stack_processes,
)
from tests.support.stack import TIMEOUT_SECONDS, Stack

# Programs that keep failing


def test_program_that_keeps_failing_stops_the_container(launch: Launch, tmp_path: Path) -> None:
    folder = make_root(tmp_path, worker="command=sh -c 'echo the queue is gone >&2; exit 3'")
    running = launch(folder, **MIRROR).start()
    assert running.wait() == 70
    assert running.log.splitlines()[-1] == (
        "demijohn: worker failed 3 times in 60 s (exit status 3), giving up. "
        "Last output: the queue is gone"
    )
    assert not remaining_processes(running)


def test_program_that_cannot_be_started_stops_the_container(launch: Launch, tmp_path: Path) -> None:
    folder = make_root(tmp_path, worker="command=/nowhere/worker")
    running = launch(folder, **MIRROR).start()
    assert running.wait() == 70
    last = running.log.splitlines()[-1]
    assert last.startswith("demijohn: worker does not start") and "/nowhere/worker" in last
    assert "stop      Nginx" in running.log.partition("ready:")[0]  # without three more attempts
    assert not remaining_processes(running)


def test_program_that_fails_within_startsecs_stops_the_container(
    launch: Launch, tmp_path: Path
) -> None:
    lines = "startretries=1\ncommand=sh -c 'echo too soon >&2; exit 3'"
    folder = make_root(tmp_path, worker=lines)
    conf = folder / "programs.d" / "worker.conf"
    conf.write_text(conf.read_text().replace("startsecs=0\n", ""))
    running = launch(folder, **MIRROR).start()
    assert running.wait() == 70
    last = running.log.splitlines()[-1]
    assert last.startswith("demijohn: worker does not start") and "too soon" in last


def test_gunicorn_that_keeps_ending_stops_the_container(launch: Launch) -> None:
    running = launch(**MIRROR, WEB_CONCURRENCY="1").start()
    for number in range(1, 4):
        running.wait_for(lambda n=number: running.log.count("ready: ") == n, "Gunicorn")  # type: ignore[misc]
        # A worker that has just started has no handler for the signal yet.
        running.wait_for(lambda: running.get("/api/show")[0] == 200, "its worker")
        os.kill(running.child("gunicorn"), signal.SIGTERM)
    assert running.wait() == 70
    assert "demijohn: gunicorn failed 3 times" in running.log.splitlines()[-1]


def test_waiting_probes_do_not_delay_the_exit_of_a_failed_app(
    launch: Launch, tmp_path: Path
) -> None:
    """A host's probes wait at Gunicorn's socket, and Nginx waits 15 s for them."""
    gate = tmp_path / "gate"
    waits = f"while not __import__('os').path.exists({str(gate)!r}): __import__('time').sleep(0.01)"
    (tmp_path / "slow.py").write_text("from flask import Flask\napp = Flask('slow')")
    settings = {"APP_DIR": str(tmp_path), "APP_MODULE": "slow:app", "RELEASE_ON_BOOT": "false"}
    stack = launch(**settings).start().wait_until_ready()
    (tmp_path / "slow.py").write_text(waits)  # it has no app any more
    with stack.paused_gunicorn() as pids:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
    seen: list[int] = []

    def probe() -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            while True:
                seen.append(stack.get("/readyz")[0])

    probes = [threading.Thread(target=probe) for _ in range(4)]
    for thread in probes:
        thread.start()
    stack.wait_for(lambda: connections(stack.run_dir / "gunicorn.sock") >= 4, "probes")
    gate.touch()
    stack.wait_for(lambda: "has no app" in stack.log, "reason")
    started_at = time.monotonic()
    assert stack.wait() == 78
    assert time.monotonic() - started_at < 8
    for thread in probes:
        thread.join()
    assert seen and set(seen) <= {502, 504}  # 504 where this machine is slow


def connections(path: Path) -> int:
    """The number of connections of a Unix socket, including those that wait to be accepted."""
    lines = Path("/proc/net/unix").read_text().splitlines()
    return sum(line.endswith(f" {path}") for line in lines) - 1  # the listener


def test_program_of_programs_d_runs_and_its_output_is_logged(
    launch: Launch, tmp_path: Path
) -> None:
    folder = make_root(
        tmp_path, worker="command=sh -c 'echo \"at work for $DEMIJOHN_REGION\"; exec sleep 600'"
    )
    running = launch(folder, **MIRROR, DEMIJOHN_REGION="ams").start().wait_until_ready()
    running.wait_for(lambda: "worker    at work for ams\n" in running.log, "its output")
    running.signal(signal.SIGTERM)
    assert running.wait() == 0
    assert not remaining_processes(running)


def test_program_that_runs_once_does_not_stop_the_container(launch: Launch, tmp_path: Path) -> None:
    lines = "command=sh -c 'echo warmed up'\n"
    folder = make_root(tmp_path, warmer=lines)
    conf = folder / "programs.d" / "warmer.conf"
    conf.write_text(conf.read_text().replace("autorestart=true", "autorestart=unexpected"))
    running = launch(folder, **MIRROR).start().wait_until_ready()
    running.wait_for(lambda: "warmer    warmed up\n" in running.log, "its output")
    running.wait_for(lambda: "warmer ended" in running.log, "its end")
    assert running.log.count("warmed up") == 1
    assert "warmer ended (exit status 0), restarting it" not in running.log


# Limits


def test_2500_connections_at_once_are_served(launch: Launch) -> None:
    """The soft limit of open files is low, as usual: demijohn raises it."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 8192:
        pytest.skip(f"this machine allows {hard} open files only")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 8192), hard))
    running = launch(**MIRROR).start()
    # Before it raises the limit.
    resource.prlimit(running.pid, resource.RLIMIT_NOFILE, (1024, hard))
    running.wait_until_ready()
    with contextlib.ExitStack() as phones:
        connections_of_phones = [phones.enter_context(connect(running)) for _ in range(2500)]
        for phone in connections_of_phones:
            phone.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert {read_response(phone).status for phone in connections_of_phones} == {200}


def test_websocket_stays_open_longer_than_the_request_timeout(launch: Launch) -> None:
    # Not 1 s: on a busy machine, a gap between two messages may be as long.
    running = launch(**MIRROR, DEMIJOHN_REQUEST_TIMEOUT="3", WEB_CONCURRENCY="1").start()
    running.wait_until_ready()
    before = workers(running)
    with connect(running) as connection, connection.makefile("rb") as incoming:
        connection.sendall(
            b"GET /api/websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: x\r\n\r\n"
        )
        assert b" 101 " in incoming.readline()
        while incoming.readline() != b"\r\n":
            pass
        connection.settimeout(TIMEOUT_SECONDS)
        pause = threading.Event()
        for _ in range(40):  # for eight seconds
            pause.wait(0.2)
            connection.sendall(b"still here\n")
            assert incoming.readline() == b"STILL HERE\n"
    assert workers(running) == before


def test_worker_with_a_request_that_hangs_is_replaced(launch: Launch, tmp_path: Path) -> None:
    running = launch(**MIRROR, DEMIJOHN_REQUEST_TIMEOUT="1", WEB_CONCURRENCY="1").start()
    running.wait_until_ready()
    (before,) = workers(running)
    BlockedRequest(running, tmp_path / "gate")
    running.wait_for(lambda: before not in workers(running), "another worker")
    running.wait_until_ready()
    message = (
        rf"worker {before} has not answered for \d+ s, at {APPS / 'mirror.py'}:\d+ in wait_for"
    )
    assert re.search(message, running.log)


def test_gunicorn_is_reachable_by_its_own_user_only(launch: Launch) -> None:
    running = launch(**MIRROR).start().wait_until_ready()
    mode = (running.run_dir / "gunicorn.sock").stat().st_mode
    assert mode & 0o777 == 0o600
    assert running.run_dir.stat().st_mode & 0o777 == 0o700
    listening = listening_ports(running)
    assert listening == {running.port}


def listening_ports(stack: Stack) -> set[int]:
    """The TCP ports on which the processes of a stack listen."""
    sockets = set()
    for pid in stack_processes(stack):
        with contextlib.suppress(OSError):
            sockets |= {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
    ports = set()
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for row in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
                fields = row.split()
                if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                    ports.add(int(fields[1].rpartition(":")[2], 16))
    return ports
