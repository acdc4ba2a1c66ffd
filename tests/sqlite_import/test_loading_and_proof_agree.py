"""The loading and the proof share nothing, and yet judge every value alike: what one refuses the
other refuses, and what both take is the same to Postgres.
"""

from collections.abc import Iterator
from contextlib import suppress
from io import StringIO
from typing import Any

import psycopg2
import pytest
from demijohn.sqlite_import.checksum.canonical import ColumnEncoder, canonical_encoders
from demijohn.sqlite_import.checksum.canonical_value import CANONICAL_ERRORS, ValueEncoder
from demijohn.sqlite_import.checksum.target_checksum import canonical_column_sql
from demijohn.sqlite_import.model.mapping import ColumnMapping
from demijohn.sqlite_import.model.pg_type import PgType
from demijohn.sqlite_import.model.rejects import ConversionError
from demijohn.sqlite_import.model.schema import Column
from demijohn.sqlite_import.planning.type_inference import TYPES_BY_OPTION, UNITS_BY_OPTION
from demijohn.sqlite_import.target.catalog import TYPES_BY_NAME, pg_type_named
from demijohn.sqlite_import.types.postgres_types import COLUMN_ERRORS
from demijohn.sqlite_import.types.text_types import AnyText, EnumOrUnknown
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from local.postgres import Postgres
from tests.sqlite_import.near_misses import ONCE, VALUES

LIMITED = (
    *("character varying(3)", "character(3)", "numeric(5,2)", "numeric(3,5)", "numeric(5,-2)"),
    *("time(3) without time zone", "timestamp(0) without time zone"),
    *("timestamp(3) with time zone", "inet"),
)
ALL: dict[str, PgType] = {
    **{name: kind for name, kind in TYPES_BY_NAME.items() if name != "citext"},
    **{name: pg_type_named(name) for name in LIMITED},
    **{
        f"{name}:{unit}": TYPES_BY_OPTION[name](unit)
        for name, units in UNITS_BY_OPTION.items()
        for unit in units
    },
    "any text": AnyText(),
    "enum": EnumOrUnknown("mood", ("sad", "ok", "1", "")),
}


@pytest.fixture(scope="module")
def connection(postgres: Postgres) -> Iterator[Any]:
    """To a database that has the enum, with the settings of an import."""
    made = psycopg2.connect(postgres.create_database("import_agree"))
    with pytest.MonkeyPatch.context() as patch:
        # Apps of other tests, which still look for their databases, set it for the whole process.
        psycopg2.extensions.set_wait_callback(None)
        patch.setattr(psycopg2.extensions, "set_wait_callback", lambda _: None)
        with made.cursor() as cursor:
            cursor.execute("CREATE TYPE mood AS ENUM ('sad', 'ok', '1', '')")
            cursor.execute("SET TimeZone TO UTC; SET DateStyle TO ISO; SET extra_float_digits TO 1")
        made.commit()
        yield made
    made.close()


def sent(kind: PgType, value: Any) -> set[str]:
    """The fields of CSV that a value may become, alone or among others; none if it does not fit."""
    fields = set()
    with suppress(ConversionError):
        fields = {kind.encode_field(value), "".join(kind.encode_pieces(value))}
    with suppress(*COLUMN_ERRORS, ConversionError):
        fields.update(field for field in kind.encode_column([value]) if "\0" not in field)
    return fields


def proven(whole: ColumnEncoder, one: ValueEncoder, value: Any) -> set[str]:
    """The normal forms that a value may have, alone or among others; none if it does not fit."""
    forms = set()
    with suppress(*CANONICAL_ERRORS):
        forms = {one(value)}
    with suppress(*CANONICAL_ERRORS):
        forms.update(text for text in whole([value]) if "\0" not in text)
    return forms


def held(connection: Any, kind: PgType, fields: list[str], *, large: bool) -> list[str]:
    """What Postgres gives as the normal form of fields that COPY brings it."""
    column = Column("v", "", not_null=False, default=None, key_position=0, affinity="")
    move = ColumnMapping(column, "v", kind, not_null=False)
    connection.rollback()
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE t (id serial, v {kind.sql})")
        cursor.copy_expert("COPY t (v) FROM STDIN (FORMAT csv)", StringIO("\n".join([*fields, ""])))
        cursor.execute(f"SELECT {canonical_column_sql(move, large=large)} FROM t ORDER BY id")
        return [text for (text,) in cursor.fetchall()]


@pytest.mark.parametrize("name", ALL)
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(values=st.lists(VALUES, min_size=1, max_size=20), large=st.booleans())
@example(values=list(ONCE), large=False)
@example(values=list(ONCE), large=True)
def test_encoders_and_checksum_accept_the_same_values(
    connection: Any, name: str, values: list[Any], large: bool
) -> None:
    kind = ALL[name]
    whole, one = canonical_encoders(kind, large=large)
    fields: list[str] = []
    forms: list[str] = []
    for value in values:
        ways, texts = sent(kind, value), proven(whole, one, value)
        assert len(texts) == bool(ways), value
        fields += ways
        forms += list(texts) * len(ways)
    if not kind.not_comparable:
        assert held(connection, kind, fields, large=large) == forms
