"""The real thing without Docker: Nginx, Gunicorn and supervisord as `demijohn serve` runs them.

`stack` is Tally on each driver and each way to Postgres, shared by the tests of one process;
`launch` starts as many as a test wants, with the settings and the app that it wants, and `release`
does the same for `demijohn release`.
"""

import contextlib
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from local import tools
from local.postgres import Postgres
from local.steps import ROOT
from tests.support import secrecy

REVISIONS = list((ROOT / "backend" / "migrations" / "versions").glob("*.py"))
PATIENCE_SECONDS = 60.0  # how long a test waits for what should take a moment

Release = Callable[..., "subprocess.Popen[str]"]


class Stack:
    """One `demijohn serve`: `url` is where it listens, `run_dir` and `log` are its own."""

    def __init__(self, root: Path, port: int, folder: Path, settings: dict[str, str]) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.run_dir = folder / "run"
        self._root = root
        self._log = folder / "log"
        self._settings = {"SECRET_KEY": secrecy.SECRET_KEY} | settings
        self._secrets = secrecy.secrets_of(self._settings)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """All that it printed, stdout and stderr together."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def pid(self) -> int:
        """The process that would be PID 1 in a container."""
        assert self._process is not None
        return self._process.pid

    def start(self, *command: str) -> "Stack":
        """Start it, or another command than `serve`; does not wait."""
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PG", "DATABASE_", "PUBLIC_"))
        }
        environment |= {
            "PORT": str(self.port),
            "DEMIJOHN_RUN_DIR": str(self.run_dir),
            "NGINX_PROGRAM": str(tools.nginx()),
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
            "DEMIJOHN_DOTENV": "",
        }
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "demijohn", *(command or ["serve"])],
                cwd=self._root,
                env=environment | self._settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return self

    def wait_until_ready(self) -> "Stack":
        """Wait until it may get requests and its workers reach the database; fails at once, with
        the log, if the process ends instead.
        """
        for path in ("/readyz", "/healthz/database"):
            self.wait_for(lambda path=path: self.get(path)[0] == 200, f"200 at {path}")  # type: ignore[misc]
        return self

    def wait_for(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until `holds()`, which may raise OSError for as long as it does not."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if self._process is not None and self._process.poll() is not None:
                raise AssertionError(f"ended with {self._process.returncode}:\n{self.log}")
            with contextlib.suppress(OSError, http.client.HTTPException):
                if holds():
                    return
            time.sleep(0.05)
        raise AssertionError(f"no {what} within {PATIENCE_SECONDS:.0f} s:\n{self.log}")

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers in lower case, and body of a GET; names of `headers` with _ for -."""
        return self.request(
            "GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers in lower case, and body of one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            content = response.read()
        secrecy.assert_kept(self._secrets, f"{names}\n{content.decode('latin-1')}")
        return response.status, names, content

    def wait(self) -> int:
        """The exit status, once it ends."""
        assert self._process is not None
        return self._process.wait(PATIENCE_SECONDS)

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def hears(self, number: int) -> bool:
        """Whether it has a handler for the signal: an interpreter that just starts has none."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        (caught,) = re.findall(r"^SigCgt:\s*([0-9a-f]+)$", status, re.MULTILINE)
        return bool(int(caught, 16) >> (number - 1) & 1)

    def children(self, parent: int | None = None) -> dict[int, str]:
        """The direct children of a process (default: the main one): pid and command line."""
        return {pid: line for pid, ppid, line in _processes() if ppid == (parent or self.pid)}

    def child(self, word: str) -> int:
        """The pid of the program whose command line has `word`; adopted orphans are none."""
        (pid,) = [
            pid for pid, line in self.children().items() if word in line and _leads_a_group(pid)
        ]
        return pid

    def leftovers(self) -> dict[int, str]:
        """Processes that still work in this run directory."""
        return {
            pid: line
            for pid, _, line in _processes()
            if str(self.run_dir) in _belongings(pid) + line
        }

    def stop(self) -> dict[int, str]:
        """End it, whatever its state; the processes that were left of it, and had to be killed.

        Nothing that it has printed in all its lives may show a secret.
        """
        if self._process is None:
            return {}
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        deadline = time.monotonic() + 5  # what is killed with its group takes a moment to go
        while (left := self.leftovers()) and time.monotonic() < deadline:
            time.sleep(0.05)
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self._log.is_file():
            secrecy.assert_kept(self._secrets, self.log)
        return left


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder of the built frontend."""
    folder = ROOT / "frontend" / "dist"
    assert (folder / "index.html").exists(), "the frontend is not built: run `make test`"
    return folder


@pytest.fixture(
    scope="session",
    params=[
        "psycopg2",
        "pg8000",
        pytest.param("psycopg2 through PgBouncer", marks=pytest.mark.pgbouncer),
        pytest.param("pg8000 through PgBouncer", marks=pytest.mark.pgbouncer),
    ],
)
def stack(request: pytest.FixtureRequest, postgres: Postgres, built: Path) -> Iterator[Stack]:
    """Tally, migrated and ready, on a database of its own; shared, so change nothing for others."""
    driver, _, way = request.param.partition(" through ")
    url = postgres.create_database("stack_" + request.param.replace(" ", "_"))
    if way:
        url = request.getfixturevalue("pgbouncer").url(url)
    with _folder() as folder:
        settings = {
            "DATABASE_URL": url,
            "DATABASE_DRIVER": driver,
            "DEMIJOHN_STATIC_DIR": str(built),
            "PUBLIC_GREETING": "hello",
            "DRAIN_SECONDS": "0",
        }
        running = Stack(ROOT, free_port(), folder, settings)
        try:
            yield running.start().wait_until_ready()
        finally:
            left = running.stop()
        assert not left


@pytest.fixture
def launch(database: str, built: Path) -> Iterator[Callable[..., Stack]]:
    """A function that makes a Stack, not yet started: Tally, or whatever lies in `root`."""
    stacks: list[Stack] = []
    with contextlib.ExitStack() as cleaning:

        def make(root: Path = ROOT, **settings: str) -> Stack:
            folder = cleaning.enter_context(_folder())
            defaults = {
                "DATABASE_URL": database,
                "DEMIJOHN_STATIC_DIR": str(built),
                "DRAIN_SECONDS": "0",
            }
            stacks.append(Stack(root, free_port(), folder, defaults | settings))
            return stacks[-1]

        yield make
        for running in stacks:
            running.stop()


@pytest.fixture
def release(database: str, tmp_path: Path) -> Iterator[Release]:
    """A function that starts `demijohn release` of Tally, on the test's own database."""
    started: list[subprocess.Popen[str]] = []

    def start(root: Path = ROOT, **settings: str) -> "subprocess.Popen[str]":
        environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.defpath}",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "DATABASE_URL": database,
            "DEMIJOHN_RUN_DIR": str(tmp_path / "run"),
            "NGINX_PROGRAM": str(tools.nginx()),
            "DEMIJOHN_DOTENV": "",
        }
        command = [sys.executable, "-m", "demijohn", "release"]
        process = subprocess.Popen(
            command,
            cwd=root,
            env=environment | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):  # and what it has started
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """Exit status, stdout and stderr, once it has ended."""
    out, err = process.communicate(timeout=2 * PATIENCE_SECONDS)
    return process.returncode, out, err


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder with a short path: a Unix socket's may have 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="demijohn-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _processes() -> Iterator[tuple[int, int, str]]:
    """Pid, parent's pid and command line of every process that is not a zombie."""
    for process in psutil.process_iter(["pid", "ppid", "status", "cmdline"]):
        found = process.info
        if found["status"] != psutil.STATUS_ZOMBIE:
            yield found["pid"], found["ppid"], " ".join(found["cmdline"] or [])


def _leads_a_group(pid: int) -> bool:
    """supervisord has every program lead a process group; what it forks is a member."""
    with contextlib.suppress(ProcessLookupError):
        return os.getpgid(pid) == pid
    return False


def _belongings(pid: int) -> str:
    """Where a process works and what it was told; Nginx writes its title over its environment."""
    try:
        process = psutil.Process(pid)
        return " ".join([process.cwd(), *process.environ().values()])
    except (psutil.Error, OSError):
        return ""
