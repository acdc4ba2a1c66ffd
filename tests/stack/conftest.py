"""What the tests of the stack share: front doors with the mirror behind them, and a boot."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local import tools
from local.postgres import Postgres
from tests import secrecy
from tests.stack.apps.kit import MIRROR, build, door
from tests.stack.booting import Boot, Ended
from tests.stack_fixture import PATIENCE_SECONDS, ROOT, Stack


@pytest.fixture(scope="session")
def mirror(postgres: Postgres) -> Iterator[Stack]:
    """As it stands on any host: no hop in front of it is trusted."""
    with door(postgres, PUBLIC_NAME="Tally </script> für alle", SECRET_NAME="secret") as running:
        yield running


@pytest.fixture(scope="session")
def edge(postgres: Postgres) -> Iterator[Stack]:
    """Behind an edge at 127.0.0.1, which names the client in X-Forwarded-For; ::1 is no edge."""
    with door(postgres, TRUSTED_PROXIES="127.0.0.1,10.0.0.0/8") as running:
        yield running


@pytest.fixture(scope="session")
def impatient(postgres: Postgres) -> Iterator[Stack]:
    """Everything at its limit: small bodies, little time; and a second API."""
    with door(
        postgres,
        DEMIJOHN_MAX_BODY_SIZE="1k",
        DEMIJOHN_REQUEST_TIMEOUT="1",
        API_PATHS="/api,/rpc/v1",
    ) as running:
        yield running


@pytest.fixture
def boot(database: str, tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Boot]:
    """A function that runs `demijohn serve` where it is to end by itself; None unsets a setting."""
    static = tmp_path / "site"
    build(static)

    def run(command: str = "serve", /, cwd: Path = ROOT, **settings: str | None) -> Ended:
        environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.defpath}",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "HOME": str(tmp_path),
            "DATABASE_URL": database,
            "DEMIJOHN_STATIC_DIR": str(static),
            "DEMIJOHN_RUN_DIR": str(tmp_path / "run"),
            "PORT": str(free_port()),
            "DATABASE_WAIT": "0",
            "NGINX_PROGRAM": str(tools.nginx()),
            "DEMIJOHN_DOTENV": "",
            "SECRET_KEY": secrecy.SECRET_KEY,
            **MIRROR,
            **settings,
        }
        present = {name: value for name, value in environment.items() if value is not None}
        done = subprocess.run(
            [sys.executable, "-m", "demijohn", *command.split()],
            cwd=cwd,
            env=present,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        secrecy.assert_kept(secrecy.secrets_of(present), done.stdout + done.stderr)
        return Ended(done.returncode, done.stdout, done.stderr)

    yield run
    assert not [line for line in _commands() if str(tmp_path) in line], "something is left running"


def _commands() -> list[str]:
    return subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True).stdout.split("\n")
