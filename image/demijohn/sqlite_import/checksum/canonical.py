"""The normal form of values, for the proof: from SQLite's value to how Postgres writes it out.

On purpose this shares nothing with `values`, `texts` and `moments`: what is wrong there must not
be right here. It is as strict, though: a value that does not fit raises one of BROKEN.

Here are columns of many values that are all as they should be; `normal_one` has any single value.
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
from demijohn.sqlite_import.types.postgres_types import Boolean, Double, Integer, Numeric
from demijohn.sqlite_import.types.text_types import AnyText, ByteLimitedText, Text

ColumnEncoder = Callable[[Sequence[Any]], Sequence[str]]

# Every digit a 9: for the form of what is written, nothing else has to be looked at.
DIGITS_TO_NINE = str.maketrans("012345678", "999999999")


def canonical_encoders(pg_type: PgType, *, large: bool) -> tuple[ColumnEncoder, ValueEncoder]:
    """How a kind's values are written: a column in which all is as it should be, and one value.

    `large` tells of the table's rows.
    """
    one = value_encoder(pg_type, large=large)

    def each(values: Sequence[Any]) -> Sequence[str]:
        return ["" if value is None else one(value) for value in values]

    match pg_type:
        case Integer(sql="bigint"):
            return _integers, one
        case Double(sql="double precision"):
            return _doubles, one
        case Numeric() if 0 <= pg_type.scale <= pg_type.precision:
            return _decimals(pg_type.precision, pg_type.scale), one
        case Boolean():
            return _booleans, one
        case Timestamp(sql="date", unit=""):
            return _dates(each), one
        case Timestamp(sql="timestamp without time zone" | "timestamp with time zone", unit=""):
            return _timestamps("+00" if "with time" in pg_type.sql else "", each), one
        case AnyText() | ByteLimitedText():
            return each, one
        case Text() if not pg_type.sql.startswith("character("):
            return _texts(pg_type.limit, prefix_length if large else quote), one
    return each, one


NONE = type(None)


def _check_types(values: Sequence[Any], *types: type) -> bool:
    """Raises TypeError where a value is of none of the types; whether one is NULL."""
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
    each = iter(bits)
    return ["" if value is None else next(each) for value in values]


def _decimals(precision: int, scale: int) -> ColumnEncoder:
    """Python writes no zeros at the end but those of `.0`, and an exponent only where it must."""
    limit = 10 ** min(precision - scale, 15) if precision else 1e15
    too_fine = "." + "9" * (scale + 1) if precision else "\0"

    def whole(values: Sequence[Any]) -> Sequence[str]:
        _check_types(values, int, float)
        known = list(filter(None, values))
        if known and not -limit < min(known) <= max(known) < limit:
            raise ValueError
        lines = "".join([f"{value!r}\n" for value in values])
        lines = lines.replace("None", "").replace(".0\n", "\n")
        if "e" in lines or "-0\n" in lines or too_fine in lines.translate(DIGITS_TO_NINE):
            raise ValueError
        return lines.split("\n")[:-1]

    return whole


def _booleans(values: Sequence[Any]) -> Sequence[str]:
    words = {None: "", 0: "false", 1: "true"}
    return [words[value] for value in values]


def _dates(each: ColumnEncoder) -> ColumnEncoder:
    """Days that are days at all, and written as Postgres does."""

    def whole(values: Sequence[Any]) -> Sequence[str]:
        known = [value for value in values if value is not None]
        if "\n".join(known).translate(DIGITS_TO_NINE) != "\n".join(["9999-99-99"] * len(known)):
            return each(values)
        list(map(date.fromisoformat, known))
        return ["" if value is None else value for value in values]

    return whole


def _texts(limit: int, written: Callable[[str], str]) -> ColumnEncoder:
    def whole(values: Sequence[Any]) -> Sequence[str]:
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
        if written is not quote or "'" in together or "\\" in together:
            return ["" if value is None else written(value) for value in values]
        if known is values:
            return [f"'{value}'" for value in values]
        return ["" if value is None else f"'{value}'" for value in values]

    return whole


def _timestamps(suffix: str, each: ColumnEncoder) -> ColumnEncoder:
    """Texts to the second are as Postgres writes them, if they are days and times at all."""

    def whole(values: Sequence[Any]) -> Sequence[str]:
        known = [value for value in values if value is not None]
        if "\n".join(known).translate(DIGITS_TO_NINE) != "\n".join(
            ["9999-99-99 99:99:99"] * len(known)
        ):
            return each(values)
        list(map(datetime.fromisoformat, known))
        return ["" if value is None else value + suffix for value in values]

    return whole
