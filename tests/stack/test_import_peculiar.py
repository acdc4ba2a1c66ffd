"""What is peculiar on either side is heeded, or told: nothing is lost or changed in silence."""

from pathlib import Path

import pytest

from tests.stack.moving import ask, bring, brought, connected, file, state

DEFAULTS = {
    "bare TEXT DEFAULT word": "word",
    'quoted TEXT DEFAULT "a ""word"""': 'a "word"',
    "bracketed DEFAULT [word]": "word",
    "truth BOOLEAN DEFAULT true": True,
    "hexadecimal INTEGER DEFAULT 0x10": 16,
    "joined TEXT DEFAULT ('x' || 1)": "x1",
}


def run(url: str, sql: str) -> None:
    with connected(url) as cursor:
        cursor.execute(sql)


def constraints(url: str) -> list[str]:
    return [
        found
        for (found,) in ask(
            url,
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace ORDER BY 1",
        )
    ]


def test_tables_that_others_inherit_from_are_not_emptied_with_them(
    database: str, tmp_path: Path
) -> None:
    run(database, "CREATE TABLE t (a int); CREATE TABLE heir (b int) INHERITS (t)")
    run(database, "INSERT INTO t VALUES (1); INSERT INTO heir VALUES (2, 3)")
    before = state(database)
    path = file(tmp_path / "app.db", "CREATE TABLE t (a INT)", t=[(5,)])
    done = bring(database, path, "--replace")
    assert done.status == 65
    assert "t: cannot be written: other tables inherit from it" in done.err
    assert "--exclude t." in done.err
    assert state(database) == before


def test_a_sequence_that_is_only_a_part_of_a_text_is_told(database: str, tmp_path: Path) -> None:
    run(
        database,
        "CREATE SEQUENCE s; CREATE TABLE t (id serial, no text DEFAULT 'O-'||nextval('s'))",
    )
    path = file(tmp_path / "app.db", "CREATE TABLE t (id INT, no TEXT)", t=[(4, "O-7")])
    done = brought(database, path)
    assert '"public"."s" is a part of the column\'s default only' in done.changed()["sequence t.no"]
    assert ask(database, "INSERT INTO t DEFAULT VALUES RETURNING id") == [(5,)]


def test_a_sequence_that_has_no_number_left_is_told(database: str, tmp_path: Path) -> None:
    run(database, "CREATE TABLE t (id serial PRIMARY KEY)")
    path = file(tmp_path / "app.db", "CREATE TABLE t (id INTEGER PRIMARY KEY)", t=[(2**31 - 1,)])
    done = brought(database, path)
    assert "its numbers are used up" in done.changed()["sequence t.id"]
    assert "its numbers are used up" in done.out


def test_a_default_is_the_value_that_sqlite_gives(database: str, tmp_path: Path) -> None:
    path = file(
        tmp_path / "app.db", f"CREATE TABLE t (id INTEGER PRIMARY KEY, {', '.join(DEFAULTS)})"
    )
    brought(database, path)
    run(database, "INSERT INTO t DEFAULT VALUES")
    assert ask(database, "SELECT * FROM t") == [(1, *DEFAULTS.values())]


@pytest.mark.parametrize("default", ["CURRENT_TIMESTAMP || 'Z'", "strftime('%S', 'now')"])
def test_a_default_that_changes_with_time_is_not_what_it_is_now(
    database: str, tmp_path: Path, default: str
) -> None:
    path = file(
        tmp_path / "app.db", f"CREATE TABLE t (id INTEGER PRIMARY KEY, a INT DEFAULT ({default}))"
    )
    assert brought(database, path).left()["default t.a"].startswith("it is ")


def test_names_whose_case_sqlite_does_not_see_are_two(database: str, tmp_path: Path) -> None:
    path = file(
        tmp_path / "app.db",
        """CREATE TABLE t ("É" INT, "é" INT UNIQUE CHECK ("é" > 1));
        CREATE TABLE "Ä" (a INT UNIQUE);
        CREATE TABLE "ä" (id INTEGER PRIMARY KEY, up INT REFERENCES "ä");""",
        t=[(1, 2), (1, 3)],
    )
    brought(database, path)
    assert {'UNIQUE ("é")', 'CHECK (("é" > 1))', 'FOREIGN KEY (up) REFERENCES "ä"(id)'} <= set(
        constraints(database)
    )


def test_a_check_means_the_same_or_is_left_behind(database: str, tmp_path: Path) -> None:
    path = file(
        tmp_path / "app.db",
        r"""CREATE TABLE t (
          a TEXT CONSTRAINT backslash CHECK (a NOT LIKE '%\%'),
          b TEXT CHECK (b NOT LIKE '%!%' ESCAPE '!'),
          c INT CHECK (c > 0xFFFFFFFFFFFFFFFE));""",
        t=[("a", "b", -1)],
    )
    done = brought(database, path)
    assert done.left() == {"check t: backslash": "LIKE takes a backslash otherwise in Postgres"}
    assert len(constraints(database)) == 2


@pytest.mark.parametrize(
    ("unit", "number"), [("us", 90_061_000_001), ("ms", 90_061_000.001), ("s", 90_061.000_001)]
)
def test_numbers_become_intervals_only_where_it_is_said_what_they_count(
    database: str, tmp_path: Path, unit: str, number: float
) -> None:
    """Postgres takes a number by itself for seconds; Django's count microseconds."""
    run(database, "CREATE TABLE t (a interval)")
    path = file(
        tmp_path / "app.db", "CREATE TABLE t (a bigint)", t=[(number,), (-number,), (None,)]
    )
    done = bring(database, path)
    assert done.status == 65
    assert "is a number: say what it counts" in done.err + done.out
    words = ("--type", f"t.a=interval:{unit}")
    brought(database, path, *words)
    assert ask(database, "SELECT a::text FROM t ORDER BY a") == [
        ("-2 days +22:58:58.999999",),
        ("1 day 01:01:00.000001",),
        (None,),
    ]
    assert bring(database, path, "--verify-only", *words).status == 0
    run(database, "UPDATE t SET a = a * 1.5")
    assert bring(database, path, "--verify-only", *words).status == 1


def test_dates_in_an_interval_are_what_has_passed_since_1970(database: str, tmp_path: Path) -> None:
    run(database, "CREATE TABLE t (a interval)")
    rows = [("1970-01-02 01:00:00.500000",), ("2 hours",)]
    brought(database, file(tmp_path / "app.db", "CREATE TABLE t (a DATETIME)", t=rows))
    assert ask(database, "SELECT a::text FROM t ORDER BY a") == [
        ("02:00:00",),
        ("1 day 01:00:00.5",),
    ]


@pytest.mark.parametrize("type_", ["timestamp(3)", "timestamptz(3)", "time(3)"])
def test_seconds_are_not_rounded(database: str, tmp_path: Path, type_: str) -> None:
    run(database, f"CREATE TABLE t (a {type_})")
    day = "" if type_ == "time(3)" else "2024-01-01 "
    declared = "TIME" if type_ == "time(3)" else "DATETIME"
    fit, unfit = f"{day}10:00:00.123", f"{day}10:00:00.1235"
    path = file(tmp_path / "app.db", f"CREATE TABLE t (a {declared})", t=[(fit,), (unfit,)])
    done = bring(database, path)
    assert done.status == 65
    assert "more than the 3 digits of a second" in done.out
    brought(database, path, "--on-bad", "null")
    assert [str(a) for (a,) in ask(database, "SELECT to_char(a, 'SS.US') FROM t ORDER BY a")] == [
        "00.123000",
        "None",
    ]


def test_milliseconds_go_into_a_column_that_takes_no_finer_ones(
    database: str, tmp_path: Path
) -> None:
    run(database, "CREATE TABLE t (a timestamp(3))")
    path = file(tmp_path / "app.db", "CREATE TABLE t (a DATETIME)", t=[(1_700_000_000_123,)])
    brought(database, path)
    assert ask(database, "SELECT a::text FROM t") == [("2023-11-14 22:13:20.123",)]
