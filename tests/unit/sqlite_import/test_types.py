"""Encoders: each SQLite value exactly as Postgres parses it, or the reason why it does not fit."""

from typing import Any

import pytest
from demijohn.sqlite_import.model.invalid_text import HalfSurrogateText, InvalidText
from demijohn.sqlite_import.model.pg_type import PgType
from demijohn.sqlite_import.model.rejects import ConversionError
from demijohn.sqlite_import.planning.type_inference import parse_type_option
from demijohn.sqlite_import.target.catalog import pg_type_named
from demijohn.sqlite_import.types.numbers_and_booleans import COLUMN_ERRORS
from demijohn.sqlite_import.types.text_types import AnyText, EnumOrUnknown

SIXTEEN = bytes(range(16))
PLAIN, ZONED = "timestamp without time zone", "timestamp with time zone"
NO_SECONDS = "timestamp(0) without time zone"
ENUM = EnumOrUnknown("mood", ("ok", "bad"))

# Type, value, the text that Postgres parses.
ENCODED: list[tuple[str, Any, str]] = [
    ("bigint", -(2**63), "-9223372036854775808"),
    ("bigint", 2.0, "2"),
    ("bigint", "+7", "7"),
    ("smallint", 32_767, "32767"),
    ("oid", 2**32 - 1, "4294967295"),
    ("double precision", 0.1, "0.1"),
    ("double precision", 5, "5.0"),
    ("double precision", float("inf"), "inf"),
    ("real", 0.5, "0.5"),
    ("numeric", 19.99, "19.99"),
    ("numeric", 2.0, "2"),
    ("numeric", 2**70, str(2**70)),
    ("numeric(4,2)", "1.5e1", "1.5e1"),
    ("numeric(5,-2)", 1200, "1200"),
    ("money", 1e6, "1000000"),
    ("boolean", 1, "t"),
    ("boolean", " No ", "f"),
    ("text", 5, "5"),
    ("text", 0.5, "0.5"),
    ("character varying(2)", "é🍷", "é🍷"),
    ("name", "é" * 31, "é" * 31),
    ("bytea", b"\x00\xff", "\\x00ff"),
    ("uuid", SIXTEEN, SIXTEEN.hex()),
    ("uuid", "{00112233-4455-6677-8899-aabbccddeeff}", "{00112233-4455-6677-8899-aabbccddeeff}"),
    ("json", 1.5, "1.5"),
    ("jsonb", '{"a": "\\\\u0000"}', '{"a": "\\\\u0000"}'),
    ("date", "2024-02-29", "2024-02-29"),
    (PLAIN, "2024-02-29T10:11", "2024-02-29 10:11:00"),
    (PLAIN, "2024-02-29 10:00:00.5-0330", "2024-02-29 13:30:00.500000"),
    (ZONED, "2024-02-29", "2024-02-29 00:00:00+00"),
    (f"{ZONED}:unix", -1.5, "1969-12-31 23:59:58.500000+00"),
    (f"{ZONED}:julian", 2451545.0, "2000-01-01 12:00:00+00"),
    ("time without time zone", "10:11:12.5", "10:11:12.5"),
    ("interval", "1970-01-02 01:00:00", "1 days 3600000000 microseconds"),
    ("interval", "2 hours", "2 hours"),
    ("interval:ms", -1, "-1 days 86399999000 microseconds"),
]

# Type, value, the reason.
REJECTED: list[tuple[str, Any, str]] = [
    ("smallint", 40_000, "is too large for smallint"),
    ("smallint", -32_769, "is too small for smallint"),
    ("integer", 2**31, "is too large for integer"),
    ("bigint", "", "is an empty text, not a whole number"),
    ("bigint", 0.5, "is a real, not a whole number"),
    ("bigint", b"1", "is a blob, not a whole number"),
    ("oid", 2**32, "is too large for oid"),
    ("oid", -1, "is too small for oid"),
    ("real", 0.123456789, "has more digits than real holds"),
    ("double precision", 2**53 + 1, "has more digits than double precision holds"),
    ("double precision", "1_000", "is a text, not a number"),
    ("numeric", float("-inf"), "is infinite"),
    ("numeric(4,2)", 1.234, "has more decimals than numeric(4,2)"),
    ("numeric(4,2)", 100, "is too large for numeric(4,2)"),
    ("numeric(5,-2)", 1250, "has more decimals than numeric(5,-2)"),
    ("numeric(2,4)", 0.01, "is too large for numeric(2,4)"),
    ("money", "92233720368547758.08", "is too large for money"),
    ("money", 0.125, "has more decimals than money"),
    ("boolean", 2, "is neither 0 nor 1"),
    ("text", b"x", "is a blob, not a text"),
    ("text", "a\0b", "contains a NUL byte, which Postgres does not allow in texts"),
    ("text", InvalidText(b"\xff"), "is a text, but not UTF-8"),
    ("text", HalfSurrogateText(b"\\ud83d"), "is a text with half of a surrogate pair, which is not a character"),
    ("character varying(2)", "abc", "is longer than character varying(2)"),
    ("character(3)", "ab ", "ends in a space, which character(3) drops"),
    ("name", "é" * 32, "is longer than name"),
    ('"char"', "é", 'is longer than "char"'),
    ("bytea", "x", "is a text, not a blob"),
    ("bytea", InvalidText(b"\xff"), "is a text, but not UTF-8"),
    ("uuid", b"short", "has 5 bytes, not 16"),
    ("uuid", "0011-2233", "is a text, not a UUID"),
    ("uuid", "{00112233445566778899aabbccddeeff", "is a text, not a UUID"),
    ("json", "[NaN]", "is not JSON"),
    ("json", "[" * 100_000, "is not JSON"),
    ("jsonb", '"\\u0000"', "contains a character that jsonb does not allow"),
    ("jsonb", '{"a": "\\ud800", "a": 1}', "contains a character that jsonb does not allow"),
    ("date", "2024-01-01 10:00", "has a time of day, but date has none"),
    ("date", "2023-02-29", "is not a valid date or time"),
    ("date", "02/29/2024", "is not a date or time"),
    (PLAIN, 5, f"is an integer, not a {PLAIN}"),
    (PLAIN, "2024-02-29 10:00:00.1234567", "is more precise than a microsecond"),
    (PLAIN, "2024-02-29 10:00:00 ", "is not a date or time"),
    (PLAIN, "2024-02-29 10:00+16:00", "is not a valid date or time"),
    (NO_SECONDS, "2024-02-29 10:00:00.5", "has more than the 0 fractional digits that the column keeps"),
    (f"{ZONED}:unix", 1e300, "is outside the years 1 to 9999, as seconds since 1970"),
    ("time without time zone", "24:00:00", "is not a time of day"),
    ("interval", 5, "is a number: give its unit, --type …=interval:us (Django's), ms or s"),
    ("interval:s", 1e15, "is too large for interval"),
]  # fmt: skip


def named(name: str) -> PgType:
    """The type of a name in Postgres, or with a unit that of an option."""
    short = {ZONED: "timestamptz", PLAIN: "timestamp"}
    sql, _, unit = name.partition(":")
    return parse_type_option(f"{short.get(sql, sql)}:{unit}") if unit else pg_type_named(sql)


@pytest.mark.parametrize(("name", "value", "text"), ENCODED)
def test_value_is_encoded_exactly(name: str, value: Any, text: str) -> None:
    assert named(name).encode_value(value) == text


@pytest.mark.parametrize(("name", "value", "reason"), REJECTED)
def test_value_that_does_not_fit_has_a_reason(name: str, value: Any, reason: str) -> None:
    with pytest.raises(ConversionError) as caught:
        named(name).encode_value(value)
    assert str(caught.value) == reason


@pytest.mark.parametrize(("name", "value", "text"), ENCODED)
def test_column_and_pieces_are_encoded_as_the_value(name: str, value: Any, text: str) -> None:
    pg_type = named(name)
    field = pg_type.encode_field(value)
    assert field.strip('"') == text.replace('"', '""').strip('"')
    assert "".join(pg_type.encode_pieces(value)) == field
    try:
        first, null, last = pg_type.encode_column([value, None, value])
    except COLUMN_ERRORS:
        return  # the column is then encoded value by value
    assert null == ""
    assert first == last
    if isinstance(value, str) and not pg_type.needs_quotes:
        assert named(name).encode_value(first) == text
    elif pg_type.needs_quotes:
        assert first in (field, field[1:-1])
    else:
        assert first == field or float(first) == float(field)


@pytest.mark.parametrize(("name", "value", "reason"), REJECTED)
def test_column_with_a_value_that_does_not_fit_raises(name: str, value: Any, reason: str) -> None:
    try:
        fields = named(name).encode_column([None, value])
    except (*COLUMN_ERRORS, ConversionError):
        return
    assert any("\0" in field for field in fields)  # which the CSV encoder looks for itself


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (InvalidText(b"caf\xe9"), "caf\\xe9"),
        (b"\x00\xff", "\\x00ff"),
        ("a\0b", "a\\x00b"),
        (5, "5"),
        (0.5, "0.5"),
    ],
)
def test_any_text_takes_every_value(value: Any, text: str) -> None:
    assert AnyText().encode_value(value) == text


def test_enum_lists_its_labels() -> None:
    assert ENUM.encode_value("ok") == "ok"
    with pytest.raises(ConversionError, match="is none of mood: ok, bad"):
        ENUM.encode_value("fine")
    many = EnumOrUnknown("mood", tuple(f"m{n}" for n in range(12)))
    with pytest.raises(ConversionError, match=r"m9 and 2 more$"):
        many.encode_value("fine")


@pytest.mark.parametrize("name", ["inet", "integer[]", "time(3) with time zone"])
def test_type_that_only_postgres_can_parse_is_not_comparable(name: str) -> None:
    pg_type = pg_type_named(name)
    assert pg_type.not_comparable == f"only Postgres can parse {name}"
    assert pg_type.encode_value("anything") == "anything"
