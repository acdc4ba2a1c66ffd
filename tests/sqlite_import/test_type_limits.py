"""Types that would truncate, round or reinterpret values: such values are rejected."""

from pathlib import Path

import pytest
from demijohn.sqlite_import.model.rejects import format_value

from tests.sqlite_import.helpers import (
    ONE_AND_SEVERAL_READERS,
    create_sqlite,
    query,
    run_import,
    run_import_ok,
    run_sql,
)


@ONE_AND_SEVERAL_READERS
@pytest.mark.parametrize(
    ("unit", "number"), [("us", 90_061_000_001), ("ms", 90_061_000.001), ("s", 90_061.000_001)]
)
def test_numbers_become_intervals_only_with_a_unit(
    database: str, tmp_path: Path, unit: str, number: float, program: tuple[str, ...]
) -> None:
    """Postgres reads a plain number as seconds; Django stores microseconds."""
    run_sql(database, "CREATE TABLE t (a interval)")
    path = create_sqlite(
        tmp_path / "app.db", "CREATE TABLE t (a bigint)", t=[(number,), (-number,), (None,)]
    )
    done = run_import(database, path, program=program)
    assert done.status == 65
    assert "is a number: give its unit" in done.err + done.out
    words = ("--type", f"t.a=interval:{unit}")
    run_import_ok(database, path, *words, program=program)
    assert query(database, "SELECT a::text FROM t ORDER BY a") == [
        ("-2 days +22:58:58.999999",),
        ("1 day 01:01:01.000001",),
        (None,),
    ]
    assert run_import(database, path, "--verify-only", *words, program=program).status == 0
    run_sql(database, "UPDATE t SET a = a * 1.5")
    assert run_import(database, path, "--verify-only", *words, program=program).status == 1


@ONE_AND_SEVERAL_READERS
def test_dates_become_intervals_since_1970(
    database: str, tmp_path: Path, program: tuple[str, ...]
) -> None:
    run_sql(database, "CREATE TABLE t (a interval)")
    rows = [("1970-01-02 01:00:00.500000",), ("2 hours",)]
    path = create_sqlite(tmp_path / "app.db", "CREATE TABLE t (a DATETIME)", t=rows)
    run_import_ok(database, path, program=program)
    assert query(database, "SELECT a::text FROM t ORDER BY a") == [
        ("02:00:00",),
        ("1 day 01:00:00.5",),
    ]


@ONE_AND_SEVERAL_READERS
@pytest.mark.parametrize("type_", ["timestamp(3)", "timestamptz(3)", "time(3)"])
def test_fractional_seconds_beyond_the_precision_are_rejected(
    database: str, tmp_path: Path, type_: str, program: tuple[str, ...]
) -> None:
    run_sql(database, f"CREATE TABLE t (a {type_})")
    day = "" if type_ == "time(3)" else "2024-01-01 "
    declared = "TIME" if type_ == "time(3)" else "DATETIME"
    fit, unfit = f"{day}10:00:00.123", f"{day}10:00:00.1235"
    path = create_sqlite(
        tmp_path / "app.db", f"CREATE TABLE t (a {declared})", t=[(fit,), (unfit,)]
    )
    done = run_import(database, path, program=program)
    assert done.status == 65
    assert "more than the 3 fractional digits" in done.out
    run_import_ok(database, path, "--on-bad", "null", program=program)
    assert [str(a) for (a,) in query(database, "SELECT to_char(a, 'SS.US') FROM t ORDER BY a")] == [
        "00.123000",
        "None",
    ]


@ONE_AND_SEVERAL_READERS
def test_milliseconds_are_imported_into_a_timestamp_3_column(
    database: str, tmp_path: Path, program: tuple[str, ...]
) -> None:
    run_sql(database, "CREATE TABLE t (a timestamp(3))")
    path = create_sqlite(
        tmp_path / "app.db", "CREATE TABLE t (a DATETIME)", t=[(1_700_000_000_123,)]
    )
    run_import_ok(database, path, program=program)
    assert query(database, "SELECT a::text FROM t") == [("2023-11-14 22:13:20.123",)]


# Type, values that it keeps, their text form, values that it would silently truncate or round.
CUTTING = {
    '"char"': (["a", 5, ""], ["", "5", "a"], ["ab", "é"]),
    "name": (["a" * 63, "é" * 31], ["a" * 63, "é" * 31], ["a" * 64, "é" * 32]),
    "money": (
        [12.5, -3, "0.25", 1e6],
        ["$0.25", "$1,000,000.00", "$12.50", "-$3.00"],
        [0.125, 1e-5],
    ),
    "numeric(5,-2)": (
        [1200, "-1e6", 9_999_900, 0],
        ["-1000000", "0", "1200", "9999900"],
        [1250, 0.5, 10_000_000],
    ),
    "numeric(2,4)": ([0.0099, "0.001", 0], ["0.0000", "0.0010", "0.0099"], [0.01, 0.00001]),
}


@ONE_AND_SEVERAL_READERS
@pytest.mark.parametrize("type_", CUTTING)
def test_values_that_a_type_would_truncate_or_round_are_rejected(
    database: str, tmp_path: Path, type_: str, program: tuple[str, ...]
) -> None:
    run_sql(database, f"CREATE TABLE t (a {type_})")
    fit, written, unfit = CUTTING[type_]
    path = create_sqlite(
        tmp_path / "app.db", "CREATE TABLE t (a)", t=[(a,) for a in (*fit, *unfit)]
    )
    done = run_import(database, path, program=program)
    assert done.status == 65
    assert [one["value"] for one in done.report["unfit"]["values"]] == [*map(format_value, unfit)]
    run_import_ok(database, path, "--on-bad", "null", program=program)
    found = query(database, 'SELECT a::text FROM t ORDER BY a::text COLLATE "C"')
    assert sorted(str(a) for (a,) in found if a is not None) == sorted(written)
    run_sql(database, "TRUNCATE t")
    run_import_ok(database, path, "--on-bad", "skip", program=program)
    assert query(database, "SELECT count(*) FROM t") == [(len(fit),)]


DOMAINS = """
CREATE TYPE mood AS ENUM ('good'); CREATE DOMAIN felt AS mood;
CREATE DOMAIN price AS numeric(5,2); CREATE DOMAIN cost AS price;
CREATE DOMAIN given AS cost NOT NULL;
CREATE DOMAIN wanted AS given;
CREATE TABLE t (id int, a cost, b wanted, c felt);
"""


def test_domain_has_the_limits_of_its_base_types(database: str, tmp_path: Path) -> None:
    run_sql(database, DOMAINS)
    rows = [(1, 1.25, 2.5, "good"), (2, 1.255, 1, None), (3, 1, None, None), (4, None, 0, "bad")]
    path = create_sqlite(tmp_path / "app.db", "CREATE TABLE t (id INT, a, b, c)", t=rows)
    done = run_import(database, path)
    assert done.status == 65
    assert [(one["column"], one["reason"]) for one in done.report["unfit"]["values"]] == [
        ("a", "has more decimals than numeric(5,2)"),
        ("b", "is NULL, and the column is NOT NULL"),
        ("c", "is none of mood: good"),
    ]
    run_import_ok(database, path, "--on-bad", "skip")
    assert query(database, "SELECT id FROM t") == [(1,)]


@pytest.mark.parametrize(
    "type_",
    [
        *("interval(3)", "interval day to minute", "time(2) with time zone", "numeric(5,2)[]"),
        *("timestamp(0)[]", "timestamptz(3)[]", "money[]", "name[]", '"char"[]'),
    ],
)
def test_existing_type_that_rounds_and_is_not_comparable_is_refused(
    database: str, tmp_path: Path, type_: str
) -> None:
    run_sql(database, f"CREATE TABLE t (id int, a {type_})")
    path = create_sqlite(tmp_path / "app.db", "CREATE TABLE t (id INT, a TEXT)", t=[(1, None)])
    done = run_import(database, path)
    assert done.status == 65
    assert "which silently rounds values" in done.err
    assert "--exclude t.a" in done.err
    run_import_ok(database, path, "--exclude", "t.a")
