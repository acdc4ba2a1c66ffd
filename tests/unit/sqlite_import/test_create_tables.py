"""Defaults of columns in Postgres: the value that SQLite gives, or the reason why not."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from demijohn.sqlite_import.model.mapping import ColumnMapping
from demijohn.sqlite_import.model.pg_type import PgType
from demijohn.sqlite_import.model.rejects import ConversionError
from demijohn.sqlite_import.model.schema import Column
from demijohn.sqlite_import.source.database import Source
from demijohn.sqlite_import.target.catalog import pg_type_named
from demijohn.sqlite_import.target.create_tables import translate_default
from demijohn.sqlite_import.target.translate import Untranslatable
from demijohn.sqlite_import.types.datetimes import Timestamp

TEXT, BIGINT, BOOLEAN = (pg_type_named(name) for name in ("text", "bigint", "boolean"))
PLAIN, ZONED = Timestamp(), Timestamp("timestamp with time zone")
NOW = "(now() AT TIME ZONE 'UTC')"


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE t (a)")
    with Source(path) as opened:
        yield opened


def translated(source: Source, default: str, pg_type: PgType) -> str:
    column = Column("a", "", not_null=False, default=default, key_position=0, affinity="")
    return translate_default(source, ColumnMapping(column, "a", pg_type, not_null=False))


@pytest.mark.parametrize(
    ("default", "pg_type", "sql"),
    [
        ("NULL", TEXT, ""),
        ("word", TEXT, "'word'::text"),
        ('"a ""word"""', TEXT, "'a \"word\"'::text"),
        ("('x' || 1)", TEXT, "'x1'::text"),
        ("0x10", BIGINT, "'16'::bigint"),
        ("true", BOOLEAN, "'t'::boolean"),
        ("CURRENT_TIMESTAMP", ZONED, "CURRENT_TIMESTAMP"),
        (
            "(datetime('now'))",
            PLAIN,
            f"(date_trunc('second', {NOW})::timestamp without time zone)",
        ),
        ("CURRENT_DATE", TEXT, f"to_char({NOW}, 'YYYY-MM-DD')"),
        ("unixepoch()", BIGINT, "(extract(epoch FROM now())::bigint)"),
        ("(strftime('%s', 'now'))", BIGINT, "(extract(epoch FROM now())::bigint)"),
    ],
)
def test_default_is_translated(source: Source, default: str, pg_type: PgType, sql: str) -> None:
    assert translated(source, default, pg_type) == sql


@pytest.mark.parametrize(
    ("default", "pg_type", "reason"),
    [
        ("(random())", BIGINT, r"is \(random\(\)\)"),
        ("(CURRENT_TIMESTAMP || 'Z')", BIGINT, "is .*CURRENT_TIMESTAMP"),
        ("(strftime('%S', 'now'))", BIGINT, "is .*strftime"),
        ("CURRENT_TIME", PLAIN, "is a time of day"),
        ("CURRENT_DATE", BIGINT, "is a date, but the column is bigint"),
        ("'x'", BIGINT, "is a text, not a whole number"),
    ],
)
def test_default_without_equivalent_has_a_reason(
    source: Source, default: str, pg_type: PgType, reason: str
) -> None:
    with pytest.raises((Untranslatable, ConversionError), match=reason):
        translated(source, default, pg_type)
