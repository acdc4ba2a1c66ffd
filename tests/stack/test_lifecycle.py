"""What happens to requests while processes die, stop and come back."""

import contextlib
import http.client
import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.postgres import Postgres, temporary
from tests.stack.apps.kit import APPS, MIRROR, Answer, ask, dial, left, lingering, read, root
from tests.stack_fixture import PATIENCE_SECONDS, Stack

Launch = Callable[..., Stack]

WORKERS = {"WEB_CONCURRENCY": "2", "WEB_THREADS": "4"}


class Load:
    """Four clients that read without a pause; counts what they get."""

    def __init__(self, stack: Stack, path: str = "/api/show") -> None:
        self._stack = stack
        self._path = path
        self._over = threading.Event()
        self._lock = threading.Lock()
        self.good = 0
        self.bad: list[str] = []

    def __enter__(self) -> "Load":
        self._threads = [threading.Thread(target=self._run) for _ in range(4)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def more(self, count: int = 100) -> None:
        """Wait until so many more reads have been answered."""
        wanted = self.good + len(self.bad) + count
        self._stack.wait_for(lambda: self.good + len(self.bad) >= wanted, "answers")

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                status, _, body = self._stack.get(self._path)
                fault = "" if status == 200 else f"{status}: {body[:200]!r}"
            except (OSError, http.client.HTTPException) as error:
                fault = repr(error)
            with self._lock:
                if fault:
                    self.bad.append(fault)
                else:
                    self.good += 1


class Waiting:
    """A request that the app has taken and answers once it is let through."""

    def __init__(self, stack: Stack, gate: Path) -> None:
        self._gate = gate
        self.reached = gate.with_suffix(".reached")
        self._connection = dial(stack)
        self._connection.sendall(
            f"GET /api/gate?file={gate} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
        )
        stack.wait_for(self.reached.exists, "request at the gate")

    def let_through(self) -> Answer:
        self._gate.touch()
        with self._connection:
            return read(self._connection)


def reason(stack: Stack) -> str:
    """What /readyz says is wrong; empty if it is ready."""
    status, headers, body = stack.get("/readyz")
    told = json.loads(body)
    assert status == (503 if "reason" in told else 200)
    assert headers["cache-control"] == "no-store"
    return str(told.get("reason", ""))


def workers(stack: Stack) -> set[int]:
    return set(stack.children(stack.child("gunicorn")))


def refuses(stack: Stack) -> bool:
    """Whether nothing listens on the port any more."""
    try:
        dial(stack).close()
    except ConnectionRefusedError:
        return True
    return False


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
    assert set(seen) == {502}


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
    folder = root(tmp_path, worker="command=sh -c 'echo \"at work for $REGION\"; exec sleep 600'")
    running = launch(folder, **MIRROR, REGION="ams").start().wait_until_ready()
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


# Stopping


def test_a_drain_serves_while_it_says_that_it_will_not(launch: Launch) -> None:
    running = launch(**MIRROR, DRAIN_SECONDS="3").start().wait_until_ready()
    assert reason(running) == ""
    with Load(running) as load:
        load.more()
        running.signal(signal.SIGTERM)
        running.wait_for(lambda: reason(running) == "draining", "drain")
        assert running.get("/healthz")[0] == 200  # alive: nobody should restart it
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


# The database, while it runs


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    with temporary() as server:
        yield server


def test_a_database_that_goes_makes_it_unready_and_not_unhealthy(
    launch: Launch, own_postgres: Postgres
) -> None:
    running = launch(**MIRROR, DATABASE_URL=own_postgres.url()).start().wait_until_ready()
    for _ in range(2):
        processes = {running.child("gunicorn"), running.child("nginx"), *workers(running)}
        own_postgres.stop()
        running.wait_for(lambda: reason(running) == "database away", "word of it")
        assert running.get("/healthz")[0] == 200
        assert running.get("/")[0] == 200
        own_postgres.start()
        running.wait_until_ready()
        assert processes <= left(running).keys()  # nothing was restarted for it
    assert (
        '"GET /readyz' not in running.log
    )  # whatever they say, health checks would drown the rest


def test_a_database_that_hangs_makes_it_unready_and_holds_up_nobody(
    launch: Launch, own_postgres: Postgres
) -> None:
    running = launch(**MIRROR, DATABASE_URL=own_postgres.url(), WEB_CONCURRENCY="1").start()
    running.wait_until_ready()
    own_postgres.signal(signal.SIGSTOP)  # connections are taken, and never served
    try:
        running.wait_for(lambda: reason(running) == "database away", "word of it")
        with Load(running, "/readyz"):  # as many as there are threads ask whether it is ready
            for _ in range(20):
                assert ask(running).status == 200
    finally:
        own_postgres.signal(signal.SIGCONT)
    running.wait_until_ready()


def test_health_is_told_while_every_thread_is_busy(launch: Launch, tmp_path: Path) -> None:
    running = launch(**MIRROR, WEB_CONCURRENCY="1", WEB_THREADS="2").start().wait_until_ready()
    busy = [Waiting(running, tmp_path / f"gate{number}") for number in range(2)]
    for _ in range(20):
        assert running.get("/healthz")[0] == 200
        assert running.get("/readyz")[0] == 200
    assert running.request("HEAD", "/healthz")[2] == b""
    for request in busy:
        assert request.let_through().status == 200


def test_health_is_asked_of_a_worker_where_its_own_socket_is_gone(launch: Launch) -> None:
    running = launch(**MIRROR).start().wait_until_ready()
    (running.run_dir / "health.sock").unlink()
    assert running.get("/healthz")[0] == 200
    assert reason(running) == ""


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
    running = launch(**MIRROR, REQUEST_TIMEOUT="3", WEB_CONCURRENCY="1").start()
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
    running = launch(**MIRROR, REQUEST_TIMEOUT="1", WEB_CONCURRENCY="1").start()
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
