"""The normal form of values, for the proof: from SQLite's value to how Postgres writes it out.

On purpose this shares nothing with `values`, `texts` and `moments`: what is wrong there must not
be right here. It is as strict, though: a value that does not fit raises one of BROKEN.

Here are columns of many values that are all as they should be; `normal_one` has any single value.
"""

import struct
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from demijohn.sqlite_import.moments import Moment
from demijohn.sqlite_import.normal_one import One, one_form, quoted, sized
from demijohn.sqlite_import.texts import AnyText, Short, Text
from demijohn.sqlite_import.values import Boolean, Double, Integer, Kind, Numeric

Whole = Callable[[Sequence[Any]], Sequence[str]]

# Every digit a 9: for the form of what is written, nothing else has to be looked at.
NINES = str.maketrans("012345678", "999999999")


def form(kind: Kind, *, large: bool) -> tuple[Whole, One]:
    """How a kind's values are written: a column in which all is as it should be, and one value.

    `large` tells of the table's rows.
    """
    one = one_form(kind, large=large)

    def each(values: Sequence[Any]) -> Sequence[str]:
        return ["" if value is None else one(value) for value in values]

    match kind:
        case Integer(sql="bigint"):
            return _integers, one
        case Double(sql="double precision"):
            return _doubles, one
        case Numeric() if 0 <= kind.scale <= kind.precision:
            return _decimals(kind.precision, kind.scale), one
        case Boolean():
            return _booleans, one
        case Moment(sql="date", unit=""):
            return _days(each), one
        case Moment(sql="timestamp without time zone" | "timestamp with time zone", unit=""):
            return _moments("+00" if "with time" in kind.sql else "", each), one
        case AnyText() | Short():
            return each, one
        case Text() if not kind.sql.startswith("character("):
            return _texts(kind.limit, sized if large else quoted), one
    return each, one


NONE = type(None)


def _of(values: Sequence[Any], *types: type) -> bool:
    """Raises TypeError where a value is of none of the types; whether one is NULL."""
    found = set(map(type, values))
    if found - {NONE, *types}:
        raise TypeError
    return NONE in found


def _integers(values: Sequence[Any]) -> Sequence[str]:
    if _of(values, int):
        return ["" if value is None else f"{value}" for value in values]
    return list(map(repr, values))


def _doubles(values: Sequence[Any]) -> Sequence[str]:
    _of(values, float)
    known = [value for value in values if value is not None]
    bits = struct.pack(f">{len(known)}d", *known).hex(" ", 8).split(" ")
    if len(known) == len(values):
        return bits
    each = iter(bits)
    return ["" if value is None else next(each) for value in values]


def _decimals(precision: int, scale: int) -> Whole:
    """Python writes no zeros at the end but those of `.0`, and an exponent only where it must."""
    limit = 10 ** min(precision - scale, 15) if precision else 1e15
    too_fine = "." + "9" * (scale + 1) if precision else "\0"

    def whole(values: Sequence[Any]) -> Sequence[str]:
        _of(values, int, float)
        known = list(filter(None, values))
        if known and not -limit < min(known) <= max(known) < limit:
            raise ValueError
        lines = "".join([f"{value!r}\n" for value in values])
        lines = lines.replace("None", "").replace(".0\n", "\n")
        if "e" in lines or "-0\n" in lines or too_fine in lines.translate(NINES):
            raise ValueError
        return lines.split("\n")[:-1]

    return whole


def _booleans(values: Sequence[Any]) -> Sequence[str]:
    words = {None: "", 0: "false", 1: "true"}
    return [words[value] for value in values]


def _days(each: Whole) -> Whole:
    """Days that are days at all, and written as Postgres does."""

    def whole(values: Sequence[Any]) -> Sequence[str]:
        known = [value for value in values if value is not None]
        if "\n".join(known).translate(NINES) != "\n".join(["9999-99-99"] * len(known)):
            return each(values)
        list(map(date.fromisoformat, known))
        return ["" if value is None else value for value in values]

    return whole


def _texts(limit: int, written: Callable[[str], str]) -> Whole:
    def whole(values: Sequence[Any]) -> Sequence[str]:
        known = [value for value in values if value is not None] if _of(values, str) else values
        if limit and max(map(len, known), default=0) > limit:
            raise ValueError
        together = "".join(known)
        if "\0" in together:
            raise ValueError
        if written is not quoted or "'" in together or "\\" in together:
            return ["" if value is None else written(value) for value in values]
        if known is values:
            return [f"'{value}'" for value in values]
        return ["" if value is None else f"'{value}'" for value in values]

    return whole


def _moments(suffix: str, each: Whole) -> Whole:
    """Texts to the second are as Postgres writes them, if they are days and times at all."""

    def whole(values: Sequence[Any]) -> Sequence[str]:
        known = [value for value in values if value is not None]
        if "\n".join(known).translate(NINES) != "\n".join(["9999-99-99 99:99:99"] * len(known)):
            return each(values)
        list(map(datetime.fromisoformat, known))
        return ["" if value is None else value + suffix for value in values]

    return whole
