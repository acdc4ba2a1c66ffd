"""Differences between SQLite and Postgres are handled or reported; no change is silent."""

import re
from pathlib import Path

from tests.sqlite_import.helpers import (
    create_sqlite,
    dump_state,
    query,
    run_import,
    run_import_ok,
    run_sql,
)

DEFAULTS = {
    "bare TEXT DEFAULT word": "word",
    'quoted TEXT DEFAULT "a ""word"""': 'a "word"',
    "bracketed DEFAULT [word]": "word",
    "truth BOOLEAN DEFAULT true": True,
    "hexadecimal INTEGER DEFAULT 0x10": 16,
    "joined TEXT DEFAULT ('x' || 1)": "x1",
}


def constraints(url: str) -> list[str]:
    return [
        found
        for (found,) in query(
            url,
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace ORDER BY 1",
        )
    ]


def test_replace_fails_for_a_table_that_others_inherit_from(database: str, tmp_path: Path) -> None:
    run_sql(database, "CREATE TABLE t (a int); CREATE TABLE heir (b int) INHERITS (t)")
    run_sql(database, "INSERT INTO t VALUES (1); INSERT INTO heir VALUES (2, 3)")
    before = dump_state(database)
    path = create_sqlite(tmp_path / "app.db", "CREATE TABLE t (a INT)", t=[(5,)])
    done = run_import(database, path, "--replace")
    assert done.status == 65
    assert "t: cannot be written to: other tables inherit from it" in done.err
    assert "--exclude t." in done.err
    assert dump_state(database) == before


def test_sequence_inside_a_larger_default_is_reported_as_changed(
    database: str, tmp_path: Path
) -> None:
    run_sql(
        database,
        "CREATE SEQUENCE s; CREATE TABLE t (id serial, no text DEFAULT 'O-'||nextval('s'))",
    )
    path = create_sqlite(tmp_path / "app.db", "CREATE TABLE t (id INT, no TEXT)", t=[(4, "O-7")])
    done = run_import_ok(database, path)
    assert '"public"."s" is only a part of the column\'s default' in done.changed()["sequence t.no"]
    assert query(database, "INSERT INTO t DEFAULT VALUES RETURNING id") == [(5,)]


def test_exhausted_sequence_is_reported(database: str, tmp_path: Path) -> None:
    run_sql(database, "CREATE TABLE t (id serial PRIMARY KEY)")
    path = create_sqlite(
        tmp_path / "app.db", "CREATE TABLE t (id INTEGER PRIMARY KEY)", t=[(2**31 - 1,)]
    )
    done = run_import_ok(database, path)
    assert "no numbers are left" in done.changed()["sequence t.id"]
    assert "no numbers are left" in done.out


def test_column_default_has_the_value_that_sqlite_gives(database: str, tmp_path: Path) -> None:
    path = create_sqlite(
        tmp_path / "app.db", f"CREATE TABLE t (id INTEGER PRIMARY KEY, {', '.join(DEFAULTS)})"
    )
    run_import_ok(database, path)
    run_sql(database, "INSERT INTO t DEFAULT VALUES")
    assert query(database, "SELECT * FROM t") == [(1, *DEFAULTS.values())]


def test_non_ascii_names_that_differ_in_case_stay_distinct(database: str, tmp_path: Path) -> None:
    path = create_sqlite(
        tmp_path / "app.db",
        """CREATE TABLE t ("É" INT, "é" INT UNIQUE CHECK ("é" > 1));
        CREATE TABLE "Ä" (a INT UNIQUE);
        CREATE TABLE "ä" (id INTEGER PRIMARY KEY, up INT REFERENCES "ä");""",
        t=[(1, 2), (1, 3)],
    )
    run_import_ok(database, path)
    assert {'UNIQUE ("é")', 'CHECK (("é" > 1))', 'FOREIGN KEY (up) REFERENCES "ä"(id)'} <= set(
        constraints(database)
    )


def test_check_with_another_meaning_in_postgres_is_not_imported(
    database: str, tmp_path: Path
) -> None:
    path = create_sqlite(
        tmp_path / "app.db",
        r"""CREATE TABLE t (
          a TEXT CONSTRAINT backslash CHECK (a NOT LIKE '%\%'),
          b TEXT CHECK (b NOT LIKE '%!%' ESCAPE '!'),
          c INT CHECK (c > 0xFFFFFFFFFFFFFFFE));""",
        t=[("a", "b", -1)],
    )
    done = run_import_ok(database, path)
    assert done.not_imported() == {
        "check t: backslash": "LIKE treats a backslash differently in Postgres"
    }
    assert len(constraints(database)) == 2


def test_renamed_tables_are_found_by_verify_and_replace(database: str, tmp_path: Path) -> None:
    """The names are those of a type or a system catalog, too long, or empty."""
    run_sql(database, "CREATE TYPE status AS ENUM ('a')")
    path = create_sqlite(
        tmp_path / "app.db",
        f"""CREATE TABLE status (id INTEGER PRIMARY KEY, xmin INT);
        CREATE TABLE pg_class (id INTEGER PRIMARY KEY);
        CREATE TABLE "" ("" INT);
        CREATE TABLE {"x" * 70} (a INT);""",
        status=[(1, 2)],
        pg_class=[(1,)],
        **{"": [(7,)], "x" * 70: [(5,)]},
    )
    done = run_import_ok(database, path)
    assert "status: the table is called status_" in done.notes()
    assert "pg_class: the table is called pg_class_" in done.notes()
    assert run_import(database, path, "--verify-only").status == 0
    before = dump_state(database)
    run_import_ok(database, path, "--replace")
    assert dump_state(database) == before


def test_new_table_similar_to_or_hiding_another_is_noted(database: str, tmp_path: Path) -> None:
    run_sql(database, 'CREATE TABLE "Users" (id int); CREATE TABLE "USERS" (id int)')
    run_sql(database, "CREATE SCHEMA app; CREATE TABLE app.post (id int)")
    run_sql(database, f"ALTER DATABASE {database.rsplit('/', 1)[-1]} SET search_path = public, app")
    path = create_sqlite(
        tmp_path / "app.db", "CREATE TABLE users (id INT); CREATE TABLE post (id INT)"
    )
    notes = run_import_ok(database, path).notes()
    assert "users: is created beside USERS, Users" in notes
    assert "post: is created in public, where it hides app.post" in notes


def test_table_with_more_columns_than_postgres_allows_is_refused(
    database: str, tmp_path: Path
) -> None:
    columns = ", ".join(f"c{number} INT" for number in range(1601))
    path = create_sqlite(tmp_path / "app.db", f"CREATE TABLE t ({columns})")
    done = run_import(database, path)
    assert done.status == 65
    assert "t: has 1,601 columns, but Postgres allows 1,600." in done.err
    run_import_ok(database, path, "--exclude", "t.c7")


def test_row_too_large_for_a_page_fails_and_suggests_exclude(database: str, tmp_path: Path) -> None:
    columns = ", ".join(f"c{number}" for number in range(1000))
    path = create_sqlite(tmp_path / "app.db", f"CREATE TABLE t ({columns})", t=[("x" * 20,) * 1000])
    done = run_import(database, path)
    assert done.status == 65
    assert "row is too big" in done.err
    assert "--exclude" in done.err
    assert "Try again" not in done.err


def test_row_security_policy_that_hides_rows_stops_the_import(
    database: str, tmp_path: Path
) -> None:
    run_sql(
        database,
        """CREATE TABLE t (a int); INSERT INTO t VALUES (9);
        ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (a < 5);
        CREATE ROLE bound LOGIN PASSWORD 'bound'; GRANT ALL ON t TO bound""",
    )
    bound = re.sub("//.*@", "//bound:bound@", database)
    path = create_sqlite(tmp_path / "app.db", "CREATE TABLE t (a INT)", t=[(1,)])
    try:
        done = run_import(bound, path, "--append")
    finally:
        run_sql(database, "DROP OWNED BY bound; DROP ROLE bound")
    assert done.status == 69
    assert 'ALTER ROLE "bound" BYPASSRLS' in done.err


def test_generated_columns_with_other_values_in_postgres_become_plain(
    database: str, tmp_path: Path
) -> None:
    path = create_sqlite(
        tmp_path / "app.db",
        """CREATE TABLE t (
          id INTEGER PRIMARY KEY, price DECIMAL(10,2), size REAL, name TEXT, many INT,
          total REAL AS (price * many), part INT AS (many / id), tenth REAL AS (many * 0.1),
          label TEXT AS (name || price), area REAL AS (size * size), twice INT AS (many + many),
          low TEXT AS (lower(name)), full TEXT AS (name || '-' || many));
        INSERT INTO t (price, size, name, many) VALUES (0.1, 0.7, 'Éa', 3), (19.99, 1e100, 'b', 7),
          (1, 2, NULL, NULL), (2, NULL, 'ÀB', 0);""",
    )
    done = run_import_ok(database, path)
    assert sorted(done.changed()) == [
        f"generated column t.{name}" for name in ("label", "part", "tenth", "total")
    ]
    run_sql(database, "INSERT INTO t (id, size, name, many) VALUES (9, 3, 'ÉX', 4)")
    assert query(database, 'SELECT area, twice, low, "full" FROM t WHERE id = 9') == [
        (9.0, 8, "Éx", "ÉX-4")
    ]


def test_existing_generated_column_with_other_values_is_named(
    database: str, tmp_path: Path
) -> None:
    run_sql(
        database, "CREATE TABLE t (id int PRIMARY KEY, b int GENERATED ALWAYS AS (id * 2) STORED)"
    )
    path = create_sqlite(
        tmp_path / "app.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, b INT)", t=[(1, 7)]
    )
    done = run_import(database, path)
    assert done.status == 65
    assert "generated column t.b gives another value in Postgres" in done.err
    run_import_ok(database, path, "--exclude", "t.b")


def test_type_option_for_an_existing_column_is_noted_as_ignored(
    database: str, tmp_path: Path
) -> None:
    run_sql(database, "CREATE TABLE t (a int)")
    path = create_sqlite(tmp_path / "app.db", "CREATE TABLE t (a INT)", t=[(1,)])
    notes = run_import_ok(database, path, "--type", "t.a=text").notes()
    assert "t.a: stays integer, not text: the column exists already" in notes


def test_triggers_of_partitions_do_not_run_and_keep_their_state(
    database: str, tmp_path: Path
) -> None:
    """ENABLE TRIGGER USER would also enable triggers that were disabled before."""
    run_sql(
        database,
        """CREATE TABLE t (id int, a int) PARTITION BY RANGE (id);
        CREATE TABLE "T 1" PARTITION OF t FOR VALUES FROM (0) TO (10);
        CREATE TABLE u (id int, a int);
        CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql
          AS 'BEGIN NEW.a := 99; RETURN NEW; END';""",
    )
    for table, name, state_ in (
        ("t", "whole", "ENABLE"),
        ("t", "wholly", "ENABLE ALWAYS"),
        ('"T 1"', "part", "ENABLE"),
        ("u", "plain", "ENABLE"),
        ("u", "always", "ENABLE ALWAYS"),
        ("u", "replica", "ENABLE REPLICA"),
        ("u", "off", "DISABLE"),
    ):
        run_sql(
            database,
            f"CREATE TRIGGER {name} BEFORE INSERT ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION change();"
            f"ALTER TABLE {table} {state_} TRIGGER {name}",
        )
    triggers = "SELECT tgrelid, tgname, tgenabled::text FROM pg_trigger ORDER BY 1, 2"
    before = query(database, triggers)
    tables = "CREATE TABLE t (id INT, a INT); CREATE TABLE u (id INT, a INT)"
    run_import_ok(database, create_sqlite(tmp_path / "app.db", tables, t=[(1, 2)], u=[(1, 2)]))
    assert query(database, "SELECT a FROM t UNION ALL SELECT a FROM u") == [(2,), (2,)]
    assert query(database, triggers) == before


def test_two_tables_mapped_to_one_are_refused(database: str, tmp_path: Path) -> None:
    run_sql(database, 'CREATE TABLE "É" (id int)')
    path = create_sqlite(
        tmp_path / "app.db", 'CREATE TABLE "É" (id INT); CREATE TABLE "é" (id INT)', é=[(3,)]
    )
    done = run_import(database, path)
    assert done.status == 65
    assert "É and é would both go into É" in done.err


def test_default_is_now_for_timestamps_stored_as_numbers(database: str, tmp_path: Path) -> None:
    """Prisma writes milliseconds, and declares DEFAULT CURRENT_TIMESTAMP."""
    path = create_sqlite(
        tmp_path / "app.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP)",
        t=[(1, 1_700_000_000_123)],
    )
    assert run_import_ok(database, path).not_imported() == {}
    run_sql(database, "INSERT INTO t DEFAULT VALUES")
    assert query(database, "SELECT now() - a < interval '1 minute' FROM t ORDER BY id") == [
        (False,),
        (True,),
    ]
