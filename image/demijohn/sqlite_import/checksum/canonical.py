"""The canonical form of SQLite values: how Postgres will write them.

This deliberately shares no code with the encoders in `types/`, so that an error there cannot repeat
here. It is as strict: a value that does not fit raises one of CANONICAL_ERRORS.

Here are the fast paths for whole columns. `canonical_value` handles any single value.
"""

import struct
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from demijohn.sqlite_import.checksum.canonical_value import (
    ValueEncoder,
    prefix_length,
    quote,
    value_encoder,
)
from demijohn.sqlite_import.model.pg_type import PgType
from demijohn.sqlite_import.types.datetimes import Timestamp
from demijohn.sqlite_import.types.numbers_and_booleans import Boolean, Double, Integer, Numeric
from demijohn.sqlite_import.types.text_types import AnyText, ByteLimitedText, Text

ColumnEncoder = Callable[[Sequence[Any]], Sequence[str]]

# Replaces each digit by 9, to compare the form of texts.
DIGITS_TO_NINE = str.maketrans("012345678", "999999999")


def canonical_encoders(pg_type: PgType, *, large: bool) -> tuple[ColumnEncoder, ValueEncoder]:
    """Encoders for a type: one for columns of regular values, and one for any single value.

    `large` says whether rows of the table may be large.
    """
    encode_value = value_encoder(pg_type, large=large)

    def encode_each(values: Sequence[Any]) -> Sequence[str]:
        return ["" if value is None else encode_value(value) for value in values]

    match pg_type:
        case Integer(sql="bigint"):
            return _integers, encode_value
        case Double(sql="double precision"):
            return _doubles, encode_value
        case Numeric() if 0 <= pg_type.scale <= pg_type.precision:
            return _decimals(pg_type.precision, pg_type.scale), encode_value
        case Boolean():
            return _booleans, encode_value
        case Timestamp(sql="date", unit=""):
            return _dates(encode_each), encode_value
        case Timestamp(sql="timestamp without time zone" | "timestamp with time zone", unit=""):
            suffix = "+00" if "with time" in pg_type.sql else ""
            return _timestamps(suffix, encode_each), encode_value
        case AnyText() | ByteLimitedText():
            return encode_each, encode_value
        case Text() if not pg_type.sql.startswith("character("):
            return _texts(pg_type.limit, prefix_length if large else quote), encode_value
    return encode_each, encode_value


NONE = type(None)


def _check_types(values: Sequence[Any], *types: type) -> bool:
    """Whether a value is NULL. Raises TypeError if one is of another type."""
    found = set(map(type, values))
    if found - {NONE, *types}:
        raise TypeError
    return NONE in found


def _integers(values: Sequence[Any]) -> Sequence[str]:
    if _check_types(values, int):
        return ["" if value is None else f"{value}" for value in values]
    return list(map(repr, values))


def _doubles(values: Sequence[Any]) -> Sequence[str]:
    _check_types(values, float)
    known = [value for value in values if value is not None]
    bits = struct.pack(f">{len(known)}d", *known).hex(" ", 8).split(" ")
    if len(known) == len(values):
        return bits
    remaining = iter(bits)
    return ["" if value is None else next(remaining) for value in values]


def _decimals(precision: int, scale: int) -> ColumnEncoder:
    """Python writes no trailing zeros except `.0`, and an exponent only if it must."""
    limit = 10 ** min(precision - scale, 15) if precision else 1e15
    too_fine = "." + "9" * (scale + 1) if precision else "\0"

    def encode(values: Sequence[Any]) -> Sequence[str]:
        _check_types(values, int, float)
        known = list(filter(None, values))
        if known and not -limit < min(known) <= max(known) < limit:
            raise ValueError
        lines = "".join([f"{value!r}\n" for value in values])
        lines = lines.replace("None", "").replace(".0\n", "\n")
        if "e" in lines or "-0\n" in lines or too_fine in lines.translate(DIGITS_TO_NINE):
            raise ValueError
        return lines.split("\n")[:-1]

    return encode


def _booleans(values: Sequence[Any]) -> Sequence[str]:
    words = {None: "", 0: "false", 1: "true"}
    return [words[value] for value in values]


def _dates(encode_each: ColumnEncoder) -> ColumnEncoder:
    """For dates that are valid, and written as Postgres writes them."""

    def encode(values: Sequence[Any]) -> Sequence[str]:
        known = [value for value in values if value is not None]
        if "\n".join(known).translate(DIGITS_TO_NINE) != "\n".join(["9999-99-99"] * len(known)):
            return encode_each(values)
        list(map(date.fromisoformat, known))
        return ["" if value is None else value for value in values]

    return encode


def _texts(limit: int, write: Callable[[str], str]) -> ColumnEncoder:
    def encode(values: Sequence[Any]) -> Sequence[str]:
        known = (
            [value for value in values if value is not None]
            if _check_types(values, str)
            else values
        )
        if limit and max(map(len, known), default=0) > limit:
            raise ValueError
        together = "".join(known)
        if "\0" in together:
            raise ValueError
        if write is not quote or "'" in together or "\\" in together:
            return ["" if value is None else write(value) for value in values]
        if known is values:
            return [f"'{value}'" for value in values]
        return ["" if value is None else f"'{value}'" for value in values]

    return encode


def _timestamps(suffix: str, encode_each: ColumnEncoder) -> ColumnEncoder:
    """For timestamps without fractions, which Postgres writes the same way, if they are valid."""

    def encode(values: Sequence[Any]) -> Sequence[str]:
        known = [value for value in values if value is not None]
        if "\n".join(known).translate(DIGITS_TO_NINE) != "\n".join(
            ["9999-99-99 99:99:99"] * len(known)
        ):
            return encode_each(values)
        list(map(datetime.fromisoformat, known))
        return ["" if value is None else value + suffix for value in values]

    return encode
