"""--verify-only --on-bad skip knows the rows that foreign keys have kept out, and no others."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sqlite_import.helpers import Done, bring, brought, file, run

SKIP = ("--on-bad", "skip")

CHAIN = """CREATE TABLE a (id int PRIMARY KEY, n int);
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a, n int);
CREATE TABLE c (id int PRIMARY KEY, b int NOT NULL REFERENCES b, a int REFERENCES a);"""
CHAIN_THERE = """CREATE TABLE a (id INTEGER PRIMARY KEY, n);
CREATE TABLE b (id INTEGER PRIMARY KEY, a INT, n); CREATE TABLE c (id INTEGER PRIMARY KEY, b, a);"""
CHAIN_ROWS = {
    "a": [(1, 1), (2, "x"), (3, 3)],
    "b": [(1, 1, 1), (2, 2, 2), (3, None, "x"), (4, 77, None), (5, 3, 5), (6, 2, "x")],
    "c": [(1, 1, 1), (2, 2, 2), (3, 3, 3), (4, 4, 2), (5, 1, 2), (6, 5, None), (7, 2, 1)],
}
CHAIN_SKIPPED = {"a": 1, "b": 4, "c": 5}

TREE = "CREATE TABLE t (id int PRIMARY KEY, up int NOT NULL REFERENCES t, n int);"
TREE_THERE = "CREATE TABLE t (id INTEGER PRIMARY KEY, up INT, n)"
TREE_ROWS = [  # 1 and 20 are roots that refer to themselves; 30, 31 and 32 to each other
    *((1, 1, 1), (2, 1, "x"), (3, 2, 3), (4, 3, 4), (5, 1, 5), (6, 77, 6), (7, 6, 7)),
    *((20, 20, 1), (21, 20, 2), (22, 21, 3), (30, 31, 1), (31, 32, 1), (32, 30, 1)),
]

CIRCLE = """CREATE TABLE a (id int PRIMARY KEY, b int, n int);
CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL REFERENCES a);
ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;"""
CIRCLE_THERE = "CREATE TABLE a (id INTEGER PRIMARY KEY, b INT, n); CREATE TABLE b (id INT, a INT);"
CIRCLE_ROWS = {
    "a": [(1, 1, 1), (2, None, "x"), (3, 2, 3), (4, 3, 4), (5, 5, 5)],
    "b": [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5)],
}


def skipped(done: Done) -> dict[str, int]:
    return {one["source"]: one["skipped_rows"] for one in done.report["tables"]}


def there_and_back(url: str, path: Path, *words: str) -> dict[str, int]:
    """Import, and compare: as much has been skipped for both."""
    done = brought(url, path, *SKIP, *words)
    words = tuple(word for word in words if word != "--replace")
    again = brought(url, path, "--verify-only", *SKIP, *words)
    assert again.report["outcome"] == "verified"
    assert skipped(again) == skipped(done)
    assert again.changed().keys() == done.changed().keys()
    return skipped(again)


def differs(url: str, path: Path, *words: str) -> dict[str, Any]:
    """Compare; what differs, by table."""
    done = bring(url, path, "--verify-only", *SKIP, *words)
    assert (done.status, done.report["outcome"]) == (1, "differs")
    return {one["source"]: one["difference"] for one in done.report["tables"] if not one["same"]}


def ids(*numbers: int) -> list[dict[str, str]]:
    return [{"id": str(number)} for number in numbers]


@pytest.fixture
def chain(database: str, tmp_path: Path) -> Path:
    run(database, CHAIN)
    path = file(tmp_path / "app.db", CHAIN_THERE, **CHAIN_ROWS)
    assert there_and_back(database, path) == CHAIN_SKIPPED
    return path


@pytest.fixture
def tree(database: str, tmp_path: Path) -> Path:
    run(database, TREE)
    path = file(tmp_path / "app.db", TREE_THERE, t=TREE_ROWS)
    assert there_and_back(database, path) == {"t": 5}
    return path


def test_verify_reports_skipped_rows_of_a_chain_of_foreign_keys(database: str, chain: Path) -> None:
    done = brought(database, chain, "--verify-only", *SKIP)
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
    assert bring(database, chain, "--verify-only").status == 1


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
    run(
        database,
        "CREATE SCHEMA kept;"
        + "".join(f"CREATE TABLE kept.{name} AS TABLE {name};" for name in CHAIN_SKIPPED),
    )
    for change, found in CHANGES.items():
        run(database, change)
        told = differs(database, chain)
        for table, rows in found.items():
            assert [
                (kind, int(place["id"]))
                for kind in ("differ", "only_sqlite", "only_postgres")
                for place in told[table][kind]
            ] == rows, change
        run(
            database,
            "TRUNCATE a, b, c;"
            + "".join(f"INSERT INTO {name} TABLE kept.{name};" for name in CHAIN_SKIPPED),
        )


def test_missing_rows_that_reference_each_other_are_differences(database: str, tree: Path) -> None:
    run(database, "DELETE FROM t WHERE id IN (20, 21, 22)")
    assert differs(database, tree)["t"]["only_sqlite"] == ids(20, 21, 22)
    run(database, "DELETE FROM t WHERE id IN (30, 31, 32)")
    assert differs(database, tree)["t"]["only_sqlite"] == ids(20, 21, 22, 30, 31)  # the first five


def test_missing_subtree_is_reported_by_its_topmost_row(database: str, tree: Path) -> None:
    run(database, "DELETE FROM t WHERE id = 22")
    assert differs(database, tree)["t"]["only_sqlite"] == ids(22)
    run(database, "DELETE FROM t WHERE id = 21")
    assert differs(database, tree)["t"]["only_sqlite"] == ids(21)


def test_verify_accounts_for_skipped_rows_in_circular_foreign_keys(
    database: str, tmp_path: Path
) -> None:
    run(database, CIRCLE)
    path = file(tmp_path / "app.db", CIRCLE_THERE, **CIRCLE_ROWS)
    assert there_and_back(database, path) == {"a": 3, "b": 3}
    run(
        database,
        "ALTER TABLE a ALTER CONSTRAINT a_b_fkey DEFERRABLE; BEGIN; SET CONSTRAINTS ALL DEFERRED;"
        "DELETE FROM b WHERE id = 5; DELETE FROM a WHERE id = 5; COMMIT",
    )
    found = differs(database, path)
    assert found["a"]["only_sqlite"] == ids(5)
    assert found["b"]["only_sqlite"] == [{"id": "5", "a": "5"}]


@pytest.mark.parametrize(("match", "count"), [("SIMPLE", 2), ("FULL", 3)])
def test_verify_accounts_for_skipped_rows_of_composite_keys(
    database: str, tmp_path: Path, match: str, count: int
) -> None:
    run(
        database,
        "CREATE TABLE p (a int, b text, UNIQUE (b, a));"
        f"CREATE TABLE c (x int, y text, FOREIGN KEY (y, x) REFERENCES p (b, a) MATCH {match})",
    )
    path = file(
        tmp_path / "app.db",
        "CREATE TABLE p (a INT, b TEXT); CREATE TABLE c (x INT, y TEXT);",
        p=[(1, "l"), (None, "m"), ("x", "m")],
        c=[(1, "l"), (2, "l"), (1, None), (None, None), (1, "m")],
    )
    assert there_and_back(database, path) == {"p": 1, "c": count}
    run(database, "DELETE FROM c WHERE x IS NULL")
    assert differs(database, path)["c"]["only_sqlite"] == [{"x": None, "y": None}]


OTHERWISE = [  # types of the parent's key and the child's; what is there, what lacks, and what not
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
    """Trees, so that it counts whether a row of SQLite's is known as the one that is referred to:
    their second roots refer to themselves, in another form than they are written in as a key.
    """
    every = range(len(OTHERWISE))
    run(database, "CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('100% ok', 'so ''so''')")
    for at, (parent, child, *_) in enumerate(OTHERWISE):
        run(
            database,
            f"CREATE TABLE t{at} (id {parent} PRIMARY KEY, up {child} REFERENCES t{at}, n int);"
            f"CREATE TABLE u{at} (up {child} REFERENCES t{at});",
        )
    sql = "".join(f"CREATE TABLE t{at} (id, up, n); CREATE TABLE u{at} (up);" for at in every)
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for at, (_, _, there, lacks, alike) in enumerate(OTHERWISE):
        rows[f"t{at}"] = [(there, None, 1), (lacks, alike, "x")]
        rows[f"u{at}"] = [(there,), (lacks,), (alike,), (None,)]
    path = file(tmp_path / "app.db", sql, **rows)
    expected = [(f"t{at}", 1) for at in every] + [(f"u{at}", 2) for at in every]
    assert there_and_back(database, path) == dict(expected)
    path.unlink()
    for at, (_, _, there, lacks, alike) in enumerate(OTHERWISE):
        rows[f"t{at}"] = [(there, None, 1), (lacks, alike, 2)]
    file(path, sql, **rows)
    assert set(there_and_back(database, path, "--replace").values()) == {0}
    run(database, "".join(f"DELETE FROM u{n}; DELETE FROM t{n} WHERE n = 2;" for n in every))
    assert differs(database, path).keys() == dict(expected).keys()


def test_skipped_rows_are_found_in_tables_with_special_names(database: str, tmp_path: Path) -> None:
    run(
        database,
        'CREATE TABLE "p%s""{}" ("i%d" int PRIMARY KEY, n int);'
        'CREATE TABLE "c%" (id int, "to%(x)s" int, FOREIGN KEY ("to%(x)s") REFERENCES "p%s""{}")',
    )
    sql = 'CREATE TABLE "p%s""{}" ("i%d" INT, n); CREATE TABLE "c%" (id INT, "to%(x)s" INT);'
    path = file(tmp_path / "app.db", sql)
    file(path, 'INSERT INTO "p%s""{}" VALUES (1, 1), (2, \'x\')', **{"c%": [(1, 1), (2, 2)]})
    assert there_and_back(database, path) == {'p%s"{}': 1, "c%": 1}


def test_verify_looks_up_parents_of_excluded_tables_in_postgres(
    database: str, tmp_path: Path
) -> None:
    run(database, CHAIN + "INSERT INTO a VALUES (1, 9)")
    path = file(tmp_path / "app.db", CHAIN_THERE, **CHAIN_ROWS)
    assert there_and_back(database, path, "--exclude", "a") == {"b": 5, "c": 6}
    run(database, "DELETE FROM c WHERE id = 1")
    assert differs(database, path, "--exclude", "a")["c"]["only_sqlite"] == ids(1)


def test_foreign_key_not_valid_does_not_explain_missing_rows(database: str, tmp_path: Path) -> None:
    sql = "CREATE TABLE p (id INTEGER PRIMARY KEY, n INT); CREATE TABLE c (id INT, p REFERENCES p);"
    path = file(tmp_path / "app.db", sql, p=[(1, 1)], c=[(1, 1), (2, 8), (3, 9)])
    brought(database, path, *SKIP)
    brought(database, path, "--verify-only", *SKIP)
    run(database, "DELETE FROM c WHERE id = 2")
    assert differs(database, path)["c"]["only_sqlite"] == [{"id": "2", "p": "8"}]


def test_foreign_key_of_uncompared_values_does_not_explain_missing_rows(
    database: str, tmp_path: Path
) -> None:
    """Only NULL or not is compared of them: what is there now may not be what was imported."""
    run(
        database,
        "CREATE TABLE p (id inet PRIMARY KEY, n int); CREATE TABLE c (id int, p inet REFERENCES p)",
    )
    sql = "CREATE TABLE p (id TEXT, n INT); CREATE TABLE c (id INT, p TEXT);"
    path = file(tmp_path / "app.db", sql, p=[("::1", 1), ("::2", 2)], c=[(1, "::1"), (2, "::2")])
    assert there_and_back(database, path) == {"p": 0, "c": 0}
    run(database, "DELETE FROM c WHERE id = 2; UPDATE p SET id = '::3' WHERE n = 2")
    assert differs(database, path)["c"]["only_sqlite"] == [{"id": "2", "p": ""}]


@pytest.fixture
def reader(database: str, chain: Path) -> Iterator[str]:
    """The URL of somebody who may look at b and c, and who may nowhere write."""
    run(
        database,
        "CREATE ROLE reader_of_kept LOGIN PASSWORD 'x'; GRANT SELECT ON b, c TO reader_of_kept;"
        "ALTER ROLE reader_of_kept SET default_transaction_read_only = on",
    )
    yield f"postgresql://reader_of_kept:x@{database.partition('@')[2]}"
    run(database, "DROP OWNED BY reader_of_kept; DROP ROLE reader_of_kept")


def test_verify_with_skipped_rows_works_for_a_read_only_user(
    database: str, reader: str, chain: Path
) -> None:
    run(database, "GRANT SELECT ON a TO reader_of_kept")
    assert skipped(brought(reader, chain, "--verify-only", *SKIP)) == CHAIN_SKIPPED


def test_unreadable_parent_table_does_not_explain_missing_rows(reader: str, chain: Path) -> None:
    found = differs(reader, chain, "--exclude", "a")
    assert found["b"]["only_sqlite"] == ids(2, 4)


# No file may become larger.
NO_ROOM = """
import resource, sys
from demijohn.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
sys.exit(main(sys.argv[1:]))
"""


def test_verify_with_many_skipped_rows_spills_to_disk(database: str, tmp_path: Path) -> None:
    """They are noted outside memory, and where there is no room for that, it is said."""
    run(database, TREE + "INSERT INTO t VALUES (99999, 99999, 0)")
    rows: list[tuple[Any, ...]] = [(0, 0, "x"), (99_999, 99_999, 0)]
    rows += [(n, max(0, n - 40_000), 0) for n in range(1, 80_001)]
    path = file(tmp_path / "app.db", TREE_THERE, t=rows)
    assert skipped(brought(database, path, "--verify-only", *SKIP)) == {"t": 80_001}
    done = bring(database, path, "--verify-only", *SKIP, program=("-c", NO_ROOM))
    assert done.status == 73
    assert "there are too many skipped rows to keep in memory: " in done.err
    assert len(done.err.splitlines()) == 1
