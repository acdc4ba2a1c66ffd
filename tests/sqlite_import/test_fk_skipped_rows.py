"""--verify-only --on-bad skip accepts missing rows only if a foreign key explains them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sqlite_import.helpers import (
    ImportResult,
    create_sqlite,
    run_import,
    run_import_ok,
    run_sql,
)

SKIP = ("--on-bad", "skip")

CHAIN = """CREATE TABLE a (id int PRIMARY KEY, n int);
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a, n int);
CREATE TABLE c (id int PRIMARY KEY, b int NOT NULL REFERENCES b, a int REFERENCES a);"""
CHAIN_SQLITE = """CREATE TABLE a (id INTEGER PRIMARY KEY, n);
CREATE TABLE b (id INTEGER PRIMARY KEY, a INT, n); CREATE TABLE c (id INTEGER PRIMARY KEY, b, a);"""
CHAIN_ROWS = {
    "a": [(1, 1), (2, "x"), (3, 3)],
    "b": [(1, 1, 1), (2, 2, 2), (3, None, "x"), (4, 77, None), (5, 3, 5), (6, 2, "x")],
    "c": [(1, 1, 1), (2, 2, 2), (3, 3, 3), (4, 4, 2), (5, 1, 2), (6, 5, None), (7, 2, 1)],
}
CHAIN_SKIPPED = {"a": 1, "b": 4, "c": 5}

TREE = "CREATE TABLE t (id int PRIMARY KEY, up int NOT NULL REFERENCES t, n int);"
TREE_SQLITE = "CREATE TABLE t (id INTEGER PRIMARY KEY, up INT, n)"
TREE_ROWS = [  # 1 and 20 are roots that reference themselves; 30, 31 and 32 reference each other
    *((1, 1, 1), (2, 1, "x"), (3, 2, 3), (4, 3, 4), (5, 1, 5), (6, 77, 6), (7, 6, 7)),
    *((20, 20, 1), (21, 20, 2), (22, 21, 3), (30, 31, 1), (31, 32, 1), (32, 30, 1)),
]

CIRCLE = """CREATE TABLE a (id int PRIMARY KEY, b int, n int);
CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL REFERENCES a);
ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;"""
CIRCLE_SQLITE = "CREATE TABLE a (id INTEGER PRIMARY KEY, b INT, n); CREATE TABLE b (id INT, a INT);"
CIRCLE_ROWS = {
    "a": [(1, 1, 1), (2, None, "x"), (3, 2, 3), (4, 3, 4), (5, 5, 5)],
    "b": [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5)],
}


def skipped(done: ImportResult) -> dict[str, int]:
    return {one["source"]: one["skipped_rows"] for one in done.report["tables"]}


def import_and_verify(url: str, path: Path, *words: str) -> dict[str, int]:
    """Import, then verify: both count the same skipped rows per table."""
    done = run_import_ok(url, path, *SKIP, *words)
    words = tuple(word for word in words if word != "--replace")
    again = run_import_ok(url, path, "--verify-only", *SKIP, *words)
    assert again.report["outcome"] == "verified"
    assert skipped(again) == skipped(done)
    assert again.changed().keys() == done.changed().keys()
    return skipped(again)


def find_differences(url: str, path: Path, *words: str) -> dict[str, Any]:
    """Verify, and return the differences by table."""
    done = run_import(url, path, "--verify-only", *SKIP, *words)
    assert (done.status, done.report["outcome"]) == (1, "differs")
    return {one["source"]: one["difference"] for one in done.report["tables"] if not one["same"]}


def ids(*numbers: int) -> list[dict[str, str]]:
    return [{"id": str(number)} for number in numbers]


@pytest.fixture
def chain(database: str, tmp_path: Path) -> Path:
    run_sql(database, CHAIN)
    path = create_sqlite(tmp_path / "app.db", CHAIN_SQLITE, **CHAIN_ROWS)
    assert import_and_verify(database, path) == CHAIN_SKIPPED
    return path


@pytest.fixture
def tree(database: str, tmp_path: Path) -> Path:
    run_sql(database, TREE)
    path = create_sqlite(tmp_path / "app.db", TREE_SQLITE, t=TREE_ROWS)
    assert import_and_verify(database, path) == {"t": 5}
    return path


def test_verify_reports_skipped_rows_of_a_chain_of_foreign_keys(database: str, chain: Path) -> None:
    done = run_import_ok(database, chain, "--verify-only", *SKIP)
    assert [line.split()[:5] for line in done.out.splitlines() if " ✓ " in line] == [
        ["c", "7", "5", "2", "✓"],
        ["b", "6", "4", "2", "✓"],
        ["a", "3", "1", "2", "✓"],
    ]
    assert "6 rows in 3 tables, 10 rows skipped, " in done.out
    assert "\nchanged:\n  foreign key b (a): 2 rows skipped, because their " in done.out
    assert done.changed() == {
        f"foreign key {name}": f"{count} skipped, because their parent rows were skipped or missing"
        for name, count in (("b (a)", "2 rows"), ("c (a)", "3 rows"), ("c (b)", "2 rows"))
    }
    assert run_import(database, chain, "--verify-only").status == 1


CHANGES: dict[str, dict[str, list[tuple[str, int]]]] = {
    "DELETE FROM c WHERE id = 6": {"c": [("only_sqlite", 6)]},
    "DELETE FROM c WHERE id = 6; DELETE FROM b WHERE id = 5": {"b": [("only_sqlite", 5)]},
    "UPDATE b SET n = 9 WHERE id = 5": {"b": [("differ", 5)]},
    "UPDATE c SET b = 5 WHERE id = 1": {"c": [("differ", 1)]},
    "INSERT INTO c VALUES (2, 1, NULL)": {"c": [("only_postgres", 2)]},
    "INSERT INTO b VALUES (2, NULL, 2)": {"b": [("only_postgres", 2)], "c": [("only_sqlite", 7)]},
    "INSERT INTO a VALUES (2, 0)": {"a": [("only_postgres", 2)], "b": [("only_sqlite", 2)]},
    "DELETE FROM c; DELETE FROM b": {"b": [("only_sqlite", 1), ("only_sqlite", 5)]},
}


def test_verify_finds_changed_rows_in_a_chain_of_foreign_keys(database: str, chain: Path) -> None:
    run_sql(
        database,
        "CREATE SCHEMA kept;"
        + "".join(f"CREATE TABLE kept.{name} AS TABLE {name};" for name in CHAIN_SKIPPED),
    )
    for change, found in CHANGES.items():
        run_sql(database, change)
        differences = find_differences(database, chain)
        for table, rows in found.items():
            assert [
                (kind, int(place["id"]))
                for kind in ("differ", "only_sqlite", "only_postgres")
                for place in differences[table][kind]
            ] == rows, change
        run_sql(
            database,
            "TRUNCATE a, b, c;"
            + "".join(f"INSERT INTO {name} TABLE kept.{name};" for name in CHAIN_SKIPPED),
        )


def test_missing_rows_that_reference_each_other_are_differences(database: str, tree: Path) -> None:
    run_sql(database, "DELETE FROM t WHERE id IN (20, 21, 22)")
    assert find_differences(database, tree)["t"]["only_sqlite"] == ids(20, 21, 22)
    run_sql(database, "DELETE FROM t WHERE id IN (30, 31, 32)")
    assert find_differences(database, tree)["t"]["only_sqlite"] == ids(
        20, 21, 22, 30, 31
    )  # the first five


def test_missing_subtree_is_reported_by_its_topmost_row(database: str, tree: Path) -> None:
    run_sql(database, "DELETE FROM t WHERE id = 22")
    assert find_differences(database, tree)["t"]["only_sqlite"] == ids(22)
    run_sql(database, "DELETE FROM t WHERE id = 21")
    assert find_differences(database, tree)["t"]["only_sqlite"] == ids(21)


def test_verify_accounts_for_skipped_rows_in_circular_foreign_keys(
    database: str, tmp_path: Path
) -> None:
    run_sql(database, CIRCLE)
    path = create_sqlite(tmp_path / "app.db", CIRCLE_SQLITE, **CIRCLE_ROWS)
    assert import_and_verify(database, path) == {"a": 3, "b": 3}
    run_sql(
        database,
        "ALTER TABLE a ALTER CONSTRAINT a_b_fkey DEFERRABLE; BEGIN; SET CONSTRAINTS ALL DEFERRED;"
        "DELETE FROM b WHERE id = 5; DELETE FROM a WHERE id = 5; COMMIT",
    )
    found = find_differences(database, path)
    assert found["a"]["only_sqlite"] == ids(5)
    assert found["b"]["only_sqlite"] == [{"id": "5", "a": "5"}]


@pytest.mark.parametrize(("match", "count"), [("SIMPLE", 2), ("FULL", 3)])
def test_verify_accounts_for_skipped_rows_of_composite_keys(
    database: str, tmp_path: Path, match: str, count: int
) -> None:
    run_sql(
        database,
        "CREATE TABLE p (a int, b text, UNIQUE (b, a));"
        f"CREATE TABLE c (x int, y text, FOREIGN KEY (y, x) REFERENCES p (b, a) MATCH {match})",
    )
    path = create_sqlite(
        tmp_path / "app.db",
        "CREATE TABLE p (a INT, b TEXT); CREATE TABLE c (x INT, y TEXT);",
        p=[(1, "l"), (None, "m"), ("x", "m")],
        c=[(1, "l"), (2, "l"), (1, None), (None, None), (1, "m")],
    )
    assert import_and_verify(database, path) == {"p": 1, "c": count}
    run_sql(database, "DELETE FROM c WHERE x IS NULL")
    assert find_differences(database, path)["c"]["only_sqlite"] == [{"x": None, "y": None}]


# Types of the parent key and of the child key, an existing key, a missing one, and the missing one
# in another format.
KEY_FORMATS = [
    ("timestamp", "timestamp", "2020-01-01 10:00:00", "2020-01-02 10:00", "2020-01-02T10:00:00Z"),
    ("timestamptz", "timestamptz", "2020-01-01", "2020-01-02T00:00+02:00", "2020-01-01 22:00:00"),
    ("uuid", "uuid", "0" * 32, "f" * 32, "{" + "F" * 8 + "-FFFF-ffff-FFFF-" + "f" * 12 + "}"),
    ("int", "bigint", 1, 2, "2"),
    ("bigint", "smallint", "1", "02", 2),
    ("numeric", "int", 1.0, "+2", 2),
    ("numeric(9,2)", "numeric", "1.50", 2.5, "2.500"),
    ("double precision", "real", 1, "2.50", 2.5),
    ("text", "varchar(5)", "a", "é'\\%s", "é'\\%s"),
    ("char(4)", "varchar(9)", "a", "b", "b"),
    ("bytea", "bytea", b"\0", b"\1%", b"\1%"),
    ("boolean", "boolean", 1, 0, "no"),
    ("mood", "mood", "100% ok", "so 'so'", "so 'so'"),
    ("citext", "citext", "a", "b", "B"),
]


def test_verify_matches_keys_written_in_different_formats(database: str, tmp_path: Path) -> None:
    """In each tree the second root references itself in another format than that of its key, so
    that the test fails if a SQLite row is not recognized as its own parent.
    """
    every = range(len(KEY_FORMATS))
    run_sql(database, "CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('100% ok', 'so ''so''')")
    for number, (parent, child, *_) in enumerate(KEY_FORMATS):
        run_sql(
            database,
            f"CREATE TABLE t{number}"
            f" (id {parent} PRIMARY KEY, up {child} REFERENCES t{number}, n int);"
            f"CREATE TABLE u{number} (up {child} REFERENCES t{number});",
        )
    sql = "".join(
        f"CREATE TABLE t{number} (id, up, n); CREATE TABLE u{number} (up);" for number in every
    )
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for number, (_, _, existing, missing, variant) in enumerate(KEY_FORMATS):
        rows[f"t{number}"] = [(existing, None, 1), (missing, variant, "x")]
        rows[f"u{number}"] = [(existing,), (missing,), (variant,), (None,)]
    path = create_sqlite(tmp_path / "app.db", sql, **rows)
    expected = [(f"t{number}", 1) for number in every] + [(f"u{number}", 2) for number in every]
    assert import_and_verify(database, path) == dict(expected)
    path.unlink()
    for number, (_, _, existing, missing, variant) in enumerate(KEY_FORMATS):
        rows[f"t{number}"] = [(existing, None, 1), (missing, variant, 2)]
    create_sqlite(path, sql, **rows)
    assert set(import_and_verify(database, path, "--replace").values()) == {0}
    run_sql(database, "".join(f"DELETE FROM u{n}; DELETE FROM t{n} WHERE n = 2;" for n in every))
    assert find_differences(database, path).keys() == dict(expected).keys()


def test_skipped_rows_are_found_in_tables_with_special_names(database: str, tmp_path: Path) -> None:
    run_sql(
        database,
        'CREATE TABLE "p%s""{}" ("i%d" int PRIMARY KEY, n int);'
        'CREATE TABLE "c%" (id int, "to%(x)s" int, FOREIGN KEY ("to%(x)s") REFERENCES "p%s""{}")',
    )
    sql = 'CREATE TABLE "p%s""{}" ("i%d" INT, n); CREATE TABLE "c%" (id INT, "to%(x)s" INT);'
    path = create_sqlite(tmp_path / "app.db", sql)
    create_sqlite(
        path, 'INSERT INTO "p%s""{}" VALUES (1, 1), (2, \'x\')', **{"c%": [(1, 1), (2, 2)]}
    )
    assert import_and_verify(database, path) == {'p%s"{}': 1, "c%": 1}


def test_verify_looks_up_parents_of_excluded_tables_in_postgres(
    database: str, tmp_path: Path
) -> None:
    run_sql(database, CHAIN + "INSERT INTO a VALUES (1, 9)")
    path = create_sqlite(tmp_path / "app.db", CHAIN_SQLITE, **CHAIN_ROWS)
    assert import_and_verify(database, path, "--exclude", "a") == {"b": 5, "c": 6}
    run_sql(database, "DELETE FROM c WHERE id = 1")
    assert find_differences(database, path, "--exclude", "a")["c"]["only_sqlite"] == ids(1)


def test_foreign_key_not_valid_does_not_explain_missing_rows(database: str, tmp_path: Path) -> None:
    sql = "CREATE TABLE p (id INTEGER PRIMARY KEY, n INT); CREATE TABLE c (id INT, p REFERENCES p);"
    path = create_sqlite(tmp_path / "app.db", sql, p=[(1, 1)], c=[(1, 1), (2, 8), (3, 9)])
    run_import_ok(database, path, *SKIP)
    run_import_ok(database, path, "--verify-only", *SKIP)
    run_sql(database, "DELETE FROM c WHERE id = 2")
    assert find_differences(database, path)["c"]["only_sqlite"] == [{"id": "2", "p": "8"}]


def test_foreign_key_of_uncompared_values_does_not_explain_missing_rows(
    database: str, tmp_path: Path
) -> None:
    """Such values are compared only for NULL, so the parents may have other keys by now."""
    run_sql(
        database,
        "CREATE TABLE p (id inet PRIMARY KEY, n int); CREATE TABLE c (id int, p inet REFERENCES p)",
    )
    sql = "CREATE TABLE p (id TEXT, n INT); CREATE TABLE c (id INT, p TEXT);"
    path = create_sqlite(
        tmp_path / "app.db", sql, p=[("::1", 1), ("::2", 2)], c=[(1, "::1"), (2, "::2")]
    )
    assert import_and_verify(database, path) == {"p": 0, "c": 0}
    run_sql(database, "DELETE FROM c WHERE id = 2; UPDATE p SET id = '::3' WHERE n = 2")
    assert find_differences(database, path)["c"]["only_sqlite"] == [{"id": "2", "p": ""}]


@pytest.fixture
def reader(database: str, chain: Path) -> Iterator[str]:
    """The URL of a read-only user who may select from b and c."""
    run_sql(
        database,
        "CREATE ROLE reader_of_kept LOGIN PASSWORD 'x'; GRANT SELECT ON b, c TO reader_of_kept;"
        "ALTER ROLE reader_of_kept SET default_transaction_read_only = on",
    )
    yield f"postgresql://reader_of_kept:x@{database.partition('@')[2]}"
    run_sql(database, "DROP OWNED BY reader_of_kept; DROP ROLE reader_of_kept")


def test_verify_with_skipped_rows_works_for_a_read_only_user(
    database: str, reader: str, chain: Path
) -> None:
    run_sql(database, "GRANT SELECT ON a TO reader_of_kept")
    assert skipped(run_import_ok(reader, chain, "--verify-only", *SKIP)) == CHAIN_SKIPPED


def test_unreadable_parent_table_does_not_explain_missing_rows(reader: str, chain: Path) -> None:
    found = find_differences(reader, chain, "--exclude", "a")
    assert found["b"]["only_sqlite"] == ids(2, 4)


# No file may grow larger than 100 kB.
LIMIT_FILE_SIZE = """
import resource, sys
from demijohn.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
sys.exit(main(sys.argv[1:]))
"""


def test_verify_with_many_skipped_rows_spills_to_disk(database: str, tmp_path: Path) -> None:
    """Skipped rows are stored in a temporary file; a full disk is reported."""
    run_sql(database, TREE + "INSERT INTO t VALUES (99999, 99999, 0)")
    rows: list[tuple[Any, ...]] = [(0, 0, "x"), (99_999, 99_999, 0)]
    rows += [(n, max(0, n - 40_000), 0) for n in range(1, 80_001)]
    path = create_sqlite(tmp_path / "app.db", TREE_SQLITE, t=rows)
    assert skipped(run_import_ok(database, path, "--verify-only", *SKIP)) == {"t": 80_001}
    done = run_import(database, path, "--verify-only", *SKIP, program=("-c", LIMIT_FILE_SIZE))
    assert done.status == 73
    assert "cannot store the skipped rows in a temporary file: " in done.err
    assert len(done.err.splitlines()) == 1
