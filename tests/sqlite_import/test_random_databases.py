"""Random databases: any value in any column, with any names, keys and circular references.

This test compares the imported values one by one, by the rules in the documentation.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from demijohn.common.exit_codes import CommandError
from demijohn.sqlite_import import text
from demijohn.sqlite_import.command import main
from demijohn.sqlite_import.source import database as source_database
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2.extensions import connection as Connection

from local.postgres import Postgres

TYPES = (
    *("INTEGER", "INT", "TEXT", "VARCHAR(4)", "REAL", "NUMERIC", "DECIMAL(6,2)", "BLOB", ""),
    *("BOOLEAN", "STRING", "DATETIME", "DATE", "UUID", "JSON", "TEXT COLLATE NOCASE"),
)


@dataclass(frozen=True)
class InvalidUtf8:
    """A text that is not valid UTF-8."""

    data: bytes


TEXTS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        [
            *(
                "",
                "0",
                "1",
                "t",
                "12",
                "1.50",
                "-0",
                "1e3",
                "\0",
                '"',
                "\\.",
                "\\N",
                ",",
                "\r\n",
                "nan",
            ),
            *("2024-02-29", "2023-02-29", "2024-01-01 10:00:00", "2024-01-01T10:00:00.5Z", "[1]"),
        ]
    ),
)
VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-3, 3),
    st.floats(allow_nan=False),
    st.sampled_from([0.1, 1e15, 1e16, 1e-5, 123456.78, -0.0, 2.0**53]),
    TEXTS,
    st.binary(max_size=20),
    st.sampled_from([InvalidUtf8(b"\xff"), InvalidUtf8(b"a\xc3"), InvalidUtf8(b"\xed\xa0\x80")]),
)
NAMES = st.one_of(
    st.text(
        st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=6
    ),
    st.sampled_from(
        ["select", "User", "user id", 'a"b', "xmin", "ctid", "x" * 70, "order", "ä" * 40]
    ),
).filter(lambda name: not name.lower().startswith("sqlite_"))


@dataclass
class Table:
    """A generated table. `key` is "", "rowid" or "without" (a WITHOUT ROWID table)."""

    name: str
    columns: list[tuple[str, str]]
    key: str
    parent: int | None
    rows: list[list[Any]]


def distinct_names(
    names: st.SearchStrategy[str], least: int, most: int
) -> st.SearchStrategy[list[str]]:
    """Names that SQLite considers different: it ignores the case of ASCII letters only."""
    return st.lists(
        names,
        min_size=least,
        max_size=most,
        unique_by=lambda name: "".join(c.lower() if c.isascii() else c for c in name),
    )


@st.composite
def databases(draw: st.DrawFn) -> list[Table]:
    tables = []
    names = draw(distinct_names(NAMES, 1, 3))
    for name in names:
        columns = [
            (column, draw(st.sampled_from(TYPES))) for column in draw(distinct_names(NAMES, 1, 4))
        ]
        rows = draw(st.lists(st.lists(VALUES, min_size=4, max_size=4), max_size=6))
        key = draw(st.sampled_from(["", "rowid", "without"]))
        parent = draw(st.none() | st.integers(0, len(names) - 1))
        tables.append(Table(name, columns, key, parent, rows))
    return tables


def quote_name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def create_file(path: Path, tables: list[Table]) -> None:
    """Write the tables to a SQLite file."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as made:
        for table in tables:
            parts = [f"{quote_name(name)} {type_}" for name, type_ in table.columns]
            parts.insert(0, "the_key INTEGER PRIMARY KEY")
            if table.parent is not None:
                parts.append(f"up INT REFERENCES {quote_name(tables[table.parent].name)} (the_key)")
            tail = ""
            if table.key == "without":
                parts[0], tail = "the_key INT PRIMARY KEY", " WITHOUT ROWID"
            made.execute(f"CREATE TABLE {quote_name(table.name)} ({', '.join(parts)}){tail}")
            for number, row in enumerate(table.rows):
                values = [number, *row[: len(table.columns)]]
                if table.parent is not None:
                    values.append(number if len(tables[table.parent].rows) > number else None)
                marks = ", ".join(
                    "CAST(? AS TEXT)" if isinstance(v, InvalidUtf8) else "?" for v in values
                )
                made.execute(
                    f"INSERT INTO {quote_name(table.name)} VALUES ({marks})",
                    [v.data if isinstance(v, InvalidUtf8) else v for v in values],
                )
        made.commit()


def read_rows(path: Path, table: Table) -> list[list[Any]]:
    """The values in SQLite, after type affinity, in the order of the key."""
    with closing(sqlite3.connect(path)) as made:
        made.text_factory = decode_text
        columns = ", ".join(quote_name(name) for name, _ in table.columns)
        return [
            list(row)
            for row in made.execute(
                f"SELECT {columns} FROM {quote_name(table.name)} ORDER BY the_key"
            )
        ]


def decode_text(data: bytes) -> str | InvalidUtf8:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return InvalidUtf8(data)


def is_same(value: Any, found: Any, type_: str) -> bool:
    """Whether the value in Postgres is that of SQLite, by the rules in the documentation."""
    if value is None or found is None:
        return value is found
    if type_ == "bytea":
        return bytes(found) == value
    if type_ in ("bigint", "numeric") or type_.startswith("numeric"):
        return found == Decimal(value if isinstance(value, str) else repr(value))
    if type_ == "double precision":
        return found == float(value) and (
            isinstance(value, str) or Decimal(value) == Decimal(found)
        )
    if type_ == "boolean":
        return found == (value == 1 or value in ("1", "t"))
    if type_ in ("text", "character varying"):
        return found == (value if isinstance(value, str) else format_as_text(value))
    return True  # dates, JSON and UUIDs are compared elsewhere, value by value


def format_as_text(value: Any) -> str:
    """A value as a text column has it: a number, or a value that only --on-bad text accepts."""
    if isinstance(value, InvalidUtf8):
        return value.data.decode(errors="backslashreplace")
    return "\\x" + value.hex() if isinstance(value, bytes) else repr(value)


@pytest.fixture(scope="module")
def empty_database(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A connection to a database that each example empties, and a folder."""
    url = postgres.create_database("import_any")
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", url)
        patch.setenv("DEMIJOHN_DOTENV", "")
        # Apps of other tests still reconnect, and set the callback for the whole process.
        patch.setattr(psycopg2.extensions, "set_wait_callback", lambda _: None)
        yield connection, tmp_path_factory.mktemp("any")
    connection.close()


@settings(
    max_examples=40,
    deadline=None,
    derandomize=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    tables=databases(),
    policy=st.sampled_from(["", "null", "text", "skip"]),
    large=st.sampled_from([source_database.BATCH_BYTES, 4]),
)
def test_random_database_is_imported_unchanged_or_rejected(
    empty_database: Any, tables: list[Table], policy: str, large: int
) -> None:
    """Rows larger than `large` bytes are sent in slices."""
    connection, folder = empty_database
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    path = folder / "any.db"
    create_file(path, tables)
    words = [str(path), "--report", str(folder / "report.json")]
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(source_database, "BATCH_BYTES", large)
            patch.setattr(text, "SLICE", 3)
            status = main(words + (["--on-bad", policy] if policy else []))
    except CommandError as error:
        check_refusal(connection, error, json.loads((folder / "report.json").read_text()), policy)
        return
    assert status == 0
    report = json.loads((folder / "report.json").read_text())
    for table in tables:
        (found,) = [one for one in report["tables"] if one["source"] == table.name]
        check_table(connection, table, read_rows(path, table), found, report, policy)


def check_refusal(
    connection: Connection, error: CommandError, report: dict[str, Any], policy: str
) -> None:
    """The refusal has a reason, and nothing was changed."""
    assert error.status == 65, error.message
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        assert cursor.rowcount == 0
    if not policy:
        assert report["unfit"]["total"]
    else:
        raise AssertionError(error.message)


def check_table(
    connection: Connection,
    table: Table,
    rows: list[list[Any]],
    found: dict[str, Any],
    report: dict[str, Any],
    policy: str,
) -> None:
    """Every value is unchanged, or is listed as rejected."""
    columns = [found["columns"][name] for name, _ in table.columns]
    names = ", ".join(quote_name(name) for name, _ in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT the_key, {names} FROM {quote_name(found['target'])} ORDER BY the_key"
        )
        arrived = {row[0]: row[1:] for row in cursor.fetchall()}
    listed = {
        (int(one["rowid"]), one["column"])
        for one in report["unfit"]["values"]
        if one["table"] == table.name
    }
    skipped = {number for number, _ in listed} if policy == "skip" else set()
    assert set(arrived) == set(range(len(rows))) - skipped
    for number, row in arrived.items():
        for value, got, (_, type_), (name, _) in zip(
            rows[number], row, columns, table.columns, strict=True
        ):
            if policy == "null" and (number, name) in listed:
                assert got is None
            elif policy == "text" and isinstance(value, str) and "\0" in value:
                assert got == value.replace("\0", "\\x00")
            else:
                assert is_same(value, got, type_), (value, got, type_)
