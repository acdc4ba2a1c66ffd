"""A real PgBouncer between a test and its Postgres.

In transaction mode it lends a server connection for one transaction, and then to another client. It
does not run `server_reset_query` (https://www.pgbouncer.org/config.html#server_reset_query), so
that the next client finds all session state. Here each transaction gets the connection that has
been idle longest, so that no client gets the same one twice in a row by chance.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local import child_process
from local.postgres import Postgres
from local.postgres_programs import chown_to_server, server_account

TIMEOUT_SECONDS = 30.0
PLACES = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))

POOL_SIZE = 3
DEFAULTS = {
    "pool_mode": "transaction",
    "default_pool_size": str(POOL_SIZE),
    "min_pool_size": str(POOL_SIZE),
    "server_round_robin": "1",
}

Bouncer = Callable[..., "PgBouncer"]


class PgBouncer:
    """A PgBouncer in front of `postgres`; `settings` override DEFAULTS. It keeps its port."""

    def __init__(self, directory: Path, postgres: Postgres, **settings: str) -> None:
        self.port = _free_port()
        self.log = directory / "log"
        self._conf = directory / "pgbouncer.ini"
        self._databases = f"* = host=127.0.0.1 port={postgres.port}"
        self._process: subprocess.Popen[bytes] | None = None
        users = directory / "users"
        users.touch(mode=0o600)
        users.write_text(f'"postgres" "{postgres.password}"\n')
        chown_to_server(users)
        directory.chmod(0o711 if server_account() else 0o700)
        self._settings = (
            DEFAULTS
            | settings
            | {
                "listen_addr": "127.0.0.1",
                "listen_port": str(self.port),
                "unix_socket_dir": "",
                "auth_type": "scram-sha-256",
                "auth_file": str(users),
            }
        )

    def url(self, direct: str) -> str:
        """The URL of the same database through this PgBouncer."""
        return direct.replace(f":{urlsplit(direct).port}/", f":{self.port}/")

    def start(self, **settings: str) -> "PgBouncer":
        """Start it and wait until it accepts connections; `settings` hold until it stops."""
        lines = [f"{name} = {value}" for name, value in (self._settings | settings).items()]
        self._conf.write_text("\n".join(["[databases]", self._databases, "[pgbouncer]", *lines]))
        with self.log.open("ab") as log:
            process = child_process.start(
                [_program(), str(self._conf)],
                stdout=log,
                stderr=log,
                cwd=self._conf.parent,
                **server_account(),
            )
        self._process = process
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while True:
            with suppress(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            assert process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it at once, with all its connections; `start` starts it again."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(number)
            process.wait(TIMEOUT_SECONDS)
            child_process.stop(process, 0)


@pytest.fixture(scope="session")
def pgbouncer(postgres: Postgres) -> Iterator[PgBouncer]:
    """A PgBouncer in front of this test process's Postgres; shared, so do not change it."""
    with _running(postgres) as made:
        yield made


@pytest.fixture
def bouncer() -> Iterator[Bouncer]:
    """A function that starts a PgBouncer in front of a Postgres, with the given settings."""
    with ExitStack() as cleaning:
        yield lambda postgres, **settings: cleaning.enter_context(_running(postgres, **settings))


@contextmanager
def _running(postgres: Postgres, **settings: str) -> Iterator[PgBouncer]:
    # PgBouncer runs as another user than root, who cannot read a TMPDIR below /root.
    parent = "/tmp" if os.geteuid() == 0 else None
    directory = Path(tempfile.mkdtemp(prefix="demijohn-pgbouncer-", dir=parent))
    try:
        made = PgBouncer(directory, postgres, **settings)
        try:
            yield made.start()
        finally:
            made.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _program() -> str:
    """The path of pgbouncer; if it is missing, the test is skipped."""
    return shutil.which("pgbouncer", path=PLACES) or pytest.skip(
        "no pgbouncer on this machine: apt install pgbouncer"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
