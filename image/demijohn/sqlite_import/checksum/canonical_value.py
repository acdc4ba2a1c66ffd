"""The canonical form of one value: any that SQLite may hold, for any type.

As in `canonical`, no code is shared with the encoders. A value that does not fit raises one of
CANONICAL_ERRORS.
"""

import math
import re
import struct
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from hashlib import md5
from typing import Any
from uuid import UUID

from demijohn.sqlite_import.checksum.canonical_json import canonical_json
from demijohn.sqlite_import.model.invalid_text import InvalidText
from demijohn.sqlite_import.model.pg_type import PgType
from demijohn.sqlite_import.types.datetimes import Interval, TimeOfDay, Timestamp
from demijohn.sqlite_import.types.numbers_and_booleans import Boolean, Double, Integer, Numeric
from demijohn.sqlite_import.types.text_types import (
    AnyText,
    ByteLimitedText,
    Bytes,
    EnumOrUnknown,
    Json,
    Text,
    Uuid,
)

CANONICAL_ERRORS = (
    TypeError,
    ValueError,
    AttributeError,
    OverflowError,
    ArithmeticError,
    LookupError,
)

ValueEncoder = Callable[[Any], str]

TRUE_WORDS = {"1": "true", "t": "true", "true": "true", "y": "true", "yes": "true", "on": "true"}
FALSE_WORDS = {
    "0": "false",
    "f": "false",
    "false": "false",
    "n": "false",
    "no": "false",
    "off": "false",
}
UNITS_PER_SECOND = {"unix": 1, "ms": 1_000, "us": 1_000_000}


def value_encoder(pg_type: PgType, *, large: bool) -> ValueEncoder:
    """The encoder for values that are not NULL. `large` says whether rows may be large."""
    write = prefix_length if large else quote
    match pg_type:
        case Integer():
            bits = {"smallint": 16, "integer": 32, "oid": 32}.get(pg_type.sql, 64)
            return lambda value: _integer(value, bits, signed=pg_type.sql != "oid")
        case Double():
            return lambda value: _double(value, six_digits=pg_type.sql == "real")
        case Numeric():
            bound = (1 << 63) if pg_type.sql == "money" else 0
            return lambda value: _numeric(value, pg_type.precision, pg_type.scale, bound)
        case Boolean():
            return _boolean
        case AnyText():
            return lambda value: write(_any_text(value))
        case ByteLimitedText():
            return lambda value: write(_byte_limited(_text(value), pg_type.limit))
        case Text():
            return lambda value: write(
                _text(value, pg_type.limit, pg_type.sql.startswith("character("))
            )
        case EnumOrUnknown(labels=()):
            return lambda value: _text(value)[:0] + "?"
        case EnumOrUnknown():
            return lambda value: write(_label(_text(value), pg_type.labels))
        case Bytes():
            return _blob
        case Uuid():
            return _uuid
        case Json():
            return lambda value: write(canonical_json(value, binary=pg_type.sql == "jsonb"))
        case Timestamp():
            return lambda value: _check_fraction_digits(
                _timestamp(value, pg_type.sql, pg_type.unit), pg_type.digits
            )
        case TimeOfDay():
            return lambda value: _check_fraction_digits(_time(value), pg_type.digits)
        case Interval():
            return lambda value: _interval(value, pg_type.unit)
    raise TypeError(pg_type)


def prefix_length(text: str) -> str:
    """A text of a large row."""
    return f"{len(text)}:{text}"


def quote(text: str) -> str:
    """A text as quote_literal() writes it, independent of standard_conforming_strings."""
    text = text.replace("'", "''")
    return "E'" + text.replace("\\", "\\\\") + "'" if "\\" in text else f"'{text}'"


def unquote(text: str) -> str:
    """The inverse of `quote`."""
    if text.startswith("E"):
        text = text[1:].replace("\\\\", "\\")
    return text[1:-1].replace("''", "'")


def _integer(value: Any, bits: int, *, signed: bool) -> str:
    if isinstance(value, str):
        if not value.isascii() or not value.lstrip("+-").isdecimal() or value[1:2] in ("+", "-"):
            raise ValueError
        number = int(value)
    else:
        number = math.trunc(value)
        if number != value:
            raise ValueError
    least = -(1 << (bits - 1)) if signed else 0
    if not least <= number < least + (1 << bits):
        raise OverflowError
    return f"{number:d}"


def _double(value: Any, *, six_digits: bool) -> str:
    """The bits of a double: its text differs between versions."""
    if isinstance(value, bytes):  # float() parses them like texts
        raise TypeError
    if isinstance(value, str):
        _decimal(value)
    number = float(value)
    if isinstance(value, int) and value - int(number):
        raise OverflowError
    if not six_digits:
        return struct.pack(">d", number).hex()
    size = abs(number)
    if float(f"{number:.5e}") != number or (size and not (1e-37 < size < 1e38 or math.isinf(size))):
        raise OverflowError
    return struct.pack(">f", number).hex()


def _decimal(text: str) -> Decimal:
    if (
        not text.isascii()
        or set(text) - set("+-.eE0123456789")
        or len(text.lower().partition("e")[2].strip("+-")) > 4
    ):
        raise ValueError
    return Decimal(text)


def _numeric(value: Any, precision: int, scale: int, bound: int) -> str:
    """Without trailing zeros. `bound` limits the value in units of the scale, if not 0."""
    number = _decimal(value if isinstance(value, str) else repr(value))
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if not number:
        return "0"
    units = abs(Fraction(number)) * Fraction(10) ** scale
    if precision and (units.denominator > 1 or units >= 10**precision):
        raise OverflowError
    if bound and units >= bound + (number < 0):
        raise OverflowError
    return text.removeprefix("+")


def _boolean(value: Any) -> str:
    word = value.strip().lower() if isinstance(value, str) else str(Fraction(value))
    return TRUE_WORDS[word] if word in TRUE_WORDS else FALSE_WORDS[word]


def _text(value: Any, limit: int = 0, padded: bool = False) -> str:
    if isinstance(value, bytes):
        raise TypeError
    text = value if isinstance(value, str) else repr(value)
    if "\0" in text or (limit and len(text) > limit) or (padded and text != text.rstrip(" ")):
        raise ValueError
    return text


def _byte_limited(text: str, limit: int) -> str:
    if len(text.encode()) > limit:
        raise OverflowError
    return text


def _any_text(value: Any) -> str:
    if isinstance(value, InvalidText):
        return str(value, "utf-8", "backslashreplace").replace("\0", "\\x00")
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return str(value).replace("\0", "\\x00")


def _label(text: str, labels: tuple[str, ...]) -> str:
    return text if not labels else labels[labels.index(text)]


def _blob(value: Any) -> str:
    if not isinstance(value, bytes) or isinstance(value, InvalidText):
        raise TypeError
    return md5(value, usedforsecurity=False).hexdigest()


def _uuid(value: Any) -> str:
    if isinstance(value, InvalidText):
        raise TypeError
    if isinstance(value, bytes):
        return str(UUID(bytes=value))
    bare = value[1:-1] if value[0] + value[-1] == "{}" else value
    uuid = UUID(hex=bare)
    if bare.lower() not in (str(uuid), uuid.hex):
        raise ValueError
    return str(uuid)


def _timestamp(value: Any, sql: str, unit: str) -> str:
    timestamp = (
        _parse_timestamp(value) if isinstance(value, str) else _timestamp_from_number(value, unit)
    )
    if sql == "date":
        if (timestamp.hour, timestamp.minute, timestamp.second, timestamp.microsecond) != (
            0,
            0,
            0,
            0,
        ):
            raise ValueError
        return str(timestamp.date())
    text = str(timestamp)
    if timestamp.microsecond:
        text = text.rstrip("0")
    return text + "+00" * (sql == "timestamp with time zone")


DATE_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[ T]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?"
    r"(?: ?([Zz]|[-+][0-9]{2}(?::?[0-9]{2})?))?)?"
)


def _parse_timestamp(text: str) -> datetime:
    match = DATE_TIME.fullmatch(text)
    if not match:
        raise ValueError
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    fraction = (match[7] or "").ljust(9, "0")
    if int(fraction[6:]):
        raise ValueError
    timestamp = datetime(year, month, day, hour, minute, second, int(fraction[:6]))  # noqa: DTZ001
    zone = match[8] or "Z"
    if zone in "Zz":
        return timestamp
    hours, minutes = int(zone[1:3]), int(zone.replace(":", "")[3:] or 0)
    if hours > 15 or minutes > 59:
        raise ValueError
    offset = timedelta(minutes=60 * hours + minutes)
    return timestamp + offset if zone[0] == "-" else timestamp - offset


def _timestamp_from_number(value: Any, unit: str) -> datetime:
    if isinstance(value, bytes) or not unit:
        raise TypeError
    exact = Fraction(value)
    if unit == "julian":  # day 0 began at noon, 1721424.5 days before year 1
        thousandths = round((exact - Fraction("1721425.5")) * 86_400_000)
        return datetime(1, 1, 1) + timedelta(milliseconds=thousandths)  # noqa: DTZ001
    microseconds = round(exact * 1_000_000 / UNITS_PER_SECOND[unit])
    return datetime.combine(date(1970, 1, 1), datetime.min.time()) + timedelta(
        microseconds=microseconds
    )


def _check_fraction_digits(text: str, digits: int) -> str:
    """The text, if it has at most so many fractional digits. Raises ValueError."""
    if len(text.partition(".")[2].partition("+")[0]) > digits:
        raise ValueError
    return text


def _interval(value: Any, unit: str) -> str:
    """The bits of an interval; without a unit "?", if it is a text.

    It has days and microseconds, no months:
    https://www.postgresql.org/docs/current/datatype-datetime.html
    """
    if isinstance(value, str) and (unit or DATE_TIME.fullmatch(value)):
        elapsed = _parse_timestamp(value) - datetime(1970, 1, 1)  # noqa: DTZ001
        microseconds = (elapsed.days * 86_400 + elapsed.seconds) * 1_000_000 + elapsed.microseconds
    elif unit:
        microseconds = round(Fraction(value) * {"s": 10**6, "ms": 10**3, "us": 1}[unit])
    elif isinstance(value, str):
        return _text(value)[:0] + "?"
    else:
        raise TypeError
    days, rest = divmod(microseconds, 86_400_000_000)
    if not -(1 << 31) < days < 1 << 31:
        raise OverflowError
    return struct.pack(">qii", rest, days, 0).hex() if unit else "?"


def _time(value: Any) -> str:
    timestamp = _parse_timestamp(f"2000-01-01 {value}")
    if not isinstance(value, str) or not re.fullmatch(r"[0-9:.]+", value):
        raise ValueError
    text = str(timestamp)[11:]
    return text.rstrip("0") if timestamp.microsecond else text
