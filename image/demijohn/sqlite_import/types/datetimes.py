"""Dates and times. SQLite stores them as texts, or as numbers since an epoch.

The text forms are those of https://www.sqlite.org/lang_datefunc.html. Julian days are rounded to
milliseconds, as SQLite does.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any, ClassVar

from demijohn.sqlite_import.model.pg_type import PgType
from demijohn.sqlite_import.model.rejects import ConversionError
from demijohn.sqlite_import.types.numbers_and_booleans import DIGITS_TO_ZERO, conversion_error

DATE_PATTERN = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
TIME_PATTERN = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
ZONE_PATTERN = r" ?(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)"
DATE_TIME = re.compile(rf"({DATE_PATTERN})(?:[ T]({TIME_PATTERN})({ZONE_PATTERN})?)?")
TIME = re.compile(TIME_PATTERN)
# Forms that can be sent unchanged, many values at once.
PLAIN_DATES = re.compile(rf"(?:{DATE_PATTERN}\n)*")
PLAIN_TIMESTAMPS = re.compile(
    rf"(?:{DATE_PATTERN}[ T][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:\.[0-9]{{1,6}})?\n)*"
)

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  in UTC, as all datetimes here
EPOCH_DAY = 2440587.5  # as a Julian day

# Microseconds in each unit of numeric dates.
UNITS = {"unix": 1_000_000, "ms": 1_000, "us": 1}
JULIAN = "julian"
INTERVAL_UNITS = {"s": 1_000_000, "ms": 1_000, "us": 1}  # microseconds in each unit of intervals
EPOCH_DATES = "epoch"  # or intervals are dates: the time since 1970
DAY_MICROSECONDS = 86_400_000_000
UNIT_NAMES = {
    "unix": "seconds since 1970",
    "ms": "milliseconds since 1970",
    "us": "microseconds since 1970",
    JULIAN: "Julian days",
    "": "texts",
}


@dataclass(frozen=True)
class Timestamp(PgType):
    """date, or timestamp with or without time zone. `unit` is the unit of numbers.

    A text without a zone is UTC, as in SQLite. A text with a zone is converted to UTC if the type
    has no zone.
    """

    sql: str = "timestamp without time zone"
    unit: str = ""
    digits: int = 6  # of fractional seconds; Postgres rounds the rest

    def encode_value(self, value: Any) -> str:
        timestamp = self._to_datetime(value)
        _check_fraction_digits(timestamp.microsecond, self.digits)
        if self.sql == "date":
            if timestamp.time() != time():
                raise ConversionError("has a time of day, but date has none")
            return timestamp.date().isoformat()
        suffix = "+00" if self.sql == "timestamp with time zone" else ""
        return timestamp.isoformat(" ") + suffix

    def _to_datetime(self, value: Any) -> datetime:
        """In UTC, without tzinfo. Raises ConversionError."""
        if isinstance(value, str):
            return parse_timestamp(value)
        if isinstance(value, int | float) and self.unit:
            return timestamp_from_number(value, self.unit)
        raise conversion_error(value, self.sql)

    def encode_column(self, values: Sequence[Any]) -> Sequence[str]:
        if self.unit or self.digits < 6:
            return super().encode_column(values)
        plain, parse = (
            (PLAIN_DATES, date.fromisoformat)
            if self.sql == "date"
            else (PLAIN_TIMESTAMPS, datetime.fromisoformat)
        )
        known = [value for value in values if value is not None]
        lines = "\n".join([*known, ""])
        form = lines.partition("\n")[0].translate(DIGITS_TO_ZERO) + "\n"
        alike = lines.translate(DIGITS_TO_ZERO) == form * len(known)
        if not plain.fullmatch(form if alike and known else lines):
            return super().encode_column(values)
        list(map(parse, known))  # raises ValueError for February 30
        return ["" if value is None else value for value in values]


@dataclass(frozen=True)
class TimeOfDay(PgType):
    """time without time zone."""

    sql: str = "time without time zone"
    digits: int = 6

    def encode_value(self, value: Any) -> str:
        if not isinstance(value, str):
            raise conversion_error(value, "time")
        if not TIME.fullmatch(value):
            raise conversion_error(value, "time", "is not a time of day")
        _check_fraction_digits(parse_fraction(value), self.digits)
        try:
            time.fromisoformat(value)
        except ValueError:
            raise ConversionError("is not a time of day") from None
        return value


@dataclass(frozen=True)
class Interval(PgType):
    """interval. A number needs a `unit`.

    A date stands for the time since 1970, as SQLAlchemy's Interval stores it. With the unit
    EPOCH_DATES all values are dates. Without a unit, Postgres parses any other text.
    """

    sql: str = "interval"
    unit: str = ""
    needs_quotes: ClassVar[bool] = True

    @property
    def not_comparable(self) -> str:
        return (
            ""
            if self.unit
            else "not all of its values are dates, and only Postgres can parse other intervals"
        )

    def encode_value(self, value: Any) -> str:
        if isinstance(value, int | float) and self.unit not in INTERVAL_UNITS:
            raise ConversionError(
                "is a number: give its unit, --type …=interval:us (Django's), ms or s"
            )
        if isinstance(value, int | float) and math.isfinite(value):
            parts = round(Fraction(value) * INTERVAL_UNITS[self.unit])
        elif isinstance(value, str) and (self.unit or DATE_TIME.fullmatch(value)):
            parts = (parse_timestamp(value) - EPOCH) // timedelta(microseconds=1)
        elif isinstance(value, str) and "\0" not in value:
            return value
        else:
            raise conversion_error(value, self.sql)
        # as drivers write them: hours do not become days
        days, rest = divmod(parts, DAY_MICROSECONDS)
        if abs(days) >= 1 << 31:
            raise ConversionError("is too large for interval")
        return f"{days} days {rest} microseconds"


def _check_fraction_digits(parts: int, digits: int) -> None:
    """Raise ConversionError if there are more fractional digits."""
    if parts % 10 ** (6 - digits):
        raise ConversionError(f"has more than the {digits} fractional digits that the column keeps")


def parse_timestamp(value: str) -> datetime:
    """A date, with or without a time and a zone, in UTC. Raises ConversionError."""
    match = DATE_TIME.fullmatch(value)
    if not match:
        raise conversion_error(value, "date or time", "is not a date or time")
    day, clock, zone = match.groups()
    digits = parse_fraction(clock or "")
    clock = (clock or "00:00").partition(".")[0]
    try:
        timestamp = datetime.fromisoformat(f"{day} {clock}") + timedelta(microseconds=digits)
        return timestamp - _parse_offset(zone)
    except (ValueError, OverflowError):
        raise ConversionError("is not a valid date or time") from None


def _parse_offset(zone: str | None) -> timedelta:
    digits = (zone or "").strip().replace(":", "")
    if digits in ("", "Z", "z"):
        return timedelta()
    hours, minutes = int(digits[1:3]), int(digits[3:5] or 0)
    if hours > 15 or minutes > 59:
        raise ValueError
    return timedelta(hours=hours, minutes=minutes) * (-1 if digits[0] == "-" else 1)


def parse_fraction(clock: str) -> int:
    """The microseconds in 12:34:56.789. Raises ConversionError if it is more precise."""
    digits = clock.partition(".")[2].rstrip("0")
    if len(digits) > 6:
        raise ConversionError("is more precise than a microsecond")
    return int(digits.ljust(6, "0"))


def timestamp_from_number(value: float, unit: str) -> datetime:
    """A number in a unit of UNITS, or in Julian days, as a date in UTC. Raises ConversionError."""
    if not math.isfinite(value):
        raise ConversionError("is infinite")
    try:
        if unit == JULIAN:
            days = Fraction(value) - Fraction(EPOCH_DAY)
            return EPOCH + timedelta(milliseconds=round(days * 86_400_000))
        return EPOCH + timedelta(microseconds=round(Fraction(value) * UNITS[unit]))
    except OverflowError:
        raise ConversionError(f"is outside the years 1 to 9999, as {UNIT_NAMES[unit]}") from None
