"""What people see: bars on a terminal, plain lines elsewhere, a summary that fits a screen."""

import os
import pty
import re
import subprocess
from pathlib import Path

from tests.stack.moving import brought, command, environment, file

SCREEN = 40


def test_bars_on_a_terminal(database: str, tmp_path: Path) -> None:
    rows = [(n, f"text {n}") for n in range(60_000)]
    path = file(tmp_path / "app.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)", t=rows)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command(path),
        env=environment(database, TERM="xterm-256color", COLUMNS="100"),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    try:
        while piece := os.read(ours, 65536):
            seen += piece
    except OSError:  # how Linux says that the other side is gone
        pass
    os.close(ours)
    text = seen.decode()
    assert process.wait(30) == 0, text
    assert "━" in text
    assert re.search(r"[\d,]+ of 60,000", text)
    assert re.search(r"t: 60,000 rows, [\d,]+ rows/s", text)
    assert "60,000 rows in 1 table, " in text
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h")  # the cursor is there again


def test_plain_lines_elsewhere(database: str, tmp_path: Path) -> None:
    sql = "CREATE TABLE a (x INT); CREATE TABLE b (x INT)"
    done = brought(database, file(tmp_path / "app.db", sql, a=[(1,)], b=[(1,), (2,)]))
    assert "\x1b" not in done.out
    assert re.search(r"^  a: 1 row\n  b: 2 rows$", done.out, re.M)
    assert "3 rows in 2 tables, " in done.out


def test_a_summary_that_fits_a_screen(database: str, tmp_path: Path) -> None:
    many = "".join(
        f"CREATE TABLE t{n} (x DATE); CREATE VIEW v{n} AS SELECT 1; INSERT INTO t{n} VALUES (1e9);"
        for n in range(60)
    )
    done = brought(database, file(tmp_path / "app.db", many))
    summary = done.out[done.out.index("proof\n") :]
    assert len(summary.splitlines()) < SCREEN
    assert "and 48 more tables, each the same on both sides" in summary
    assert re.findall(r"^  (t\d+) ", summary, re.M) == sorted(f"t{n}" for n in range(60))[:12]
    assert "and 48 more things; --report has them all" in summary
    assert len(done.report["left_behind"]) == 60
