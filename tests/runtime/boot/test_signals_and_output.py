"""How a command ends when it is stopped at any point, and when its output cannot be written."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sqlite_import.helpers import (
    PROGRAM,
    SIGNAL_DURING_MODULE_IMPORT,
    create_sqlite,
    dump_state,
    environment,
    import_command,
    run_import,
    run_import_ok,
)

ROWS = [(n, f"name {n}") for n in range(5_000)]
DONE = 70, "demijohn: stopped by {} before it was done. Nothing was changed.\n"
NUMBERS = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])

LOST_BY_A_LIBRARY = """
import os, sys
from demijohn.cli import main
from demijohn.common.exit_codes import Interrupted
from demijohn.sqlite_import import command
from demijohn.sqlite_import.report import progress_bar
def deaf():
    try:
        os.kill(os.getpid(), {number})
    except Interrupted:
        pass
    return progress_bar.PlainDisplay()
command.make_display = deaf
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return create_sqlite(
        tmp_path / "app.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)", t=ROWS
    )


def run(
    url: str, *words: str, out: int | None = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        env=environment(url),
        stdout=out,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )


@NUMBERS
@pytest.mark.parametrize(
    "code", [SIGNAL_DURING_MODULE_IMPORT, LOST_BY_A_LIBRARY], ids=["importing", "lost"]
)
def test_signal_ends_the_import_even_if_its_exception_is_lost(
    database: str, path: Path, number: signal.Signals, code: str
) -> None:
    before = dump_state(database)
    program = ("-c", code.format(number=int(number)))
    done = run(database, *import_command(path, program=program)[1:])
    assert (done.returncode, done.stderr) == (DONE[0], DONE[1].format(number.name))
    assert dump_state(database) == before


@NUMBERS
@pytest.mark.parametrize("word", ["doctor", "release"])
def test_signal_during_module_import_ends_the_command(
    database: str, number: signal.Signals, word: str
) -> None:
    done = run(database, "-c", SIGNAL_DURING_MODULE_IMPORT.format(number=int(number)), word)
    stderr = f"demijohn: stopped by {number.name} before it was done\n"
    assert (done.returncode, done.stdout, done.stderr) == (70, "", stderr)


@NUMBERS
def test_smoke_does_not_report_a_signal_as_a_failed_check(number: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        process = subprocess.Popen(
            [sys.executable, *PROGRAM, "smoke", url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        first, _ = server.accept()  # the first request checks whether a site answers at all
        with first:
            first.recv(65536)
            first.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        second, _ = server.accept()
        with second:
            process.send_signal(number)
            _, stderr = process.communicate(timeout=30)
    assert process.returncode == 70
    assert stderr == f"demijohn: stopped by {number.name} before it was done\n"


def read_one_line_and_close(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Read one line and close the pipe, as `| head -1` does; return exit status and stderr."""
    assert process.stdout
    assert process.stderr
    assert process.stdout.readline()
    process.stdout.close()
    return process.wait(60), process.stderr.read()


def start(url: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *words],
        env=environment(url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_import_with_a_closed_stdout_pipe_succeeds(database: str, path: Path) -> None:
    assert read_one_line_and_close(start(database, *import_command(path)[1:])) == (0, "")
    run_import_ok(database, path, "--verify-only")


def test_doctor_with_a_closed_stdout_pipe_keeps_its_exit_status(database: str) -> None:
    found = run(database, *PROGRAM, "doctor").returncode
    assert found in (0, 1)
    assert read_one_line_and_close(start(database, *PROGRAM, "doctor")) == (found, "")


MISSING = "demijohn: standard output is incomplete: No space left on device."


def test_import_with_stdout_on_a_full_disk_succeeds_and_exits_73(database: str, path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = run(database, *import_command(path)[1:], out=full.fileno())
    assert done.returncode == 73
    assert done.stderr == f"{MISSING} The command itself succeeded.\n"
    run_import_ok(database, path, "--verify-only")


@pytest.mark.parametrize("word", ["--help", "--version", "nothing", "doctor"])
def test_full_disk_does_not_hide_another_failure(database: str, word: str) -> None:
    alone = run(database, *PROGRAM, word)
    with Path("/dev/full").open("w") as full:
        done = run(database, *PROGRAM, word, out=full.fileno())
    assert done.returncode == (alone.returncode or 73)
    stderr = done.stderr.splitlines()
    assert all(line.startswith("demijohn: ") for line in stderr)
    assert stderr[: len(alone.stderr.splitlines())] == alone.stderr.splitlines()
    assert (word == "nothing") != any(line.startswith(MISSING) for line in stderr)


def test_closed_descriptors_are_not_reused_for_the_database(database: str, path: Path) -> None:
    before = path.read_bytes()
    shell = '"$@" <&- >&- 2>&-'
    for words in ([], ["--replace", "--exclude", "none"]):
        done = subprocess.run(
            ["sh", "-c", shell, "sh", *import_command(path, *words)],
            env=environment(database),
            timeout=60,
        )
        assert done.returncode == (64 if words else 0)
    run_import_ok(database, path, "--verify-only")
    assert path.read_bytes() == before


def test_characters_missing_in_the_output_encoding_are_replaced(database: str, path: Path) -> None:
    done = run_import(database, path, PYTHONIOENCODING="latin-1")
    assert done.status == 0
    assert "? " in done.out
