"""Output: progress bars and a summary that fits on a terminal, plain lines elsewhere."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path

import pytest

from tests.sqlite_import.helpers import (
    create_sqlite,
    environment,
    import_command,
    open_cursor,
    query,
    run_import,
    run_import_ok,
)


def run_on_terminal(
    url: str, path: Path, *words: str, rows: int, columns: int = 100
) -> tuple[int, str]:
    """Run the command on a terminal; return its exit status and output."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen(
        import_command(path, *words),
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
    except OSError:  # Linux raises EIO once the other side is closed
        pass
    os.close(ours)
    return process.wait(30), seen.decode().replace("\r\n", "\n")


def final_lines(text: str) -> list[str]:
    """The lines after the progress bars."""
    return re.split(r"\x1b\[[0-9;?]*[A-Za-z]", text)[-1].splitlines()


def height(lines: list[str], columns: int = 100) -> int:
    return sum(max(1, -(-len(line) // columns)) for line in lines)


def test_terminal_shows_progress_bars(database: str, tmp_path: Path) -> None:
    rows = [(n, f"text {n}") for n in range(60_000)]
    path = create_sqlite(
        tmp_path / "app.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)", t=rows
    )
    status, text = run_on_terminal(database, path, rows=40)
    assert status == 0, text
    assert "━" in text
    assert re.search(r"[\d,]+ of 60,000", text)
    assert re.search(r"t: 60,000 rows, [\d,]+ rows/s", text)
    assert "60,000 rows in 1 table, " in text
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h")  # the cursor is visible again
    assert "0 of 0" not in text
    assert "-:--:--" not in text[: text.index("loading")]


def test_progress_bar_leaves_room_for_an_echoed_ctrl_c(database: str, tmp_path: Path) -> None:
    """If an echoed ^C wrapped onto the next line, part of the bar would stay on the screen."""
    name = "a_table_of_which_the_name_is_long_enough_for_any_terminal"
    rows = [(n,) for n in range(200_000)]
    path = create_sqlite(tmp_path / "app.db", f"CREATE TABLE {name} (v INT)", **{name: rows})
    _, text = run_on_terminal(database, path, rows=24, columns=60)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    bars = [line for line in re.split(r"[\r\n]", plain) if "━" in line]
    assert bars
    assert max(map(len, bars)) <= 57


def test_output_without_a_terminal_is_plain_lines(database: str, tmp_path: Path) -> None:
    sql = "CREATE TABLE a (x INT); CREATE TABLE b (x INT)"
    done = run_import_ok(
        database, create_sqlite(tmp_path / "app.db", sql, a=[(1,)], b=[(1,), (2,)])
    )
    assert "\x1b" not in done.out
    assert re.search(r"^  a: 1 row\n  b: 2 rows$", done.out, re.M)
    assert "3 rows in 2 tables, " in done.out


MANY = "".join(
    f"CREATE TABLE t{n} (x INT); CREATE VIEW v{n} AS SELECT 1; INSERT INTO t{n} VALUES (1);"
    for n in range(60)
)


def test_summary_without_a_terminal_lists_everything(database: str, tmp_path: Path) -> None:
    done = run_import_ok(database, create_sqlite(tmp_path / "app.db", MANY))
    summary = done.out[done.out.index("comparing checksums\n") :]
    assert len(re.findall(r"^  t\d+ ", summary, re.M)) == 60
    assert len(re.findall(r"^  view v\d+: ", summary, re.M)) == 60
    assert "more" not in summary


@pytest.mark.parametrize("rows", [24, 50])
def test_summary_fits_on_the_terminal(database: str, tmp_path: Path, rows: int) -> None:
    """Unchanged tables share one line; changed ones are listed or counted."""
    path = create_sqlite(
        tmp_path / "app.db",
        MANY + "CREATE TABLE odd (a INT, b DATE); CREATE TABLE even (a INT)",
        odd=[("x", "soon"), (1, None), (2, "later")],
        even=[(n,) for n in range(2000)],
    )
    status, text = run_on_terminal(database, path, "--on-bad", "skip", rows=rows)
    lines = final_lines(text)
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
    assert f"  {60 - views} more; --report FILE lists them all" in lines
    assert lines[-1].startswith("2,061 rows in 62 tables, 2 rows skipped, ")


def test_tables_that_differ_are_listed_first_and_omissions_are_counted(
    database: str, tmp_path: Path
) -> None:
    path = create_sqlite(tmp_path / "app.db", MANY)
    run_import_ok(database, path)
    with open_cursor(database) as cursor:
        for n in range(40, 60):
            cursor.execute(f"UPDATE t{n} SET x = 2")
    assert run_import(database, path, "--verify-only").out.count("✗") == 20
    for rows in (24, 50):
        status, text = run_on_terminal(database, path, "--verify-only", rows=rows)
        lines = final_lines(text)
        assert status == 1
        assert height(lines) < rows
        shown = sum("✗" in line for line in lines)
        assert shown
        more = f"  {20 - shown} more tables that differ; --report FILE lists them all"
        assert (more in lines) is (shown < 20)
        assert any(
            line.startswith("different on both sides") or ": different on" in line for line in lines
        )
        equal = sum("✓" in line for line in lines)
        assert any(line.endswith(f"{40 - equal} rows, all equal") for line in lines)


def test_rejected_values_are_shortened_to_leave_room_for_remedies(
    database: str, tmp_path: Path
) -> None:
    columns = [f"c{n}" for n in range(40)]
    sql = f"CREATE TABLE t ({' DATE, '.join(columns)} DATE)"
    rows = [tuple("soon" for _ in columns)] * 3
    status, text = run_on_terminal(
        database, create_sqlite(tmp_path / "app.db", sql, t=rows), rows=24
    )
    lines = final_lines(text)
    assert status == 65
    assert height(lines) < 24
    shown = sum(line.startswith("  in 3 rows, t.c") for line in lines)
    assert shown
    left = 40 - shown
    assert f"  {3 * left} more values in {left} columns" in lines


@pytest.mark.parametrize("keys", [4, 30])
def test_changes_are_listed_in_full_before_equal_tables(
    database: str, tmp_path: Path, keys: int
) -> None:
    """After COMMIT it is too late to add --report, so changes are listed even if they scroll."""
    owners = "".join(f", o{n} INT REFERENCES p" for n in range(keys))
    sql = f"CREATE TABLE p (id INTEGER PRIMARY KEY, n INT); CREATE TABLE c (id INT{owners});"
    bad = [(f"text {n}", *(n for _ in range(8))) for n in range(3)]
    columns = ", ".join(f"v{n} DATE" for n in range(8))
    path = create_sqlite(
        tmp_path / "app.db",
        sql + f"CREATE TABLE bad (a INT, {columns});" + MANY,
        p=[(1, "x"), (2, 2)],
        c=[(1, *(1 for _ in range(keys)))],
        bad=bad,
    )
    status, text = run_on_terminal(database, path, "--on-bad", "skip", rows=24, columns=80)
    lines = final_lines(text)
    assert status == 0
    at = lines.index("changed:")
    shown = [line for line in lines[at:] if line.startswith("  foreign key c (o")]
    assert len(shown) == keys
    assert not any("more; --report" in line for line in lines[at : at + 2 * keys])
    equal = sum("✓" in line and line.split()[2] == "0" for line in lines)
    assert f"  {61 - equal} more tables, {61 - equal} rows, all equal" in lines
    assert keys == 4 or not equal
    assert lines[-1].startswith("62 rows in 63 tables, 4 rows skipped, ")


def test_notes_are_all_shown_on_a_terminal(database: str, tmp_path: Path) -> None:
    columns = ", ".join(f"c{n} KIND{n}" for n in range(30))
    path = create_sqlite(tmp_path / "app.db", f"CREATE TABLE t ({columns})", t=[tuple(range(30))])
    _, text = run_on_terminal(database, path, rows=24, columns=80)
    assert all(f"t.c{n}: bigint: from its values, " in text for n in range(30))


def test_notes_shared_by_many_columns_are_one_line(database: str, tmp_path: Path) -> None:
    query(database, "".join(f"CREATE TABLE t{n} (a date, b date);" for n in range(3)))
    sql = "".join(f"CREATE TABLE t{n} (a TEXT, b TEXT);" for n in range(3))
    path = create_sqlite(tmp_path / "app.db", sql)
    _, text = run_on_terminal(database, path, "--dry-run", rows=24)
    assert "  t0.a, t0.b, t1.a and 3 more: TEXT in SQLite, date in Postgres\n" in text
    done = run_import_ok(database, path)  # without a terminal nothing is omitted
    assert "\n  t0.a, t0.b, t1.a, t1.b, t2.a, t2.b: TEXT in SQLite, date in Postgres\n" in done.out
    assert len(done.report["notes"]) == 6


def test_terminal_lines_wrap_between_words(database: str, tmp_path: Path) -> None:
    path = create_sqlite(
        tmp_path / "app.db",
        "CREATE TABLE author (id INTEGER PRIMARY KEY, born DATE, died DATE)",
        author=[(1, "in the seventies of the nineteenth century, or so", "who knows when, or how")],
    )
    whole = " ".join(run_import(database, path).err.split())
    for columns in (80, 50):
        status, text = run_on_terminal(database, path, rows=24, columns=columns)
        assert status == 65
        lines = final_lines(text)
        assert all(len(line) <= columns or len(line.split()) == 1 for line in lines)
        assert whole in " ".join(" ".join(lines).split())


@pytest.mark.parametrize("policy", ["null", "skip"])
def test_uncommitted_import_is_reported_in_the_conditional(
    database: str, tmp_path: Path, policy: str
) -> None:
    done, would = {
        "null": ("2 values became NULL:", "2 values would become NULL:"),
        "skip": ("2 values had their rows skipped:", "2 values would have their rows skipped:"),
    }[policy]
    sql = "CREATE TABLE t (a INT, b DATE); CREATE TABLE u (a INTEGER PRIMARY KEY);"
    path = create_sqlite(tmp_path / "app.db", sql, t=[("x", "y"), (1, None)], u=[(1,)])
    assert f"\n{would}\n" in run_import_ok(database, path, "--on-bad", policy, "--dry-run").out
    with open_cursor(database) as cursor:
        cursor.execute("CREATE TABLE u (a int CHECK (a > 1))")
    failed = run_import(database, path, "--on-bad", policy)
    assert failed.status == 65
    assert f"\n{would}\n" in failed.out
    with open_cursor(database) as cursor:
        cursor.execute("DROP TABLE u")
    assert f"\n{done}\n" in run_import_ok(database, path, "--on-bad", policy).out
