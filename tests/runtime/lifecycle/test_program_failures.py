"""Programs beyond help, and machines without room."""

import contextlib
import http.client
import os
import re
import signal
import threading
import time
from pathlib import Path

import pytest

from tests.runtime.lifecycle.clients import Launch, Waiting, workers
from tests.support.front_door import APPS, MIRROR, dial, left, lingering, read, root
from tests.support.stack import PATIENCE_SECONDS, Stack

# Programs beyond help


def test_a_program_that_keeps_ending_ends_the_container(launch: Launch, tmp_path: Path) -> None:
    folder = root(tmp_path, worker="command=sh -c 'echo the queue is gone >&2; exit 3'")
    running = launch(folder, **MIRROR).start()
    assert running.wait() == 70
    assert running.log.splitlines()[-1] == (
        "demijohn: worker ended 3 times within 60 s (exit status 3). "
        "Its last words: the queue is gone"
    )
    assert not lingering(running)


def test_a_program_that_cannot_be_started_ends_the_container(
    launch: Launch, tmp_path: Path
) -> None:
    folder = root(tmp_path, worker="command=/nowhere/worker")
    running = launch(folder, **MIRROR).start()
    assert running.wait() == 70
    last = running.log.splitlines()[-1]
    assert last.startswith("demijohn: worker does not start") and "/nowhere/worker" in last
    assert "stop      Nginx" in running.log.partition("ready:")[0]  # not after three more tries
    assert not lingering(running)


def test_a_program_that_ends_as_it_begins_ends_the_container_whatever_its_startsecs(
    launch: Launch, tmp_path: Path
) -> None:
    lines = "startretries=1\ncommand=sh -c 'echo too soon >&2; exit 3'"
    folder = root(tmp_path, worker=lines)
    conf = folder / "programs.d" / "worker.conf"
    conf.write_text(conf.read_text().replace("startsecs=0\n", ""))
    running = launch(folder, **MIRROR).start()
    assert running.wait() == 70
    last = running.log.splitlines()[-1]
    assert last.startswith("demijohn: worker does not start") and "too soon" in last


def test_gunicorn_that_ends_by_itself_again_and_again_ends_the_container(launch: Launch) -> None:
    running = launch(**MIRROR, WEB_CONCURRENCY="1").start()
    for number in range(1, 4):
        running.wait_for(lambda n=number: running.log.count("ready: ") == n, "Gunicorn")  # type: ignore[misc]
        # A worker that has only begun would not hear that it is to go.
        running.wait_for(lambda: running.get("/api/show")[0] == 200, "its worker")
        os.kill(running.child("gunicorn"), signal.SIGTERM)
    assert running.wait() == 70
    assert "demijohn: gunicorn ended 3 times" in running.log.splitlines()[-1]


def test_who_asks_an_app_that_cannot_start_does_not_hold_up_its_end(
    launch: Launch, tmp_path: Path
) -> None:
    """A host's probes wait at Gunicorn's socket, and Nginx for them: in vain, and 15 s."""
    gate = tmp_path / "gate"
    waits = f"while not __import__('os').path.exists({str(gate)!r}): __import__('time').sleep(0.01)"
    (tmp_path / "slow.py").write_text(waits)
    settings = {"APP_DIR": str(tmp_path), "APP_MODULE": "slow:app", "RELEASE_ON_BOOT": "false"}
    stack = launch(**settings).start()
    seen: list[int] = []

    def probe() -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            while True:
                seen.append(stack.get("/readyz")[0])

    stack.wait_for(lambda: can_connect(stack), "listener")
    probes = [threading.Thread(target=probe) for _ in range(4)]
    for each in probes:
        each.start()
    stack.wait_for(lambda: connections(stack.run_dir / "gunicorn.sock") >= 4, "probes")
    gate.touch()
    stack.wait_for(lambda: "has no app" in stack.log, "reason")
    known = time.monotonic()
    assert stack.wait() == 78
    assert time.monotonic() - known < 8
    for each in probes:
        each.join()
    assert seen and set(seen) <= {502, 504}  # 504 where this machine is slow


def connections(path: Path) -> int:
    """How many connections a Unix socket has, those that wait to be accepted included."""
    lines = Path("/proc/net/unix").read_text().splitlines()
    return sum(line.endswith(f" {path}") for line in lines) - 1  # itself


def can_connect(stack: Stack) -> bool:
    with contextlib.closing(dial(stack)):
        return True


def test_a_program_runs_beside_the_others_and_its_words_are_in_the_log(
    launch: Launch, tmp_path: Path
) -> None:
    folder = root(
        tmp_path, worker="command=sh -c 'echo \"at work for $DEMIJOHN_REGION\"; exec sleep 600'"
    )
    running = launch(folder, **MIRROR, DEMIJOHN_REGION="ams").start().wait_until_ready()
    running.wait_for(lambda: "worker    at work for ams\n" in running.log, "its words")
    running.signal(signal.SIGTERM)
    assert running.wait() == 0
    assert not lingering(running)


def test_a_program_that_is_done_does_not_end_the_container(launch: Launch, tmp_path: Path) -> None:
    lines = "command=sh -c 'echo warmed up'\n"
    folder = root(tmp_path, warmer=lines)
    conf = folder / "programs.d" / "warmer.conf"
    conf.write_text(conf.read_text().replace("autorestart=true", "autorestart=unexpected"))
    running = launch(folder, **MIRROR).start().wait_until_ready()
    running.wait_for(lambda: "warmer    warmed up\n" in running.log, "its words")
    running.wait_for(lambda: "warmer ended" in running.log, "its end")
    assert running.log.count("warmed up") == 1
    assert "warmer ended (exit status 0), starting it again" not in running.log


# Room


def test_every_phone_in_the_hall_finds_room(launch: Launch) -> None:
    """A thousand and more connections at once, where the limit of open files is as low as usual."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 8192:
        pytest.skip(f"this machine allows {hard} open files only")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 8192), hard))
    running = launch(**MIRROR).start()
    resource.prlimit(running.pid, resource.RLIMIT_NOFILE, (1024, hard))  # it has only begun
    running.wait_until_ready()
    with contextlib.ExitStack() as phones:
        hall = [phones.enter_context(dial(running)) for _ in range(2500)]
        for phone in hall:
            phone.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert {read(phone).status for phone in hall} == {200}


def test_a_websocket_may_stay_longer_than_a_request_may_take(launch: Launch) -> None:
    # Not 1 s: a machine that is busy for as long would make a pause of the talk of it.
    running = launch(**MIRROR, DEMIJOHN_REQUEST_TIMEOUT="3", WEB_CONCURRENCY="1").start()
    running.wait_until_ready()
    before = workers(running)
    with dial(running) as connection, connection.makefile("rb") as incoming:
        connection.sendall(
            b"GET /api/websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: x\r\n\r\n"
        )
        assert b" 101 " in incoming.readline()
        while incoming.readline() != b"\r\n":
            pass
        connection.settimeout(PATIENCE_SECONDS)
        pause = threading.Event()
        for _ in range(40):  # eight seconds of talk
            pause.wait(0.2)
            connection.sendall(b"still here\n")
            assert incoming.readline() == b"STILL HERE\n"
    assert workers(running) == before


def test_a_worker_whose_request_hangs_is_replaced(launch: Launch, tmp_path: Path) -> None:
    running = launch(**MIRROR, DEMIJOHN_REQUEST_TIMEOUT="1", WEB_CONCURRENCY="1").start()
    running.wait_until_ready()
    (before,) = workers(running)
    Waiting(running, tmp_path / "gate")
    running.wait_for(lambda: before not in workers(running), "another worker")
    running.wait_until_ready()
    told = rf"worker {before} has not answered for \d+ s, at {APPS / 'mirror.py'}:\d+ in wait_for"
    assert re.search(told, running.log)


def test_only_its_own_user_can_reach_gunicorn(launch: Launch) -> None:
    running = launch(**MIRROR).start().wait_until_ready()
    mode = (running.run_dir / "gunicorn.sock").stat().st_mode
    assert mode & 0o777 == 0o600
    assert running.run_dir.stat().st_mode & 0o777 == 0o700
    listening = _listening(running)
    assert listening == {running.port}


def _listening(stack: Stack) -> set[int]:
    """The TCP ports on which any of its processes listens."""
    sockets = set()
    for pid in left(stack):
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
