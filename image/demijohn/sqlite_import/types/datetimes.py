"""Dates and times. SQLite has none: they are texts, or numbers since some beginning.

https://www.sqlite.org/lang_datefunc.html names the forms of text; its Julian days are rounded to
milliseconds here as they are there.
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
from demijohn.sqlite_import.types.postgres_types import DIGITS_TO_ZERO, conversion_error

DATE_PATTERN = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
TIME_PATTERN = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
ZONE_PATTERN = r" ?(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)"
DATE_TIME = re.compile(rf"({DATE_PATTERN})(?:[ T]({TIME_PATTERN})({ZONE_PATTERN})?)?")
TIME = re.compile(TIME_PATTERN)
# What may be sent as it is, many at once.
PLAIN_DATES = re.compile(rf"(?:{DATE_PATTERN}\n)*")
PLAIN_TIMESTAMPS = re.compile(
    rf"(?:{DATE_PATTERN}[ T][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:\.[0-9]{{1,6}})?\n)*"
)

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  a moment in UTC, as all of them here
EPOCH_DAY = 2440587.5  # as a Julian day

# The units of numbers: microseconds in each.
UNITS = {"unix": 1_000_000, "ms": 1_000, "us": 1}
JULIAN = "julian"
INTERVAL_UNITS = {"s": 1_000_000, "ms": 1_000, "us": 1}  # what intervals are counted in
EPOCH_DATES = "epoch"  # or they are dates: what has passed since 1970
DAY_MICROSECONDS = 86_400_000_000  # microseconds
UNIT_NAMES = {
    "unix": "seconds since 1970",
    "ms": "milliseconds since 1970",
    "us": "microseconds since 1970",
    JULIAN: "Julian days",
    "": "texts",
}


@dataclass(frozen=True)
class Timestamp(PgType):
    """timestamp with or without time zone, date, or time; `unit` is what numbers count.

    A text without a zone is UTC, as it is for SQLite, where the type has a zone; and the other way
    round, a text with a zone is brought to UTC where the type has none.
    """

    sql: str = "timestamp without time zone"
    unit: str = ""
    digits: int = 6  # of a second's fraction; beyond them Postgres would round

    def encode_value(self, value: Any) -> str:
        moment = self._to_datetime(value)
        _check_fraction_digits(moment.microsecond, self.digits)
        if self.sql == "date":
            if moment.time() != time():
                raise ConversionError("has a time of day, which date has not")
            return moment.date().isoformat()
        suffix = "+00" if self.sql == "timestamp with time zone" else ""
        return moment.isoformat(" ") + suffix

    def _to_datetime(self, value: Any) -> datetime:
        """In UTC, without tzinfo."""
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
        list(map(parse, known))  # the 30th of February is of the right form
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
            raise conversion_error(value, "time", "is no time of day")
        _check_fraction_digits(parse_fraction(value), self.digits)
        try:
            time.fromisoformat(value)
        except ValueError:
            raise ConversionError("is no time of day") from None
        return value


@dataclass(frozen=True)
class Interval(PgType):
    """interval. A number is one only where it was said what it counts, its `unit`.

    A date is what has passed since 1970, as SQLAlchemy's Interval writes it; the unit EPOCH_DATES
    says that all values are. Any other text is Postgres's to judge, but where there is a unit.
    """

    sql: str = "interval"
    unit: str = ""
    needs_quotes: ClassVar[bool] = True

    @property
    def not_comparable(self) -> str:
        return (
            ""
            if self.unit
            else "not all of its values are dates, and other spans of time only Postgres can read"
        )

    def encode_value(self, value: Any) -> str:
        if isinstance(value, int | float) and self.unit not in INTERVAL_UNITS:
            raise ConversionError(
                "is a number: say what it counts, --type …=interval:us (Django's), ms or s"
            )
        if isinstance(value, int | float) and math.isfinite(value):
            parts = round(Fraction(value) * INTERVAL_UNITS[self.unit])
        elif isinstance(value, str) and (self.unit or DATE_TIME.fullmatch(value)):
            parts = (parse_timestamp(value) - EPOCH) // timedelta(microseconds=1)
        elif isinstance(value, str) and "\0" not in value:
            return value
        else:
            raise conversion_error(value, self.sql)
        days, rest = divmod(parts, DAY_MICROSECONDS)  # as drivers write them: hours never make days
        if abs(days) >= 1 << 31:
            raise ConversionError("is too large for interval")
        return f"{days} days {rest} microseconds"


def _check_fraction_digits(parts: int, digits: int) -> None:
    """Raise Unfit where microseconds do not end in as many zeros as they have to."""
    if parts % 10 ** (6 - digits):
        raise ConversionError(
            f"has more than the {digits} digits of a second that the column takes"
        )


def parse_timestamp(value: str) -> datetime:
    """A text that is a date, perhaps with a time and a zone. Raises Unfit."""
    match = DATE_TIME.fullmatch(value)
    if not match:
        raise conversion_error(value, "date or time", "is no date or time")
    day, clock, zone = match.groups()
    digits = parse_fraction(clock or "")
    clock = (clock or "00:00").partition(".")[0]
    try:
        moment = datetime.fromisoformat(f"{day} {clock}") + timedelta(microseconds=digits)
        return moment - _parse_offset(zone)
    except (ValueError, OverflowError):
        raise ConversionError("is no day of the calendar, or no time of day") from None


def _parse_offset(zone: str | None) -> timedelta:
    digits = (zone or "").strip().replace(":", "")
    if digits in ("", "Z", "z"):
        return timedelta()
    hours, minutes = int(digits[1:3]), int(digits[3:5] or 0)
    if hours > 15 or minutes > 59:
        raise ValueError
    return timedelta(hours=hours, minutes=minutes) * (-1 if digits[0] == "-" else 1)


def parse_fraction(clock: str) -> int:
    """The microseconds in 12:34:56.789. Raises Unfit where there are parts of one."""
    digits = clock.partition(".")[2].rstrip("0")
    if len(digits) > 6:
        raise ConversionError("is finer than a microsecond")
    return int(digits.ljust(6, "0"))


def timestamp_from_number(value: float, unit: str) -> datetime:
    """A number of seconds, milliseconds, microseconds or Julian days. Raises Unfit."""
    if not math.isfinite(value):
        raise ConversionError("is infinite")
    try:
        if unit == JULIAN:
            days = Fraction(value) - Fraction(EPOCH_DAY)
            return EPOCH + timedelta(milliseconds=round(days * 86_400_000))
        return EPOCH + timedelta(microseconds=round(Fraction(value) * UNITS[unit]))
    except OverflowError:
        raise ConversionError(f"is no date, as {UNIT_NAMES[unit]}") from None
