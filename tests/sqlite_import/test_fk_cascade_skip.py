"""--on-bad skip with existing foreign keys: rows that refer to a skipped row are skipped."""

from pathlib import Path

import pytest

from tests.sqlite_import.helpers import create_sqlite, query, run_import, run_import_ok, run_sql

PAIR = """CREATE TABLE p (id int PRIMARY KEY, active boolean NOT NULL);
CREATE TABLE c (id int PRIMARY KEY, pid int NOT NULL REFERENCES p{action}, d date);"""
SQLITE = """CREATE TABLE p (id INTEGER PRIMARY KEY, active BOOLEAN);
CREATE TABLE c (id INTEGER PRIMARY KEY, pid INT REFERENCES p, d DATE);"""
ROWS = {"p": [(1, 1), (2, "maybe")], "c": [(1, 1, ""), (2, 2, "2020-01-01"), (3, 1, None)]}
ONE = "1 row skipped, because its parent row was skipped or missing"


def keys(url: str) -> list[tuple[str, bool, bool, bool]]:
    return query(
        url,
        "SELECT conname, condeferrable, condeferred, convalidated FROM pg_constraint"
        " WHERE contype = 'f' ORDER BY 1",
    )


def test_on_bad_skip_skips_child_rows_of_rejected_parents(database: str, tmp_path: Path) -> None:
    run_sql(database, PAIR.format(action=""))
    before = keys(database)
    path = create_sqlite(tmp_path / "app.db", SQLITE, **ROWS)
    assert "Use --on-bad skip" in run_import(database, path).err
    assert (
        "use --on-bad skip, which skips the row and"
        in run_import(database, path, "--on-bad", "null").err
    )
    done = run_import_ok(database, path, "--on-bad", "skip")
    assert query(database, "TABLE p") == [(1, True)]
    assert query(database, "SELECT id FROM c") == [(3,)]
    assert done.changed() == {"foreign key c (pid)": f"{ONE} (id 2)"}
    assert "\n  c: 1 row, 2 skipped\n" in done.out
    assert {one["source"]: one["skipped_rows"] for one in done.report["tables"]} == {"p": 1, "c": 2}
    assert "2 rows in 2 tables, 3 rows skipped, " in done.out
    assert keys(database) == before


@pytest.mark.parametrize("action", ["", " ON DELETE CASCADE", " ON DELETE SET NULL"])
def test_skipped_row_cascades_to_its_descendants(
    database: str, tmp_path: Path, action: str
) -> None:
    run_sql(
        database,
        f"CREATE TABLE t (id int PRIMARY KEY, up int REFERENCES t{action}, n int);"
        f"CREATE TABLE u (id int PRIMARY KEY, t int REFERENCES t{action} DEFERRABLE);",
    )
    before = keys(database)
    sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, up INT, n); CREATE TABLE u (id INTEGER, t INT);"
    rows = [(1, None, 1), (2, 1, "x"), (3, 2, 3), (4, 3, 4), (5, 1, 5), (6, 77, 6), (7, 7, 7)]
    path = create_sqlite(tmp_path / "app.db", sql, t=rows, u=[(1, 4), (2, 5), (3, 6), (4, None)])
    done = run_import_ok(database, path, "--on-bad", "skip")
    assert query(database, "SELECT id FROM t ORDER BY id") == [(1,), (5,), (7,)]
    assert query(database, "SELECT * FROM u ORDER BY id") == [(2, 5), (4, None)]
    assert done.changed()["foreign key t (up)"].endswith("missing (id 3, 4, 6)")
    assert done.changed()["foreign key u (t)"].startswith("2 rows skipped, because their parent")
    assert keys(database) == before


@pytest.mark.parametrize("action", ["", "ON DELETE CASCADE", "ON DELETE SET NULL"])
def test_skipped_row_cascades_through_circular_foreign_keys(
    database: str, tmp_path: Path, action: str
) -> None:
    run_sql(
        database,
        "CREATE TABLE a (id int PRIMARY KEY, b int, n int);"
        f"CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a {action});"
        f"ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b {action};",
    )
    sql = "CREATE TABLE a (id INTEGER PRIMARY KEY, b INT, n); CREATE TABLE b (id INTEGER, a INT);"
    path = create_sqlite(
        tmp_path / "app.db",
        sql,
        a=[(1, 1, 1), (2, None, "x"), (3, 2, 3), (4, 3, 4)],
        b=[(1, 1), (2, 2), (3, 3), (4, 4), (5, None)],
    )
    run_import_ok(database, path, "--on-bad", "skip")
    assert query(database, "SELECT id FROM a ORDER BY id") == [(1,)]
    assert query(database, "SELECT id FROM b ORDER BY id") == [(1,), (5,)]


def test_child_row_is_skipped_unless_its_whole_composite_key_exists(
    database: str, tmp_path: Path
) -> None:
    run_sql(
        database,
        "CREATE TABLE p (a int, b text, PRIMARY KEY (b, a));"
        "CREATE TABLE c (x int, y text, FOREIGN KEY (y, x) REFERENCES p (b, a))",
    )
    sql = "CREATE TABLE p (a INT, b TEXT); CREATE TABLE c (x INT, y TEXT);"
    path = create_sqlite(
        tmp_path / "app.db", sql, p=[(1, "l")], c=[(1, "l"), (2, "l"), (1, None), (1, "m")]
    )
    done = run_import_ok(database, path, "--on-bad", "skip")
    assert query(database, "SELECT * FROM c ORDER BY y") == [(1, "l"), (1, None)]
    assert done.changed()["foreign key c (y, x)"].endswith("(y l x 2; y m x 1)")


def test_append_keeps_existing_rows_with_missing_parents(database: str, tmp_path: Path) -> None:
    run_sql(
        database,
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int, pid int);"
        "INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1), (2, 99);"
        "ALTER TABLE c ADD FOREIGN KEY (pid) REFERENCES p NOT VALID",
    )
    sql = "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INT, pid INT);"
    path = create_sqlite(tmp_path / "app.db", sql, p=[(5,)], c=[(3, 1), (4, 5), (5, 98)])
    run_import_ok(database, path, "--append", "--on-bad", "skip")
    assert query(database, "SELECT id FROM c ORDER BY id") == [(1,), (2,), (3,), (4,)]


def test_on_bad_skip_skips_rows_orphaned_in_sqlite(database: str, tmp_path: Path) -> None:
    run_sql(database, PAIR.format(action=""))
    path = create_sqlite(tmp_path / "app.db", SQLITE, p=[(1, 1)], c=[(1, 1, None), (2, 9, None)])
    for words in ((), ("--on-bad", "null"), ("--on-bad", "text")):
        done = run_import(database, path, *words)
        assert done.status == 65
        assert "Use --on-bad skip, which skips such rows" in done.err
    run_import_ok(database, path, "--on-bad", "skip")
    assert query(database, "SELECT id FROM c") == [(1,)]


def test_skip_by_a_user_who_cannot_defer_keys_asks_for_the_owner(
    database: str, tmp_path: Path
) -> None:
    run_sql(
        database,
        PAIR.format(action="") + "DROP ROLE IF EXISTS guest_of_strays;"
        "CREATE ROLE guest_of_strays LOGIN PASSWORD 'x';"
        "GRANT ALL ON p, c TO guest_of_strays",
    )
    try:
        guest = database.replace(database[: database.index("@")], "postgresql://guest_of_strays:x")
        done = run_import(
            guest, create_sqlite(tmp_path / "app.db", SQLITE, **ROWS), "--on-bad", "skip"
        )
        assert done.status == 65
        assert "Import as the owner of c: then --on-bad skip skips such rows too" in done.err
    finally:
        run_sql(database, "DROP OWNED BY guest_of_strays; DROP ROLE guest_of_strays")
