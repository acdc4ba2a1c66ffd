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
