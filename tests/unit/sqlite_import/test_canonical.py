"""Canonical forms: what the checksums hash, independent of the encoders and as strict as they."""

from typing import Any

import pytest
from demijohn.sqlite_import.checksum.canonical import canonical_encoders
from demijohn.sqlite_import.checksum.canonical_value import quote, unquote
from demijohn.sqlite_import.model.invalid_text import InvalidText
from demijohn.sqlite_import.model.pg_type import PgType
from demijohn.sqlite_import.planning.type_inference import TYPES_BY_OPTION, UNITS_BY_OPTION
from demijohn.sqlite_import.target.catalog import TYPES_BY_NAME, pg_type_named
from demijohn.sqlite_import.types.datetimes import EPOCH_DATES, Interval, Timestamp
from demijohn.sqlite_import.types.text_types import AnyText, EnumOrUnknown
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.sqlite_import.value_strategies import REGRESSIONS, VALUES
from tests.support.encodings import canonical_forms, encoded_fields

PLAIN, ZONED = "timestamp without time zone", "timestamp with time zone"
TYPES: dict[str, PgType] = {
    **{name: pg_type for name, pg_type in TYPES_BY_NAME.items() if name != "citext"},
    **{
        name: pg_type_named(name)
        for name in ("character varying(3)", "character(3)", "numeric(5,2)", "numeric(5,-2)")
    },
    **{
        f"{name}:{unit}": TYPES_BY_OPTION[name](unit)
        for name, units in UNITS_BY_OPTION.items()
        for unit in units
    },
    "time(3)": pg_type_named("time(3) without time zone"),
    "timestamp(0)": pg_type_named("timestamp(0) without time zone"),
    "any text": AnyText(),
    "enum": EnumOrUnknown("mood", ("sad", "ok", "1", "")),
    "unknown": EnumOrUnknown("inet"),
}

# Type, value, its canonical form.
CANONICAL: list[tuple[PgType, Any, str]] = [
    (TYPES["bigint"], "+7", "7"),
    (TYPES["bigint"], -0.0, "0"),
    (TYPES["double precision"], 1, "3ff0000000000000"),
    (TYPES["real"], 0.5, "3f000000"),
    (TYPES["numeric"], 1.50, "1.5"),
    (TYPES["numeric"], "100.00", "100"),
    (TYPES["numeric"], -0.0, "0"),
    (TYPES["numeric"], 1e16, "10000000000000000"),
    (TYPES["boolean"], " Yes ", "true"),
    (TYPES["text"], "it's \\", "E'it''s \\\\'"),
    (TYPES["text"], 0.5, "'0.5'"),
    (TYPES["bytea"], b"", "d41d8cd98f00b204e9800998ecf8427e"),
    (TYPES["uuid"], bytes(16), "00000000-0000-0000-0000-000000000000"),
    (TYPES["uuid"], "{" + "A" * 32 + "}", "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"),
    (TYPES["json"], "[1,  2]", "'[1,  2]'"),
    (TYPES["jsonb"], '{"bb":1.50,"a":-0.0, "a":1E2}', '\'{"a": 100, "bb": 1.50}\''),
    (Timestamp("date"), "2024-02-29", "2024-02-29"),
    (Timestamp(PLAIN), "2024-02-29T10:00:00.500", "2024-02-29 10:00:00.5"),
    (Timestamp(ZONED), "2024-02-29 10:00-0330", "2024-02-29 13:30:00+00"),
    (Timestamp(ZONED, "julian"), 2451545.0, "2000-01-01 12:00:00+00"),
    (TYPES["time without time zone"], "10:11:12.50", "10:11:12.5"),
    (Interval(unit=EPOCH_DATES), "1970-01-02", "0000000000000000" + "00000001" + "00000000"),
    (Interval(), "2 hours", "?"),
    (TYPES["unknown"], "10.0.0.1", "?"),
    (TYPES["any text"], InvalidText(b"caf\xe9"), "E'caf\\\\xe9'"),
]


@pytest.mark.parametrize(("pg_type", "value", "text"), CANONICAL)
def test_value_has_its_canonical_form(pg_type: PgType, value: Any, text: str) -> None:
    _, encode_value = canonical_encoders(pg_type, large=False)
    assert encode_value(value) == text


@pytest.mark.parametrize("text", ["", "a'b", "a\\b", "E'x'", "\\'"])
def test_quoted_text_is_unquoted_again(text: str) -> None:
    assert unquote(quote(text)) == text


@settings(max_examples=100, deadline=None)
@given(values=st.lists(VALUES, min_size=1, max_size=10), large=st.booleans())
@example(values=list(REGRESSIONS), large=False)
@example(values=list(REGRESSIONS), large=True)
def test_checksum_and_load_reject_the_same_values(values: list[Any], large: bool) -> None:
    for name, pg_type in TYPES.items():
        for value in values:
            forms = canonical_forms(*canonical_encoders(pg_type, large=large), value)
            assert len(forms) == bool(encoded_fields(pg_type, value)), (name, value)
