"""One-off commands: they find the settings, the database and the app as the app does."""

import json
import sys
from pathlib import Path

import pytest

from tests.support import secrecy
from tests.support.finished_command import Boot
from tests.support.front_door import APPS, root

# Into a file, since no secret may be printed.
SHOW = """
import json, os, sys
with open(sys.argv[1], "w") as file:
    json.dump(dict(os.environ), file)
"""


@pytest.fixture
def show(tmp_path: Path) -> str:
    """A program that writes its environment to `environment.json`."""
    path = tmp_path / "show.py"
    path.write_text(SHOW)
    return f"python {path} {tmp_path}/environment.json"


@pytest.mark.parametrize("command", ["run ", ""])
def test_command_gets_the_environment_of_the_app(
    boot: Boot, tmp_path: Path, show: str, command: str
) -> None:
    ended = boot(command + show, WEB_CONCURRENCY="1", DATABASE_DRIVER="pg8000", PUBLIC_X="x")
    assert (ended.status, ended.err) == (0, "")
    known = json.loads((tmp_path / "environment.json").read_text())
    assert known["DATABASE_URL"].startswith("postgresql://")
    assert known["SQLALCHEMY_DATABASE_URI"].startswith("postgresql+pg8000://")
    assert (known["DEMIJOHN_WEB_THREADS"], known["DEMIJOHN_DATABASE_POOL_SIZE"]) == ("4", "4")
    assert not {"WEB_THREADS", "LOG_LEVEL", "RELEASE", "STARTED_AT"} & known.keys()
    assert known["DEMIJOHN_APP_DIR"] == str(APPS)
    assert not [name for name in known if name.startswith("PG")]


def test_command_gets_secrets_from_files(boot: Boot, show: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{secrecy.SECRET_KEY}\n")
    script = "import os; print(len(os.environ['SECRET_KEY']))"
    (tmp_path / "length.py").write_text(script)
    ended = boot(f"python {tmp_path}/length.py", SECRET_KEY=None, SECRET_KEY_FILE=str(file))
    assert (ended.out, ended.err) == (f"{len(secrecy.SECRET_KEY)}\n", "")


def test_command_finds_the_modules_of_the_app(boot: Boot, tmp_path: Path) -> None:
    script = tmp_path / "find.py"
    script.write_text("import mirror; print(mirror.__file__)")
    assert boot(f"python {script}", cwd=root(tmp_path)).out == f"{APPS}/mirror.py\n"


def test_exit_status_of_a_command_passes_through(boot: Boot) -> None:
    assert boot("run sh -c false").status == 1


def test_run_without_a_program_is_a_usage_error(boot: Boot) -> None:
    ended = boot("run")
    assert ended.status == 64
    assert ended.line() == "run takes a program: demijohn run PROGRAM …."


def test_run_of_an_unknown_program_is_a_usage_error(boot: Boot) -> None:
    ended = boot("run no-such-program")
    assert ended.status == 64
    assert "'no-such-program' is neither a command of demijohn nor a program" in ended.line()


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"DATABASE_URL": None}, "DATABASE_URL is not set"),
        ({"PORT": "eighty", "WEB_THREADS": "0"}, "PORT='eighty' must be"),
    ],
)
def test_shell_opens_although_settings_are_wrong(
    boot: Boot, wrong: dict[str, str | None], what: str
) -> None:
    ended = boot("echo hello", **wrong)
    assert (ended.status, ended.out) == (0, "hello\n")
    line = ended.line()
    assert line.startswith(what) and line.endswith("echo runs without the app's settings.")


def test_demijohn_in_a_shell_reads_what_was_given(boot: Boot, tmp_path: Path) -> None:
    """In `demijohn bash`, a setting can be changed, and a secret's file is not a second source."""
    file = tmp_path / "secret"
    file.write_text(secrecy.SECRET_KEY)
    script = tmp_path / "inside.sh"
    script.write_text(f"WEB_THREADS=7 exec {sys.executable} -m demijohn doctor\n")
    ended = boot(
        f"run sh {script}", SECRET_KEY=None, SECRET_KEY_FILE=str(file), DEMIJOHN_REGION="ams"
    )
    rows = {line.split()[0]: line for line in ended.out.splitlines() if line.strip()}
    assert " 7 " in rows["WEB_THREADS"] and "default" in rows["DRAIN_SECONDS"]
    assert str(file) in rows["SECRET_KEY"]
    assert "WEB_CONCURRENCY" in rows and "environment" not in rows["WEB_CONCURRENCY"]


def test_host_that_repeats_the_entrypoint_is_understood(boot: Boot) -> None:
    assert boot("demijohn --version").out == boot("--version").out
    assert boot("demijohn demijohn echo hi").out == "hi\n"
