"""The embedded Postgres: it requires a password, keeps its data, and ends with its starter."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import postgres as module
from local.postgres import AlreadyRunningError, Postgres, folder_for
from local.postgres_programs import PostgresError
from local.steps import ROOT


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with an awkward name, too long for a Unix socket, accessible to every user."""
    parent = Path(tempfile.mkdtemp(dir="/tmp"))
    parent.chmod(0o755)
    yield parent / f"it's a folder {'with a long name ' * 8}"
    shutil.rmtree(parent)


@pytest.fixture
def server(folder: Path) -> Iterator[Postgres]:
    with Postgres(folder, durable=False) as server:
        yield server


def postmaster(server: Postgres) -> int:
    return int((server.data / "postmaster.pid").read_text().split()[0])


def has_ended(pid: int, seconds: float = 10) -> bool:
    """Whether a process ends within the given number of seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError):
            if ") Z " not in Path(f"/proc/{pid}/stat").read_text():
                time.sleep(0.05)
                continue
        return True
    return False


def test_databases_are_created_once_and_keep_their_rows(server: Postgres) -> None:
    url = server.create_database("it's a base")
    server.execute("CREATE TABLE t AS SELECT 'Ä' AS c", "it's a base")
    server.stop()
    assert not server.running
    server.start()
    assert server.create_database("it's a base") == url
    assert server.execute("SELECT lower(c) FROM t", "it's a base") == "ä"
    server.drop_database("it's a base")
    with pytest.raises(PostgresError, match="does not exist"):
        server.execute("SELECT 1", "it's a base")


def test_wrong_password_is_refused(server: Postgres) -> None:
    (server.directory / "password").write_text("wrong")
    with pytest.raises(PostgresError, match="password authentication failed"):
        server.execute("SELECT 1")


def test_second_server_on_the_same_data_is_refused(server: Postgres) -> None:
    with pytest.raises(AlreadyRunningError, match="in use"):
        Postgres(server.directory).start()
    assert server.execute("SELECT 1") == "1"


def test_postgres_recovers_after_a_kill(server: Postgres) -> None:
    server.execute("CREATE TABLE t (n int)")
    os.kill(postmaster(server), signal.SIGKILL)
    server.stop()
    server.start()
    assert server.execute("SELECT count(*) FROM t") == "0"


def test_stale_pid_file_with_a_foreign_pid_is_ignored(server: Postgres) -> None:
    pidfile = server.data / "postmaster.pid"
    stale = pidfile.read_text().split("\n", 1)[1]
    server.stop()
    pidfile.write_text(f"{os.getpid()}\n{stale}")
    server.start()
    assert server.execute("SELECT 1") == "1"


def test_start_picks_another_port_if_the_first_is_taken(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = [int(taken.getsockname()[1])]
        pick = module._free_port
        monkeypatch.setattr(module, "_free_port", lambda p: ports.pop() if ports else pick(p))
        with Postgres(folder, durable=False) as server:
            assert not ports
            assert server.execute("SELECT 1") == "1"


def test_failed_start_is_a_one_line_error(server: Postgres) -> None:
    server.stop()
    (server.data / "postgresql.auto.conf").write_text("nonsense = 1\n")
    with pytest.raises(PostgresError, match=r"not start: configuration file .* errors") as caught:
        server.start()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_postgres_ends_with_the_process_that_started_it(
    folder: Path, number: signal.Signals
) -> None:
    program = (
        "import sys, time; from pathlib import Path; from local.postgres import Postgres\n"
        "p = Postgres(Path(sys.argv[1]), durable=False); p.start()\n"
        "print((p.data / 'postmaster.pid').read_text().split()[0], flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        starter.send_signal(number)
    assert has_ended(pid)
    with Postgres(folder, durable=False) as restarted:
        assert restarted.execute("SELECT 1") == "1"


def test_orphaned_postgres_is_replaced(server: Postgres) -> None:
    orphan = postmaster(server)
    assert server._lock is not None
    server._lock.close()  # as the end of its process does
    with Postgres(server.directory, durable=False) as restarted:
        assert postmaster(restarted) != orphan
        assert restarted.execute("SELECT 1") == "1"


def test_checkouts_of_the_same_name_have_separate_data(tmp_path: Path) -> None:
    one, other = (folder_for(tmp_path / place / "demijohn") for place in ("a", "b"))
    assert one != other
