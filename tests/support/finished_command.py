"""Commands that end by themselves, and how they ended. A plugin with the fixture `boot`."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local import tools
from tests.support import secrecy
from tests.support.front_door import MIRROR, build
from tests.support.stack import PATIENCE_SECONDS, ROOT

PASSWORD = "p4ssw0rd-that-nobody-may-read"


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str

    def lines(self) -> list[str]:
        """The lines on stderr, each of which must be ours."""
        assert "Traceback" not in self.out + self.err, self
        lines = self.err.splitlines()
        assert all(line.startswith("demijohn: ") for line in lines), self
        return [line.removeprefix("demijohn: ") for line in lines]

    def line(self) -> str:
        """The one line on stderr."""
        lines = self.lines()
        assert len(lines) == 1, self
        return lines[0]


Boot = Callable[..., Ended]


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
