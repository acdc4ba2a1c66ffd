"""The type of a column: from the declared type, and from statistics of a real SQLite file."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from demijohn.sqlite_import.planning.column_stats import ALL_DATES, column_stats
from demijohn.sqlite_import.planning.type_inference import (
    InferredType,
    infer_type,
    interval_of_dates,
    parse_type_option,
)
from demijohn.sqlite_import.source.catalog import read_schema
from demijohn.sqlite_import.source.database import Source
from demijohn.sqlite_import.types.datetimes import EPOCH_DATES, Interval
from demijohn.sqlite_import.workers.reader_pool import ReaderPool

NOW = 1_700_000_000
PLAIN, ZONED = "timestamp without time zone", "timestamp with time zone"

# Declared type, values, the name of the type, and the note.
CASES: dict[str, tuple[str, list[Any], str, str]] = {
    "integers": ("INTEGER", [1, -(2**63), None], "bigint", ""),
    "integers with reals": ("INT", [1, 2.5], "double precision", "double precision: its values do not match INT"),
    "large integers with reals": ("INT", [2**60 + 1, 0.5], "numeric", "numeric: its values do not match INT"),
    "integers with texts": ("INT", [1, "x"], "bigint", ""),
    "texts in integer": ("INT", ["ab", "c"], "text", "text: its values do not match INT"),
    "reals": ("REAL", [0.5, None], "double precision", ""),
    "texts": ("TEXT", ["a", None], "text", ""),
    "texts within the limit": ("VARCHAR(3)", ["abc", "éé"], "character varying(3)", ""),
    "texts beyond the limit": ("VARCHAR(3)", ["abcd"], "text", "text: values are longer than VARCHAR(3) allows"),
    "decimals": ("DECIMAL(5,2)", [123.45, -999.99], "numeric(5,2)", ""),
    "decimals that are finer": ("DECIMAL(5,2)", [1.234], "numeric", "numeric: values have more digits than DECIMAL(5,2) allows"),
    "decimals that are larger": ("DECIMAL(5,2)", [1000], "numeric", "numeric: values have more digits than DECIMAL(5,2) allows"),
    "booleans": ("BOOLEAN", [0, 1, "x"], "boolean", ""),
    "uuids": ("UUID", ["x"], "uuid", ""),
    "jsonb": ("JSONB", ["{}"], "jsonb", ""),
    "blobs": ("BLOB", [b"x"], "bytea", ""),
    "texts in blob": ("BLOB", ["x"], "text", "text: its values do not match BLOB"),
    "no declaration": ("", [1, "x", 2.5], "text", "text: values are of several types; numbers are converted to text"),
    "unknown declaration": ("MOOD", [1, 2], "bigint", "bigint: from its values, since SQLite does not know the type MOOD"),
    "no values": ("WHATEVER", [None], "text", ""),
    "dates": ("DATE", ["2024-02-29"], "date", ""),
    "dates with times": ("DATE", ["2024-02-29 10:00"], PLAIN, f"{PLAIN}: some values have a time of day"),
    "a long text among dates": ("DATE", ["2024-02-29", "Jan 15, 1980"], "date", ""),
    "timestamps": ("DATETIME", ["2024-02-29 10:00:00"], PLAIN, ""),
    "timestamps with zones": ("DATETIME", ["2024-02-29 10:00:00Z"], ZONED, f"{ZONED}: some values have a time zone; those without are UTC"),
    "seconds": ("DATETIME", [NOW, 0, -1.5], ZONED, f"{ZONED}: its values are seconds since 1970"),
    "milliseconds": ("TIMESTAMP", [NOW * 1000, 86_400], ZONED, f"{ZONED}: its values are milliseconds since 1970"),
    "milliseconds of 1976": ("TIMESTAMP", [2 * 10**11], ZONED, f"{ZONED}: its values are milliseconds since 1970"),
    "microseconds": ("TIMESTAMP", [NOW * 10**6], ZONED, f"{ZONED}: its values are microseconds since 1970"),
    "julian days": ("DATETIME", [2460263.5, 2451545.0], ZONED, f"{ZONED}: its values are Julian days"),
    "seconds among milliseconds": ("TIMESTAMP", [NOW * 1000, NOW], PLAIN, ""),
    "milliseconds among microseconds": ("TIMESTAMP", [NOW * 10**6, NOW * 1000], PLAIN, ""),
    "seconds before 1970 among microseconds": ("TIMESTAMP", [NOW * 10**6, -NOW], PLAIN, ""),
    "seconds and a later millisecond": ("TIMESTAMP", [NOW, 10**13], PLAIN, ""),
    "numbers that may be anything": ("TIMESTAMP", [5], PLAIN, ""),
    "numbers among dates": ("TIMESTAMP", ["2024-02-29", NOW], PLAIN, ""),
    "times": ("TIME", ["10:00"], "time without time zone", ""),
}  # fmt: skip


@pytest.fixture(scope="module")
def inferred(tmp_path_factory: pytest.TempPathFactory) -> dict[str, InferredType]:
    """The inferred types of all cases: one table each, in one file."""
    path = tmp_path_factory.mktemp("inference") / "app.db"
    with closing(sqlite3.connect(path)) as made:
        for name, (declared, values, *_) in CASES.items():
            made.execute(f'CREATE TABLE "{name}" (id INTEGER PRIMARY KEY, v {declared})')
            made.executemany(f'INSERT INTO "{name}" (v) VALUES (?)', [(v,) for v in values])
        made.commit()
    found = {}
    with Source(path) as source, ReaderPool(source) as pool:
        pool.join_snapshot()
        for table in read_schema(source).tables:
            column = table.find_column("v")
            assert column is not None
            found[table.name] = infer_type(column, column_stats(pool, table, {})["v"])
    return found


@pytest.mark.parametrize("case", CASES)
def test_type_is_inferred_from_declaration_and_values(
    inferred: dict[str, InferredType], case: str
) -> None:
    *_, name, note = CASES[case]
    assert (inferred[case].pg_type.sql, inferred[case].note) == (name, note)


@pytest.mark.parametrize(
    ("values", "unit"),
    [(["1970-01-02", "1970-01-01 10:00:00"], EPOCH_DATES), (["1970-01-02", "2 hours"], "")],
)
def test_interval_has_a_unit_only_if_all_values_are_dates(
    tmp_path: Path, values: list[str], unit: str
) -> None:
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE t (v DATETIME)")
        made.executemany("INSERT INTO t VALUES (?)", [(value,) for value in values])
        made.commit()
    with Source(path) as source, ReaderPool(source) as pool:
        pool.join_snapshot()
        (table,) = read_schema(source).tables
        stats = column_stats(pool, table, {"v": ALL_DATES})["v"]
    assert interval_of_dates(Interval(), stats).unit == unit


@pytest.mark.parametrize(
    ("option", "sql", "unit"),
    [
        ("bigint", "bigint", None),
        ("timestamptz:unix", ZONED, "unix"),
        ("date:julian", "date", "julian"),
        ("interval:s", "interval", "s"),
        ("interval:epoch", "interval", EPOCH_DATES),
    ],
)
def test_type_option_names_a_type(option: str, sql: str, unit: str | None) -> None:
    pg_type = parse_type_option(option)
    assert (pg_type.sql, getattr(pg_type, "unit", None)) == (sql, unit)


@pytest.mark.parametrize("option", ["varchar", "text:unix", "timestamptz:epoch", "", ":us"])
def test_type_option_that_is_unknown_raises(option: str) -> None:
    with pytest.raises(ValueError, match="is not a type"):
        parse_type_option(option)
