"""A difference is reported with the keys of the rows and the names of the columns."""

from pathlib import Path
from typing import Any

import pytest

from tests.sqlite_import.helpers import (
    ImportResult,
    create_sqlite,
    dump_state,
    run_import,
    run_import_ok,
    run_sql,
)

TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, score REAL, at DATETIME)"
ROWS = [(n, f"name {n}", n / 4, "2024-02-29 10:00:00") for n in range(1, 3001)]


@pytest.fixture
def path(database: str, tmp_path: Path) -> Path:
    made = create_sqlite(tmp_path / "app.db", TABLE, t=ROWS)
    run_import_ok(database, made)
    return made


def verify(url: str, path: Path, *words: str) -> tuple[ImportResult, dict[str, Any]]:
    done = run_import(url, path, "--verify-only", *words)
    assert done.status == 1
    (table,) = done.report["tables"]
    return done, table["difference"]


def ids(*numbers: int) -> list[dict[str, str]]:
    return [{"id": str(number)} for number in numbers]


def test_verify_names_changed_missing_and_added_rows(database: str, path: Path) -> None:
    run_sql(
        database,
        "UPDATE t SET name = upper(name) WHERE id IN (9, 700);"
        "UPDATE t SET score = NULL WHERE id = 1000; DELETE FROM t WHERE id IN (2, 11);"
        "INSERT INTO t VALUES (9000, 'new')",
    )
    done, found = verify(database, path)
    assert found == {
        "columns": ["name", "score"],
        "differ": ids(9, 700, 1000),
        "only_sqlite": ids(2, 11),
        "only_postgres": ids(9000),
        "complete": True,
    }
    for line in (
        "    name, score: different where id 9; id 700; id 1000\n",
        "    only in SQLite where id 2; id 11\n",
        "    only in Postgres where id 9000\n",
    ):
        assert line in done.out


def test_verify_names_only_the_first_of_many_changed_rows(database: str, path: Path) -> None:
    run_sql(database, "UPDATE t SET at = at + interval '1 second'")
    _, found = verify(database, path)
    assert found["columns"] == ["at"]
    assert len(found["differ"]) == 5
    assert not found["complete"]


def test_verify_names_rows_by_a_composite_key(database: str, tmp_path: Path) -> None:
    sql = 'CREATE TABLE t (a TEXT, b REAL, "%s{}" INT, PRIMARY KEY (a, b)) WITHOUT ROWID'
    rows = [("x", 0.5, 1), ("x:y", 1.5, 2)]
    path = create_sqlite(tmp_path / "app.db", sql, t=rows)
    run_import_ok(database, path)
    run_sql(database, 'UPDATE t SET "%s{}" = 3 WHERE b = 1.5')
    _, found = verify(database, path)
    assert (found["columns"], found["differ"]) == (["%s{}"], [{"a": "x:y", "b": "1.5"}])


def test_verify_names_rows_without_a_key_by_all_their_values(database: str, tmp_path: Path) -> None:
    path = create_sqlite(
        tmp_path / "app.db", "CREATE TABLE t (a, b)", t=[(1, 2), (1, 2), (3, None)]
    )
    run_import_ok(database, path)
    run_sql(
        database,
        "DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t); UPDATE t SET b = 4 WHERE a = 3",
    )
    _, found = verify(database, path)
    assert found["columns"] == found["differ"] == []
    assert found["only_sqlite"] == [{"a": "1", "b": "2"}, {"a": "3", "b": None}]
    assert found["only_postgres"] == [{"a": "3", "b": "4"}]


def test_failed_verification_of_an_import_names_the_rows(database: str, tmp_path: Path) -> None:
    """A column that Postgres generates has another value than in SQLite."""
    run_sql(
        database,
        "CREATE TABLE t (id int PRIMARY KEY, v text,"
        " loud text GENERATED ALWAYS AS (upper(v)) STORED)",
    )
    sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, loud TEXT)"
    path = create_sqlite(tmp_path / "app.db", sql, t=[(1, "a", "A"), (2, "b", "b!")])
    before = dump_state(database)
    done = run_import(database, path)
    assert done.status == 65
    assert "generated column t.loud gives another value in Postgres" in done.err
    assert "    loud: different where id 2\n" in done.out
    assert done.report["tables"][0]["difference"]["differ"] == ids(2)
    assert dump_state(database) == before


def test_unexplained_verification_failure_exits_70(database: str, tmp_path: Path) -> None:
    run_sql(database, "CREATE TABLE t (v text, loud text GENERATED ALWAYS AS (upper(v)) STORED)")
    sql = "CREATE TABLE t (v TEXT, loud TEXT PRIMARY KEY)"
    path = create_sqlite(tmp_path / "app.db", sql, t=[("a", "A"), ("b", "b!")])
    before = dump_state(database)
    done = run_import(database, path)
    assert done.status == 70
    assert "verification failed, so nothing was imported" in done.err
    assert done.report["tables"][0]["difference"]["only_sqlite"] == [{"loud": "b!"}]
    assert dump_state(database) == before


def test_rows_skipped_by_on_bad_are_not_differences(database: str, tmp_path: Path) -> None:
    path = create_sqlite(tmp_path / "app.db", TABLE, t=[*ROWS[:5], (6, b"blob", None, None)])
    run_import_ok(database, path, "--on-bad", "skip")
    run_sql(database, "DELETE FROM t WHERE id = 3")
    _, found = verify(database, path, "--on-bad", "skip")
    assert found["only_sqlite"] == ids(3)
    _, found = verify(database, path)
    assert found["only_sqlite"] == ids(3, 6)
