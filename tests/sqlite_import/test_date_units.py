"""The unit of numbers and the type of texts in date columns are inferred only if unambiguous."""

from pathlib import Path

import pytest

from tests.sqlite_import.helpers import create_sqlite, query, run_import, run_import_ok

TODAY = 1_700_000_000


@pytest.mark.parametrize("existing", [False, True])
def test_timestamps_in_mixed_units_are_rejected(
    database: str, tmp_path: Path, *, existing: bool
) -> None:
    if existing:
        query(database, "CREATE TABLE t (id int, at timestamptz)")
    sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP)"
    path = create_sqlite(
        tmp_path / "app.db", sql, t=[(n, number) for n, number in enumerate((TODAY * 1000, TODAY))]
    )
    done = run_import(database, path)
    assert done.status == 65
    assert "2 values do not fit" in done.err and "its values are" not in done.out
    run_import_ok(database, path, "--type", "t.at=timestamptz:us")


def test_small_numbers_among_timestamps_are_dates_around_1970(
    database: str, tmp_path: Path
) -> None:
    sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP, ms TIMESTAMP)"
    rows = [(1, TODAY, TODAY * 1000), (2, 86_400, 86_400), (3, -1, 0)]
    done = run_import_ok(database, create_sqlite(tmp_path / "app.db", sql, t=rows))
    assert "t.at: timestamp with time zone: its values are seconds since 1970" in done.notes()
    assert "t.ms: timestamp with time zone: its values are milliseconds since 1970" in done.notes()


def test_date_column_becomes_timestamp_only_if_a_value_has_a_time(
    database: str, tmp_path: Path
) -> None:
    sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, born DATE, met DATE)"
    rows = [(1, "1980-01-01", "1980-01-01"), (2, "Jan 15, 1980", "1980-01-15 10:00")]
    done = run_import_ok(
        database, create_sqlite(tmp_path / "app.db", sql, t=rows), "--on-bad", "null"
    )
    assert query(database, "SELECT pg_typeof(born)::text, pg_typeof(met)::text FROM t LIMIT 1") == [
        ("date", "timestamp without time zone")
    ]
    assert "met: timestamp without time zone: some values have a time of day" in done.notes()
    assert "born" not in done.notes()


def test_verify_distinguishes_intervals_that_postgres_calls_equal(
    database: str, tmp_path: Path
) -> None:
    query(database, "CREATE TABLE t (id int PRIMARY KEY, a interval)")
    rows = [(1, "1970-01-31 00:00:00"), (2, "1970-01-02 00:00:00"), (3, "1969-12-31 23:59:59")]
    path = create_sqlite(
        tmp_path / "app.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, a DATETIME)", t=rows
    )
    run_import_ok(database, path)
    for number, other in ((1, "1 mon"), (2, "24:00:00"), (3, "-00:00:01")):
        ((before,),) = query(database, f"SELECT a::text FROM t WHERE id = {number}")
        query(database, f"UPDATE t SET a = '{other}' WHERE id = {number}")
        assert run_import(database, path, "--verify-only").status == 1
        query(database, f"UPDATE t SET a = '{before}' WHERE id = {number}")
    run_import_ok(database, path, "--verify-only")
