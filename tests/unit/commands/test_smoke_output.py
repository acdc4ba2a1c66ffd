"""What people see of `demijohn smoke`."""

import os
import subprocess
import sys

import pytest
from demijohn.commands import smoke

from local.steps import ROOT
from tests.unit.commands.deployments import Answer, Request, deployment
from tests.unit.commands.smoke_faults import database_away

FILE = ROOT / "image" / "demijohn" / "commands" / "smoke.py"


def test_each_check_is_one_line_and_the_last_line_counts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with deployment() as url:
        assert smoke.main([url]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == url
    checks = [line for line in lines if line.startswith("  ")]
    assert sum(line.startswith("  ✓ ") for line in checks) == len(checks) - 1
    assert all(line.endswith(" ms") for line in checks)
    assert "\033" not in "".join(lines), "colour belongs on a terminal"
    assert f"{len(checks) - 1} of {len(checks) - 1} checks passed in " in lines[-1]
    assert lines[-1].endswith(" s, 1 skipped")


def test_a_failure_says_expected_seen_and_remedy_in_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with deployment(database_away) as url:
        assert smoke.main([url]) == 1
    out = capsys.readouterr().out
    assert "✗ The database answers" in out
    detail = next(line for line in out.splitlines() if "expected" in line)
    assert "expected 200 and JSON at /healthz/database, saw 503" in detail
    assert "database away" in detail
    assert "→ " in detail


def test_a_server_cannot_write_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    def hostile(request: Request, answer: Answer) -> None:
        if request.path == "/readyz":
            answer.status, answer.body = 503, b'{"a": "\\u001b"} \x1b[2J\n' * 5000
            answer.kind = "text/\x1b[31mplain"

    with deployment(hostile) as url:
        assert smoke.main([url]) == 1
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) < 400


def alone(*words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the one file as a program, without any package around it."""
    return subprocess.run(
        [sys.executable, "-I", str(FILE), *words]
        if not environment
        else [sys.executable, str(FILE), *words],
        env=os.environ | environment,
        capture_output=True,
        timeout=60,
    )


def test_the_file_runs_alone() -> None:
    with deployment() as url:
        good = alone(url)
    assert (good.returncode, good.stderr) == (0, b"")
    assert b"checks passed" in good.stdout


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "cp437", "utf-8"])
def test_odd_terminals_do_not_crash_it(encoding: str) -> None:
    with deployment(database_away) as url:
        done = alone(url, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"The database answers" in done.stdout


def test_colour_on_a_terminal_unless_it_is_not_wanted() -> None:
    pty = pytest.importorskip("pty", reason="no pseudo-terminals here")

    def on_terminal(url: str, **environment: str) -> bytes:
        ours, theirs = pty.openpty()
        known = {name: x for name, x in os.environ.items() if name != "NO_COLOR"}
        child = subprocess.Popen(
            [sys.executable, str(FILE), url],
            env=known | {"TERM": "xterm"} | environment,
            stdout=theirs,
        )
        os.close(theirs)
        out = b""
        try:
            while chunk := os.read(ours, 4096):
                out += chunk
        except OSError:
            pass  # how Linux tells that the other end is closed
        os.close(ours)
        assert child.wait(60) == 0
        return out

    with deployment() as url:
        assert b"\033[32m" in on_terminal(url)
        assert b"\033" not in on_terminal(url, NO_COLOR="1")
        assert b"\033" not in on_terminal(url, TERM="dumb")


def test_a_closed_pipe_is_no_traceback() -> None:
    with deployment() as url:
        child = subprocess.Popen(
            [sys.executable, str(FILE), url], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert child.stdout and child.stderr
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait(60) == 1
