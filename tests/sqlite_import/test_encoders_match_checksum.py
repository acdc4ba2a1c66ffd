"""The encoders and the checksum share no code, but accept the same values, and Postgres computes
the same canonical form for each of them.
"""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import psycopg2
import pytest
from demijohn.sqlite_import.checksum.canonical import canonical_encoders
from demijohn.sqlite_import.checksum.target_checksum import canonical_column_sql
from demijohn.sqlite_import.model.mapping import ColumnMapping
from demijohn.sqlite_import.model.pg_type import PgType
from demijohn.sqlite_import.model.schema import Column
from demijohn.sqlite_import.planning.type_inference import TYPES_BY_OPTION, UNITS_BY_OPTION
from demijohn.sqlite_import.target.catalog import TYPES_BY_NAME, pg_type_named
from demijohn.sqlite_import.types.text_types import AnyText, EnumOrUnknown
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from local.postgres import Postgres
from tests.sqlite_import.value_strategies import REGRESSIONS, VALUES
from tests.support.encodings import canonical_forms, encoded_fields

LIMITED = (
    *("character varying(3)", "character(3)", "numeric(5,2)", "numeric(3,5)", "numeric(5,-2)"),
    *("time(3) without time zone", "timestamp(0) without time zone"),
    *("timestamp(3) with time zone", "inet"),
)
PG_TYPES: dict[str, PgType] = {
    **{name: pg_type for name, pg_type in TYPES_BY_NAME.items() if name != "citext"},
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
    """A connection to a database with the enum, and with the settings of an import."""
    made = psycopg2.connect(postgres.create_database("import_agree"))
    with pytest.MonkeyPatch.context() as patch:
        # Apps of other tests still reconnect, and set the callback for the whole process.
        psycopg2.extensions.set_wait_callback(None)
        patch.setattr(psycopg2.extensions, "set_wait_callback", lambda _: None)
        with made.cursor() as cursor:
            cursor.execute("CREATE TYPE mood AS ENUM ('sad', 'ok', '1', '')")
            cursor.execute("SET TimeZone TO UTC; SET DateStyle TO ISO; SET extra_float_digits TO 1")
        made.commit()
        yield made
    made.close()


def stored_forms(connection: Any, pg_type: PgType, fields: list[str], *, large: bool) -> list[str]:
    """The canonical forms that Postgres computes for fields sent with COPY."""
    column = Column("v", "", not_null=False, default=None, key_position=0, affinity="")
    mapping = ColumnMapping(column, "v", pg_type, not_null=False)
    connection.rollback()
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE t (id serial, v {pg_type.sql})")
        cursor.copy_expert("COPY t (v) FROM STDIN (FORMAT csv)", StringIO("\n".join([*fields, ""])))
        cursor.execute(f"SELECT {canonical_column_sql(mapping, large=large)} FROM t ORDER BY id")
        return [text for (text,) in cursor.fetchall()]


@pytest.mark.parametrize("name", PG_TYPES)
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(values=st.lists(VALUES, min_size=1, max_size=20), large=st.booleans())
@example(values=list(REGRESSIONS), large=False)
@example(values=list(REGRESSIONS), large=True)
def test_encoders_and_checksum_accept_the_same_values(
    connection: Any, name: str, values: list[Any], large: bool
) -> None:
    pg_type = PG_TYPES[name]
    whole, one = canonical_encoders(pg_type, large=large)
    fields: list[str] = []
    forms: list[str] = []
    for value in values:
        encoded, canonical = encoded_fields(pg_type, value), canonical_forms(whole, one, value)
        assert len(canonical) == bool(encoded), value
        fields += encoded
        forms += list(canonical) * len(encoded)
    if not pg_type.not_comparable:
        assert stored_forms(connection, pg_type, fields, large=large) == forms
