"""SQLite has a type per value: each value is imported unchanged, or reported with a reason."""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.sqlite_import.helpers import (
    ImportResult,
    create_sqlite,
    query,
    run_import,
    run_import_ok,
)
from tests.sqlite_import.value_cases import ACCEPTED, REJECTED, SIXTEEN, THEN, UNIX


def sql_parameter(value: Any) -> tuple[str, Any]:
    """The placeholder and the parameter of a value; only a cast can create invalid UTF-8."""
    if isinstance(value, tuple):
        return "CAST(? AS TEXT)", value[1]
    return "?", value


def create_case_tables(path: Path, cases: dict[str, Any]) -> Path:
    """Create a file with one table per case."""
    with closing(sqlite3.connect(path)) as made:
        for name, (declared, values, *_) in cases.items():
            made.execute(f'CREATE TABLE "{name}" (id INTEGER PRIMARY KEY, "the value" {declared})')
            for value in values:
                sql, parameter = sql_parameter(value)
                made.execute(f'INSERT INTO "{name}" ("the value") VALUES ({sql})', (parameter,))
        made.commit()
    return path


@pytest.fixture(scope="module")
def accepted(postgres: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ImportResult]:
    url = postgres.create_database("import_fitting")
    path = create_case_tables(tmp_path_factory.mktemp("fitting") / "app.db", ACCEPTED)
    return url, run_import_ok(url, path)


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted_value_keeps_its_value_and_gets_its_type(
    accepted: tuple[str, ImportResult], case: str
) -> None:
    url, _ = accepted
    _, values, kind, expected = ACCEPTED[case]
    found = query(url, f'SELECT "the value" FROM "{case}" ORDER BY id')
    got = [bytes(v) if isinstance(v, memoryview) else v for (v,) in found]
    if kind == "uuid":
        got = [UUID(one) for one in got]
    if kind != "jsonb":
        assert got == (values if expected is None else expected)
    ((shown,),) = query(
        url,
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attname = 'the value'"
        f" AND attrelid = '\"{case}\"'::regclass",
    )
    assert shown == kind


def test_verify_only_accepts_every_imported_value(
    accepted: tuple[str, ImportResult], tmp_path: Path
) -> None:
    path = create_case_tables(tmp_path / "app.db", ACCEPTED)
    assert run_import_ok(accepted[0], path, "--verify-only").report["outcome"] == "verified"


def test_inferred_types_are_noted(accepted: tuple[str, ImportResult]) -> None:
    notes = accepted[1].notes()
    for words in (
        "unix seconds.the value: timestamp with time zone: its values are seconds since 1970",
        "milliseconds.the value: timestamp with time zone: its values are milliseconds since 1970",
        "julian days.the value: timestamp with time zone: its values are Julian days",
        "datetime with zones.the value: timestamp with time zone: some values have a time zone",
        "varchar that is longer.the value: text: values are longer than VARCHAR(3) allows",
        "reals in integer.the value: double precision: its values do not match INTEGER",
    ):
        assert words in notes


@pytest.fixture(scope="module")
def rejected(postgres: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ImportResult]:
    url = postgres.create_database("import_unfit")
    path = create_case_tables(tmp_path_factory.mktemp("unfit") / "app.db", REJECTED)
    return url, run_import(url, path)


@pytest.mark.parametrize("case", REJECTED)
def test_rejected_value_is_reported_with_its_reason(
    rejected: tuple[str, ImportResult], case: str
) -> None:
    _, values, reason = REJECTED[case]
    (found,) = [one for one in rejected[1].report["unfit"]["values"] if one["table"] == case]
    assert found["reason"] == reason
    assert found["rowid"] == str(len(values))
    assert found["column"] == "the value"
    last = values[-1][1] if isinstance(values[-1], tuple) else values[-1]
    plain = isinstance(last, bytes) and not isinstance(values[-1], tuple)
    assert found["value"].rstrip("…") in (f"x'{last.hex()}'" if plain else repr(last))


def test_rejected_value_stops_the_whole_import(rejected: tuple[str, ImportResult]) -> None:
    url, done = rejected
    assert done.status == 65
    assert (
        query(url, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace") == []
    )
    assert "in 1 row, no UTF-8.the value is a text, but not UTF-8: 'caf\\xe9' (rowid 2)" in done.out
    assert done.report["unfit"]["total"] == len(REJECTED)
    assert done.report["outcome"] == "refused"


def test_on_bad_null_replaces_rejected_values_with_null(database: str, tmp_path: Path) -> None:
    path = create_case_tables(tmp_path / "app.db", REJECTED)
    done = run_import_ok(database, path, "--on-bad", "null")
    for case, (_, values, _) in REJECTED.items():
        (row,) = query(database, f'SELECT count(*), count("the value") FROM "{case}"')
        assert row == (len(values), len(values) - 1), case
    assert done.report["unfit"]["total"] == len(REJECTED)
    run_import_ok(database, path, "--on-bad", "null", "--verify-only")
    unasked = run_import(database, path, "--verify-only")
    assert unasked.status == 1
    assert not any(table["same"] for table in unasked.report["tables"])
    assert "If the import used --on-bad, --exclude or --type, repeat them here." in unasked.out


def test_on_bad_skip_skips_rows_with_rejected_values(database: str, tmp_path: Path) -> None:
    path = create_case_tables(tmp_path / "app.db", REJECTED)
    done = run_import_ok(database, path, "--on-bad", "skip")
    for case, (_, values, _) in REJECTED.items():
        assert query(database, f'SELECT count(*) FROM "{case}"') == [(len(values) - 1,)], case
    assert all(table["skipped_rows"] == 1 for table in done.report["tables"])
    run_import_ok(database, path, "--on-bad", "skip", "--verify-only")


def test_on_bad_text_imports_rejected_columns_as_text(database: str, tmp_path: Path) -> None:
    path = create_case_tables(tmp_path / "app.db", REJECTED)
    done = run_import_ok(database, path, "--on-bad", "text")
    assert done.report["unfit"]["total"] == len(REJECTED)
    run_import_ok(database, path, "--on-bad", "text", "--verify-only")
    for case, expected in (
        ("text in integer", ["1", "abc"]),
        ("empty text in real", ["1.5", ""]),
        ("NUL", ["a", "b\\x00c"]),
        ("no UTF-8", ["a", "caf\\xe9"]),
        ("uuid", ["\\x" + SIXTEEN.hex(), "\\x" + b"short".hex()]),
        ("nanoseconds", ["2024-02-29 10:00:00.123456789"]),
    ):
        found = query(database, f'SELECT "the value" FROM "{case}" ORDER BY id')
        assert [v for (v,) in found] == expected


def test_on_bad_null_in_a_not_null_column_stops_the_import(database: str, tmp_path: Path) -> None:
    path = create_sqlite(
        tmp_path / "app.db", "CREATE TABLE t (a INTEGER NOT NULL)", t=[(1,), ("x",)]
    )
    done = run_import(database, path, "--on-bad", "null")
    assert done.status == 65
    assert 'null value in column "a"' in done.err


def test_type_option_sets_the_type_of_a_column(database: str, tmp_path: Path) -> None:
    path = create_sqlite(
        tmp_path / "app.db",
        "CREATE TABLE T (Seen INTEGER, day DATETIME, code TEXT)",
        T=[(UNIX, 2460264.5, "7")],
    )
    words = ("t.seen=timestamptz:unix", "T.day=date:julian", "T.code=bigint")
    run_import_ok(database, path, *(part for word in words for part in ("--type", word)))
    assert query(database, 'SELECT * FROM "T"') == [(THEN, date(2023, 11, 16), 7)]


def test_many_rejected_values_are_counted_and_the_first_reported(
    database: str, tmp_path: Path
) -> None:
    rows = [(n, "" if n % 2 else n) for n in range(30_000)]
    path = create_sqlite(
        tmp_path / "app.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, n INT)", t=rows
    )
    done = run_import(database, path)
    assert done.status == 65
    assert (
        "in 15,000 rows, t.n is an empty text, not a whole number, such as '' (rowid 1)" in done.out
    )
    assert "--report FILE lists the first 10,000 of them" in done.out
    assert done.report["unfit"]["counts"] == [
        {
            "table": "t",
            "column": "n",
            "reason": "is an empty text, not a whole number",
            "values": 15_000,
        }
    ]
    assert len(done.report["unfit"]["values"]) == 10_000
