"""Commands that end by themselves, and their results: a plugin with the fixture `run_demijohn`."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local import tools
from tests.support import secrecy
from tests.support.front_door import MIRROR, write_frontend
from tests.support.stack import ROOT, TIMEOUT_SECONDS

PASSWORD = "p4ssw0rd-that-must-not-show"


@dataclass(frozen=True)
class CommandResult:
    """A command's exit status and what it printed."""

    status: int
    out: str
    err: str

    def messages(self) -> list[str]:
        """The messages on stderr; every line must be one of demijohn's."""
        assert "Traceback" not in self.out + self.err, self
        lines = self.err.splitlines()
        assert all(line.startswith("demijohn: ") for line in lines), self
        return [line.removeprefix("demijohn: ") for line in lines]

    def message(self) -> str:
        """The only message on stderr."""
        lines = self.messages()
        assert len(lines) == 1, self
        return lines[0]


RunDemijohn = Callable[..., CommandResult]


@pytest.fixture
def run_demijohn(
    database: str, tmp_path: Path, free_port: Callable[[], int]
) -> Iterator[RunDemijohn]:
    """A function that runs a command, by default `serve`, to its end; None unsets a setting."""
    static = tmp_path / "site"
    write_frontend(static)

    def run(command: str = "serve", /, cwd: Path = ROOT, **settings: str | None) -> CommandResult:
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
            timeout=TIMEOUT_SECONDS,
        )
        secrecy.assert_no_secret(secrecy.secrets_of(present), done.stdout + done.stderr)
        return CommandResult(done.returncode, done.stdout, done.stderr)

    yield run
    assert not [line for line in _commands() if str(tmp_path) in line], "a process still runs"


def _commands() -> list[str]:
    return subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True).stdout.split("\n")
