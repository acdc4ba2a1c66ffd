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

from demijohn.sqlite_import.values import DIGITS, Kind, Unfit, unfit

DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
CLOCK = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
ZONE = r" ?(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)"
MOMENT = re.compile(rf"({DAY})(?:[ T]({CLOCK})({ZONE})?)?")
TIME = re.compile(CLOCK)
# What may be sent as it is, many at once.
PLAIN_DAYS = re.compile(rf"(?:{DAY}\n)*")
PLAIN_MOMENTS = re.compile(rf"(?:{DAY}[ T][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:\.[0-9]{{1,6}})?\n)*")

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  a moment in UTC, as all of them here
EPOCH_DAY = 2440587.5  # as a Julian day

# The units of numbers: microseconds in each.
UNITS = {"unix": 1_000_000, "ms": 1_000, "us": 1}
JULIAN = "julian"
COUNTED = {"s": 1_000_000, "ms": 1_000, "us": 1}  # what intervals are counted in
EPOCH_DATES = "epoch"  # or they are dates: what has passed since 1970
DAY_PARTS = 86_400_000_000  # microseconds
UNIT_NAMES = {
    "unix": "seconds since 1970",
    "ms": "milliseconds since 1970",
    "us": "microseconds since 1970",
    JULIAN: "Julian days",
    "": "texts",
}


@dataclass(frozen=True)
class Moment(Kind):
    """timestamp with or without time zone, date, or time; `unit` is what numbers count.

    A text without a zone is UTC, as it is for SQLite, where the type has a zone; and the other way
    round, a text with a zone is brought to UTC where the type has none.
    """

    sql: str = "timestamp without time zone"
    unit: str = ""
    digits: int = 6  # of a second's fraction; beyond them Postgres would round

    def one(self, value: Any) -> str:
        moment = self._moment(value)
        _in_digits(moment.microsecond, self.digits)
        if self.sql == "date":
            if moment.time() != time():
                raise Unfit("has a time of day, which date has not")
            return moment.date().isoformat()
        suffix = "+00" if self.sql == "timestamp with time zone" else ""
        return moment.isoformat(" ") + suffix

    def _moment(self, value: Any) -> datetime:
        """In UTC, without tzinfo."""
        if isinstance(value, str):
            return from_text(value)
        if isinstance(value, int | float) and self.unit:
            return from_number(value, self.unit)
        raise unfit(value, self.sql)

    def bulk(self, values: Sequence[Any]) -> Sequence[str]:
        if self.unit or self.digits < 6:
            return super().bulk(values)
        plain, parse = (
            (PLAIN_DAYS, date.fromisoformat)
            if self.sql == "date"
            else (PLAIN_MOMENTS, datetime.fromisoformat)
        )
        known = [value for value in values if value is not None]
        lines = "\n".join([*known, ""])
        form = lines.partition("\n")[0].translate(DIGITS) + "\n"
        alike = lines.translate(DIGITS) == form * len(known)
        if not plain.fullmatch(form if alike and known else lines):
            return super().bulk(values)
        list(map(parse, known))  # the 30th of February is of the right form
        return ["" if value is None else value for value in values]


@dataclass(frozen=True)
class TimeOfDay(Kind):
    """time without time zone."""

    sql: str = "time without time zone"
    digits: int = 6

    def one(self, value: Any) -> str:
        if not isinstance(value, str):
            raise unfit(value, "time")
        if not TIME.fullmatch(value):
            raise unfit(value, "time", "is no time of day")
        _in_digits(fraction(value), self.digits)
        try:
            time.fromisoformat(value)
        except ValueError:
            raise Unfit("is no time of day") from None
        return value


@dataclass(frozen=True)
class Interval(Kind):
    """interval. A number is one only where it was said what it counts, its `unit`.

    A date is what has passed since 1970, as SQLAlchemy's Interval writes it; the unit EPOCH_DATES
    says that all values are. Any other text is Postgres's to judge, but where there is a unit.
    """

    sql: str = "interval"
    unit: str = ""
    quoted: ClassVar[bool] = True

    @property
    def unknown(self) -> str:
        return (
            ""
            if self.unit
            else "not all of its values are dates, and other spans of time only Postgres can read"
        )

    def one(self, value: Any) -> str:
        if isinstance(value, int | float) and self.unit not in COUNTED:
            raise Unfit("is a number: say what it counts, --type …=interval:us (Django's), ms or s")
        if isinstance(value, int | float) and math.isfinite(value):
            parts = round(Fraction(value) * COUNTED[self.unit])
        elif isinstance(value, str) and (self.unit or MOMENT.fullmatch(value)):
            parts = (from_text(value) - EPOCH) // timedelta(microseconds=1)
        elif isinstance(value, str) and "\0" not in value:
            return value
        else:
            raise unfit(value, self.sql)
        days, rest = divmod(parts, DAY_PARTS)  # as drivers write them: hours never make days
        if abs(days) >= 1 << 31:
            raise Unfit("is too large for interval")
        return f"{days} days {rest} microseconds"


def _in_digits(parts: int, digits: int) -> None:
    """Raise Unfit where microseconds do not end in as many zeros as they have to."""
    if parts % 10 ** (6 - digits):
        raise Unfit(f"has more than the {digits} digits of a second that the column takes")


def from_text(value: str) -> datetime:
    """A text that is a date, perhaps with a time and a zone. Raises Unfit."""
    match = MOMENT.fullmatch(value)
    if not match:
        raise unfit(value, "date or time", "is no date or time")
    day, clock, zone = match.groups()
    digits = fraction(clock or "")
    clock = (clock or "00:00").partition(".")[0]
    try:
        moment = datetime.fromisoformat(f"{day} {clock}") + timedelta(microseconds=digits)
        return moment - _offset(zone)
    except (ValueError, OverflowError):
        raise Unfit("is no day of the calendar, or no time of day") from None


def _offset(zone: str | None) -> timedelta:
    digits = (zone or "").strip().replace(":", "")
    if digits in ("", "Z", "z"):
        return timedelta()
    hours, minutes = int(digits[1:3]), int(digits[3:5] or 0)
    if hours > 15 or minutes > 59:
        raise ValueError
    return timedelta(hours=hours, minutes=minutes) * (-1 if digits[0] == "-" else 1)


def fraction(clock: str) -> int:
    """The microseconds in 12:34:56.789. Raises Unfit where there are parts of one."""
    digits = clock.partition(".")[2].rstrip("0")
    if len(digits) > 6:
        raise Unfit("is finer than a microsecond")
    return int(digits.ljust(6, "0"))


def from_number(value: float, unit: str) -> datetime:
    """A number of seconds, milliseconds, microseconds or Julian days. Raises Unfit."""
    if not math.isfinite(value):
        raise Unfit("is infinite")
    try:
        if unit == JULIAN:
            days = Fraction(value) - Fraction(EPOCH_DAY)
            return EPOCH + timedelta(milliseconds=round(days * 86_400_000))
        return EPOCH + timedelta(microseconds=round(Fraction(value) * UNITS[unit]))
    except OverflowError:
        raise Unfit(f"is no date, as {UNIT_NAMES[unit]}") from None
