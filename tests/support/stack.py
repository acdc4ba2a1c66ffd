"""The real stack without Docker: Nginx, Gunicorn and supervisord as `demijohn serve` runs them.

`launch` makes stacks with the settings and the app that a test passes, and `release` runs
`demijohn release` in the same way.
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
from local.steps import ROOT
from tests.support import secrecy

# Drivers and routes to the database: values of a fixture's `params`.
CONNECTIONS = (
    "psycopg2",
    pytest.param("pg8000", marks=pytest.mark.slow),
    pytest.param("psycopg2 through PgBouncer", marks=[pytest.mark.slow, pytest.mark.pgbouncer]),
    pytest.param("pg8000 through PgBouncer", marks=pytest.mark.pgbouncer),
)
TIMEOUT_SECONDS = 60.0  # how long a test waits for something that should take a moment

Release = Callable[..., "subprocess.Popen[str]"]


class Stack:
    """One `demijohn serve`, with its `url`, `run_dir` and `log`."""

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
        """Everything that it has printed, stdout and stderr together."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def pid(self) -> int:
        """The process that would be PID 1 in a container."""
        assert self._process is not None
        return self._process.pid

    def start(self, *command: str) -> "Stack":
        """Start it, by default with the command `serve`; do not wait."""
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
        """Wait until all its workers are ready for requests and reach the database.

        Fails at once, with the log, if the process ends.
        """
        for path in ("/readyz", "/healthz/database"):
            self.wait_for(lambda path=path: self.get(path)[0] == 200, f"200 at {path}")  # type: ignore[misc]
        self.wait_for(self._has_all_workers, "all workers")
        return self

    def _has_all_workers(self) -> bool:
        (count,) = re.findall(r"ready: 1 of (\d+) workers", self.log)[-1:] or ["1"]
        return count == "1" or f"{count} of {count} workers serve requests" in self.log

    def wait_for(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until `holds()` is true; OSError in it counts as false."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            if self._process is not None and self._process.poll() is not None:
                raise AssertionError(f"ended with {self._process.returncode}:\n{self.log}")
            with contextlib.suppress(OSError, http.client.HTTPException):
                if holds():
                    return
            time.sleep(0.05)
        raise AssertionError(f"no {what} within {TIMEOUT_SECONDS:.0f} s:\n{self.log}")

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Send a GET, and return what `request` returns; names of `headers` have _ for -."""
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
        """Send a request on a new connection; return status, headers in lower case and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            content = response.read()
        secrecy.assert_no_secret(self._secrets, f"{names}\n{content.decode('latin-1')}")
        return response.status, names, content

    def wait(self) -> int:
        """Wait until it ends; return the exit status."""
        assert self._process is not None
        return self._process.wait(TIMEOUT_SECONDS)

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def handles_signal(self, number: int) -> bool:
        """Whether it has installed a handler for the signal: it takes a moment after the start."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        (caught,) = re.findall(r"^SigCgt:\s*([0-9a-f]+)$", status, re.MULTILINE)
        return bool(int(caught, 16) >> (number - 1) & 1)

    def children(self, parent: int | None = None) -> dict[int, str]:
        """The direct children of a process (by default the main one): pid and command line."""
        return {pid: line for pid, ppid, line in _processes() if ppid == (parent or self.pid)}

    def child(self, word: str) -> int:
        """The pid of the program whose command line contains `word`, without adopted orphans."""
        (pid,) = [
            pid for pid, line in self.children().items() if word in line and _leads_a_group(pid)
        ]
        return pid

    @contextlib.contextmanager
    def paused_gunicorn(self) -> Iterator[list[int]]:
        """Pause Gunicorn and its workers; yield their pids, the master's first.

        The master stops first: a worker that it forks then would be missed.
        """
        master = psutil.Process(self.child("gunicorn"))
        paused = [master]
        master.suspend()
        try:
            self.wait_for(lambda: master.status() == psutil.STATUS_STOPPED, "pause of Gunicorn")
            for worker in master.children():
                worker.suspend()
                paused.append(worker)
            yield [process.pid for process in paused]
        finally:
            for process in paused:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.resume()

    def processes_in_run_dir(self) -> dict[int, str]:
        """The processes that use this run directory: pid and command line."""
        return {
            pid: line
            for pid, _, line in _processes()
            if str(self.run_dir) in _cwd_and_environment(pid) + line
        }

    def stop(self) -> dict[int, str]:
        """End it in any state; return the processes that remained and were killed.

        Nothing that it has printed since its first start may contain a secret.
        """
        if self._process is None:
            return {}
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        deadline = time.monotonic() + 5  # a killed process group takes a moment to end
        while (left := self.processes_in_run_dir()) and time.monotonic() < deadline:
            time.sleep(0.05)
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self._log.is_file():
            secrecy.assert_no_secret(self._secrets, self.log)
        return left


@pytest.fixture
def launch(database: str, static_dir: Path) -> Iterator[Callable[..., Stack]]:
    """A function that makes a Stack of the app root `root` without starting it."""
    stacks: list[Stack] = []
    with contextlib.ExitStack() as cleaning:

        def make(root: Path = ROOT, **settings: str) -> Stack:
            folder = cleaning.enter_context(short_folder())
            defaults = {
                "DATABASE_URL": database,
                "DEMIJOHN_STATIC_DIR": str(static_dir),
                "DRAIN_SECONDS": "0",
            }
            stacks.append(Stack(root, free_port(), folder, defaults | settings))
            return stacks[-1]

        yield make
        for running in stacks:
            running.stop()


@pytest.fixture
def release(database: str, tmp_path: Path) -> Iterator[Release]:
    """A function that starts `demijohn release` with the test's database."""
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
        with contextlib.suppress(ProcessLookupError):  # with its children
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for_exit(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """Wait until the process ends; return exit status, stdout and stderr."""
    out, err = process.communicate(timeout=2 * TIMEOUT_SECONDS)
    return process.returncode, out, err


@contextlib.contextmanager
def short_folder() -> Iterator[Path]:
    """A folder with a short path: that of a Unix socket may have 107 bytes."""
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
    """The pid, parent pid and command line of every process that is not a zombie."""
    for process in psutil.process_iter(["pid", "ppid", "status", "cmdline"]):
        found = process.info
        if found["status"] != psutil.STATUS_ZOMBIE:
            yield found["pid"], found["ppid"], " ".join(found["cmdline"] or [])


def _leads_a_group(pid: int) -> bool:
    """Whether it leads a process group, as every program of supervisord does; its forks do not."""
    with contextlib.suppress(ProcessLookupError):
        return os.getpgid(pid) == pid
    return False


def _cwd_and_environment(pid: int) -> str:
    """A process's working directory and environment; Nginx overwrites its environment."""
    try:
        process = psutil.Process(pid)
        return " ".join([process.cwd(), *process.environ().values()])
    except (psutil.Error, OSError):
        return ""
