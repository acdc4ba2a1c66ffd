"""The output of `demijohn smoke`."""

import os
import subprocess
import sys

import pytest
from demijohn.commands import smoke

from local.steps import ROOT
from tests.unit.commands.deployments import Request, Response, deployment
from tests.unit.commands.smoke_faults import database_away

FILE = ROOT / "image" / "demijohn" / "commands" / "smoke.py"


def test_output_has_one_line_per_check_and_a_summary(
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


def test_failure_shows_expected_seen_and_remedy_in_one_line(
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


def test_control_characters_of_a_server_are_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    def hostile(request: Request, response: Response) -> None:
        if request.path == "/readyz":
            response.status, response.body = 503, b'{"a": "\\u001b"} \x1b[2J\n' * 5000
            response.content_type = "text/\x1b[31mplain"

    with deployment(hostile) as url:
        assert smoke.main([url]) == 1
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) < 400


def run_file(*words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run smoke.py as a program, outside its package."""
    return subprocess.run(
        [sys.executable, "-I", str(FILE), *words]
        if not environment
        else [sys.executable, str(FILE), *words],
        env=os.environ | environment,
        capture_output=True,
        timeout=60,
    )


def test_smoke_file_runs_without_the_package() -> None:
    with deployment() as url:
        result = run_file(url)
    assert (result.returncode, result.stderr) == (0, b"")
    assert b"checks passed" in result.stdout


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "cp437", "utf-8"])
def test_output_works_in_other_encodings(encoding: str) -> None:
    with deployment(database_away) as url:
        result = run_file(url, PYTHONIOENCODING=encoding)
    assert (result.returncode, result.stderr) == (1, b"")
    assert b"The database answers" in result.stdout


def test_colour_is_used_on_a_terminal_without_no_color() -> None:
    pty = pytest.importorskip("pty", reason="no pseudo-terminals here")

    def on_terminal(url: str, **environment: str) -> bytes:
        terminal, terminal_of_child = pty.openpty()
        environ = {name: x for name, x in os.environ.items() if name != "NO_COLOR"}
        child = subprocess.Popen(
            [sys.executable, str(FILE), url],
            env=environ | {"TERM": "xterm"} | environment,
            stdout=terminal_of_child,
        )
        os.close(terminal_of_child)
        out = b""
        try:
            while chunk := os.read(terminal, 4096):
                out += chunk
        except OSError:
            pass  # Linux: the other end is closed
        os.close(terminal)
        assert child.wait(60) == 0
        return out

    with deployment() as url:
        assert b"\033[32m" in on_terminal(url)
        assert b"\033" not in on_terminal(url, NO_COLOR="1")
        assert b"\033" not in on_terminal(url, TERM="dumb")


def test_closed_pipe_causes_no_traceback() -> None:
    with deployment() as url:
        child = subprocess.Popen(
            [sys.executable, str(FILE), url], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert child.stdout and child.stderr
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait(60) == 1
