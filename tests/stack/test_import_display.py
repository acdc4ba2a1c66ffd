"""What people see: bars on a terminal, plain lines elsewhere, a summary that fits a screen."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path

import pytest

from tests.stack.moving import bring, brought, command, connected, environment, file


def on_terminal(
    url: str, path: Path, *words: str, rows: int, columns: int = 100
) -> tuple[int, str]:
    """Run the command where somebody looks: how it ended, and all that came."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen(
        command(path, *words),
        env=environment(url, TERM="xterm-256color", COLUMNS="", LINES=""),
        stdin=theirs,
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
    return process.wait(30), seen.decode().replace("\r\n", "\n")


def closing(text: str) -> list[str]:
    """The lines after the bars are gone."""
    return re.split(r"\x1b\[[0-9;?]*[A-Za-z]", text)[-1].splitlines()


def height(lines: list[str], columns: int = 100) -> int:
    return sum(max(1, -(-len(line) // columns)) for line in lines)


def test_bars_on_a_terminal(database: str, tmp_path: Path) -> None:
    rows = [(n, f"text {n}") for n in range(60_000)]
    path = file(tmp_path / "app.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)", t=rows)
    status, text = on_terminal(database, path, rows=40)
    assert status == 0, text
    assert "━" in text
    assert re.search(r"[\d,]+ of 60,000", text)
    assert re.search(r"t: 60,000 rows, [\d,]+ rows/s", text)
    assert "60,000 rows in 1 table, " in text
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h")  # the cursor is there again
    assert "0 of 0" not in text
    assert "-:--:--" not in text[: text.index("loading")]


def test_plain_lines_elsewhere(database: str, tmp_path: Path) -> None:
    sql = "CREATE TABLE a (x INT); CREATE TABLE b (x INT)"
    done = brought(database, file(tmp_path / "app.db", sql, a=[(1,)], b=[(1,), (2,)]))
    assert "\x1b" not in done.out
    assert re.search(r"^  a: 1 row\n  b: 2 rows$", done.out, re.M)
    assert "3 rows in 2 tables, " in done.out


MANY = "".join(
    f"CREATE TABLE t{n} (x INT); CREATE VIEW v{n} AS SELECT 1; INSERT INTO t{n} VALUES (1);"
    for n in range(60)
)


def test_elsewhere_the_summary_has_everything(database: str, tmp_path: Path) -> None:
    done = brought(database, file(tmp_path / "app.db", MANY))
    summary = done.out[done.out.index("proof\n") :]
    assert len(re.findall(r"^  t\d+ ", summary, re.M)) == 60
    assert len(re.findall(r"^  view v\d+: ", summary, re.M)) == 60
    assert "more" not in summary


@pytest.mark.parametrize("rows", [24, 50])
def test_a_summary_that_fits_a_screen(database: str, tmp_path: Path, rows: int) -> None:
    """Of what is no news there is one line; what is some is told, or counted."""
    path = file(
        tmp_path / "app.db",
        MANY + "CREATE TABLE odd (a INT, b DATE); CREATE TABLE even (a INT)",
        odd=[("x", "soon"), (1, None), (2, "later")],
        even=[(n,) for n in range(2000)],
    )
    status, text = on_terminal(database, path, "--on-bad", "skip", rows=rows)
    lines = closing(text)
    assert status == 0, text
    assert height(lines) < rows
    assert "3 values had their rows skipped:" in lines
    assert [line.split()[:4] for line in lines if "✓" in line][:2] == [
        ["odd", "3", "2", "1"],
        ["even", "2,000", "0", "2,000"],
    ]
    plain = sum(bool(re.match(r"  t\d+ ", line)) for line in lines)
    assert plain
    assert f"  {60 - plain} more tables, {60 - plain} rows, all equal" in lines
    views = sum(line.startswith("  view ") for line in lines)
    assert views
    assert f"  {60 - views} more; --report FILE has them all" in lines
    assert lines[-1].startswith("2,061 rows in 62 tables, 2 rows skipped, ")


def test_tables_that_differ_come_first_and_are_never_left_out_in_silence(
    database: str, tmp_path: Path
) -> None:
    path = file(tmp_path / "app.db", MANY)
    brought(database, path)
    with connected(database) as cursor:
        for n in range(40, 60):
            cursor.execute(f"UPDATE t{n} SET x = 2")
    assert bring(database, path, "--verify-only").out.count("✗") == 20
    for rows in (24, 50):
        status, text = on_terminal(database, path, "--verify-only", rows=rows)
        lines = closing(text)
        assert status == 1
        assert height(lines) < rows
        told = sum("✗" in line for line in lines)
        assert told
        more = f"  {20 - told} more tables that differ; --report FILE has them all"
        assert (more in lines) is (told < 20)
        assert any(
            line.startswith("not the same on both sides") or ": not the same on" in line
            for line in lines
        )
        equal = sum("✓" in line for line in lines)
        assert any(line.endswith(f"{40 - equal} rows, all equal") for line in lines)


def test_values_that_do_not_fit_leave_room_for_what_is_to_be_done(
    database: str, tmp_path: Path
) -> None:
    columns = [f"c{n}" for n in range(40)]
    sql = f"CREATE TABLE t ({' DATE, '.join(columns)} DATE)"
    rows = [tuple("soon" for _ in columns)] * 3
    status, text = on_terminal(database, file(tmp_path / "app.db", sql, t=rows), rows=24)
    lines = closing(text)
    assert status == 65
    assert height(lines) < 24
    told = sum(line.startswith("  3 in t.c") for line in lines)
    assert told
    left = 40 - told
    assert f"  {3 * left} more in {left} more columns, or for other reasons" in lines
