"""SQLite's types are per value: each arrives as it is, or is named with the reason why not."""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.sqlite_import.helpers import Done, ask, bring, brought, file
from tests.sqlite_import.value_cases import FITTING, SIXTEEN, THEN, UNFIT, UNIX


def stored(value: Any) -> tuple[str, Any]:
    """How to say a value in SQL, and the parameter: no UTF-8 can only be had by a cast."""
    if isinstance(value, tuple):
        return "CAST(? AS TEXT)", value[1]
    return "?", value


def database_of(path: Path, cases: dict[str, Any]) -> Path:
    """One table a case."""
    with closing(sqlite3.connect(path)) as made:
        for name, (declared, values, *_) in cases.items():
            made.execute(f'CREATE TABLE "{name}" (id INTEGER PRIMARY KEY, "the value" {declared})')
            for value in values:
                sql, parameter = stored(value)
                made.execute(f'INSERT INTO "{name}" ("the value") VALUES ({sql})', (parameter,))
        made.commit()
    return path


@pytest.fixture(scope="module")
def fitting(postgres: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Done]:
    url = postgres.create_database("import_fitting")
    path = database_of(tmp_path_factory.mktemp("fitting") / "app.db", FITTING)
    return url, brought(url, path)


@pytest.mark.parametrize("case", FITTING)
def test_accepted_value_keeps_its_value_and_gets_its_type(
    fitting: tuple[str, Done], case: str
) -> None:
    url, _ = fitting
    _, values, kind, expected = FITTING[case]
    found = ask(url, f'SELECT "the value" FROM "{case}" ORDER BY id')
    got = [bytes(v) if isinstance(v, memoryview) else v for (v,) in found]
    if kind == "uuid":
        got = [UUID(one) for one in got]
    if kind != "jsonb":
        assert got == (values if expected is None else expected)
    ((shown,),) = ask(
        url,
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attname = 'the value'"
        f" AND attrelid = '\"{case}\"'::regclass",
    )
    assert shown == kind


def test_verify_only_accepts_every_imported_value(
    fitting: tuple[str, Done], tmp_path: Path
) -> None:
    path = database_of(tmp_path / "app.db", FITTING)
    assert brought(fitting[0], path, "--verify-only").report["outcome"] == "verified"


def test_inferred_types_are_noted(fitting: tuple[str, Done]) -> None:
    notes = fitting[1].notes()
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
def unfit(postgres: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Done]:
    url = postgres.create_database("import_unfit")
    path = database_of(tmp_path_factory.mktemp("unfit") / "app.db", UNFIT)
    return url, bring(url, path)


@pytest.mark.parametrize("case", UNFIT)
def test_rejected_value_is_reported_with_its_reason(unfit: tuple[str, Done], case: str) -> None:
    _, values, reason = UNFIT[case]
    (found,) = [one for one in unfit[1].report["unfit"]["values"] if one["table"] == case]
    assert found["reason"] == reason
    assert found["rowid"] == str(len(values))
    assert found["column"] == "the value"
    last = values[-1][1] if isinstance(values[-1], tuple) else values[-1]
    plain = isinstance(last, bytes) and not isinstance(values[-1], tuple)
    assert found["value"].rstrip("…") in (f"x'{last.hex()}'" if plain else repr(last))


def test_rejected_value_stops_the_whole_import(unfit: tuple[str, Done]) -> None:
    url, done = unfit
    assert done.status == 65
    assert (
        ask(url, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace") == []
    )
    assert "1 in no UTF-8.the value: is a text, but not UTF-8: 'caf\\xe9' (rowid 2)" in done.out
    assert done.report["unfit"]["total"] == len(UNFIT)
    assert done.report["outcome"] == "refused"


def test_on_bad_null_replaces_rejected_values_with_null(database: str, tmp_path: Path) -> None:
    path = database_of(tmp_path / "app.db", UNFIT)
    done = brought(database, path, "--on-bad", "null")
    for case, (_, values, _) in UNFIT.items():
        (row,) = ask(database, f'SELECT count(*), count("the value") FROM "{case}"')
        assert row == (len(values), len(values) - 1), case
    assert done.report["unfit"]["total"] == len(UNFIT)
    brought(database, path, "--on-bad", "null", "--verify-only")
    unasked = bring(database, path, "--verify-only")
    assert unasked.status == 1
    assert not any(table["same"] for table in unasked.report["tables"])
    assert "If the import used --on-bad, --exclude or --type, repeat them here." in unasked.out


def test_on_bad_skip_skips_rows_with_rejected_values(database: str, tmp_path: Path) -> None:
    path = database_of(tmp_path / "app.db", UNFIT)
    done = brought(database, path, "--on-bad", "skip")
    for case, (_, values, _) in UNFIT.items():
        assert ask(database, f'SELECT count(*) FROM "{case}"') == [(len(values) - 1,)], case
    assert all(table["skipped_rows"] == 1 for table in done.report["tables"])
    brought(database, path, "--on-bad", "skip", "--verify-only")


def test_on_bad_text_imports_rejected_columns_as_text(database: str, tmp_path: Path) -> None:
    path = database_of(tmp_path / "app.db", UNFIT)
    done = brought(database, path, "--on-bad", "text")
    assert done.report["unfit"]["total"] == len(UNFIT)
    brought(database, path, "--on-bad", "text", "--verify-only")
    for case, expected in (
        ("text in integer", ["1", "abc"]),
        ("empty text in real", ["1.5", ""]),
        ("NUL", ["a", "b\\x00c"]),
        ("no UTF-8", ["a", "caf\\xe9"]),
        ("uuid", ["\\x" + SIXTEEN.hex(), "\\x" + b"short".hex()]),
        ("nanoseconds", ["2024-02-29 10:00:00.123456789"]),
    ):
        found = ask(database, f'SELECT "the value" FROM "{case}" ORDER BY id')
        assert [v for (v,) in found] == expected


def test_on_bad_null_in_a_not_null_column_stops_the_import(database: str, tmp_path: Path) -> None:
    path = file(tmp_path / "app.db", "CREATE TABLE t (a INTEGER NOT NULL)", t=[(1,), ("x",)])
    done = bring(database, path, "--on-bad", "null")
    assert done.status == 65
    assert 'null value in column "a"' in done.err


def test_type_option_sets_the_type_of_a_column(database: str, tmp_path: Path) -> None:
    path = file(
        tmp_path / "app.db",
        "CREATE TABLE T (Seen INTEGER, day DATETIME, code TEXT)",
        T=[(UNIX, 2460264.5, "7")],
    )
    words = ("t.seen=timestamptz:unix", "T.day=date:julian", "T.code=bigint")
    brought(database, path, *(part for word in words for part in ("--type", word)))
    assert ask(database, 'SELECT * FROM "T"') == [(THEN, date(2023, 11, 16), 7)]


def test_many_rejected_values_are_counted_and_the_first_reported(
    database: str, tmp_path: Path
) -> None:
    rows = [(n, "" if n % 2 else n) for n in range(30_000)]
    path = file(tmp_path / "app.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, n INT)", t=rows)
    done = bring(database, path)
    assert done.status == 65
    assert "15,000 in t.n: is an empty text, not a whole number, such as '' (rowid 1)" in done.out
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
