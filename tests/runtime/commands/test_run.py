"""One-off commands: they get the settings, the database and the modules of the app."""

import json
import sys
from pathlib import Path

import pytest

from tests.support import secrecy
from tests.support.finished_command import RunDemijohn
from tests.support.front_door import APPS, make_root

# To a file, since no secret may be printed.
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
def test_run_passes_the_environment_of_the_app(
    run_demijohn: RunDemijohn, tmp_path: Path, show: str, command: str
) -> None:
    result = run_demijohn(
        command + show, WEB_CONCURRENCY="1", DATABASE_DRIVER="pg8000", PUBLIC_X="x"
    )
    assert (result.status, result.err) == (0, "")
    environment = json.loads((tmp_path / "environment.json").read_text())
    assert environment["DATABASE_URL"].startswith("postgresql://")
    assert environment["SQLALCHEMY_DATABASE_URI"].startswith("postgresql+pg8000://")
    assert (environment["DEMIJOHN_WEB_THREADS"], environment["DEMIJOHN_DATABASE_POOL_SIZE"]) == (
        "4",
        "4",
    )
    assert not {"WEB_THREADS", "LOG_LEVEL", "RELEASE", "STARTED_AT"} & environment.keys()
    assert environment["DEMIJOHN_APP_DIR"] == str(APPS)
    assert not [name for name in environment if name.startswith("PG")]


def test_run_passes_secrets_from_files(
    run_demijohn: RunDemijohn, show: str, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{secrecy.SECRET_KEY}\n")
    script = "import os; print(len(os.environ['SECRET_KEY']))"
    (tmp_path / "length.py").write_text(script)
    result = run_demijohn(
        f"python {tmp_path}/length.py", SECRET_KEY=None, SECRET_KEY_FILE=str(file)
    )
    assert (result.out, result.err) == (f"{len(secrecy.SECRET_KEY)}\n", "")


def test_run_finds_the_modules_of_the_app(run_demijohn: RunDemijohn, tmp_path: Path) -> None:
    script = tmp_path / "find.py"
    script.write_text("import mirror; print(mirror.__file__)")
    assert run_demijohn(f"python {script}", cwd=make_root(tmp_path)).out == f"{APPS}/mirror.py\n"


def test_run_passes_the_exit_status_through(run_demijohn: RunDemijohn) -> None:
    assert run_demijohn("run sh -c false").status == 1


def test_run_without_a_program_is_a_usage_error(run_demijohn: RunDemijohn) -> None:
    result = run_demijohn("run")
    assert result.status == 64
    assert result.message() == "run takes a program: demijohn run PROGRAM …."


def test_run_of_an_unknown_program_is_a_usage_error(run_demijohn: RunDemijohn) -> None:
    result = run_demijohn("run no-such-program")
    assert result.status == 64
    assert "'no-such-program' is neither a demijohn command nor a program" in result.message()


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (
            {"DATABASE_URL": None, "MIGRATION_COMMAND": "flask db upgrade"},
            "DATABASE_URL is not set",
        ),
        ({"PORT": "eighty", "WEB_THREADS": "0"}, "PORT='eighty' must be"),
    ],
)
def test_run_with_invalid_settings_warns_and_runs(
    run_demijohn: RunDemijohn, wrong: dict[str, str | None], expected: str
) -> None:
    result = run_demijohn("echo hello", **wrong)
    assert (result.status, result.out) == (0, "hello\n")
    line = result.message()
    assert line.startswith(expected) and line.endswith("echo runs without the app's settings.")


def test_demijohn_in_a_shell_reads_the_original_settings(
    run_demijohn: RunDemijohn, tmp_path: Path
) -> None:
    """In `demijohn bash`, a setting can be changed, and a secret's file is not an extra source."""
    file = tmp_path / "secret"
    file.write_text(secrecy.SECRET_KEY)
    script = tmp_path / "inside.sh"
    script.write_text(f"WEB_THREADS=7 exec {sys.executable} -m demijohn doctor\n")
    result = run_demijohn(
        f"run sh {script}", SECRET_KEY=None, SECRET_KEY_FILE=str(file), DEMIJOHN_REGION="ams"
    )
    rows = {line.split()[0]: line for line in result.out.splitlines() if line.strip()}
    assert " 7 " in rows["WEB_THREADS"] and "default" in rows["DRAIN_SECONDS"]
    assert str(file) in rows["SECRET_KEY"]
    assert "WEB_CONCURRENCY" in rows and "environment" not in rows["WEB_CONCURRENCY"]


def test_repeated_entrypoint_is_ignored(run_demijohn: RunDemijohn) -> None:
    assert run_demijohn("demijohn --version").out == run_demijohn("--version").out
    assert run_demijohn("demijohn demijohn echo hi").out == "hi\n"
