"""Infers the Postgres type of a column from its declared type and the statistics of its values."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from demijohn.sqlite_import.model.pg_type import PgType
from demijohn.sqlite_import.model.schema import BLOB, INTEGER, NUMERIC, REAL, TEXT, Column
from demijohn.sqlite_import.planning.column_stats import DECIMAL, Stats, is_datetime
from demijohn.sqlite_import.types.datetimes import (
    EPOCH_DATES,
    INTERVAL_UNITS,
    JULIAN,
    UNIT_NAMES,
    UNITS,
    Interval,
    TimeOfDay,
    Timestamp,
)
from demijohn.sqlite_import.types.numbers_and_booleans import Boolean, Double, Integer, Numeric
from demijohn.sqlite_import.types.text_types import Bytes, Json, Text, Uuid

LIMITED_TEXT = re.compile(r"(?:N?VARCHAR|CHARACTER VARYING|N?CHAR|CHARACTER)\s*\(\s*(\d+)\s*\)")


@dataclass(frozen=True)
class InferredType:
    """A type, and a note about its origin if it is not the obvious one."""

    pg_type: PgType
    note: str = ""


TYPES_BY_OPTION: dict[str, Callable[[str], PgType]] = {
    "text": lambda unit: Text(),
    "bigint": lambda unit: Integer(),
    "integer": lambda unit: Integer("integer"),
    "numeric": lambda unit: Numeric(),
    "double": lambda unit: Double(),
    "boolean": lambda unit: Boolean(),
    "bytea": lambda unit: Bytes(),
    "uuid": lambda unit: Uuid(),
    "json": lambda unit: Json(),
    "jsonb": lambda unit: Json("jsonb"),
    "time": lambda unit: TimeOfDay(),
    "date": lambda unit: Timestamp("date", unit),
    "timestamp": lambda unit: Timestamp("timestamp without time zone", unit),
    "timestamptz": lambda unit: Timestamp("timestamp with time zone", unit),
    "interval": lambda unit: Interval(unit=unit),
}
DATETIME_UNITS = (*UNITS, JULIAN)
UNITS_BY_OPTION = {
    **dict.fromkeys(("date", "timestamp", "timestamptz"), DATETIME_UNITS),
    "interval": (*INTERVAL_UNITS, EPOCH_DATES),
}


def parse_type_option(word: str) -> PgType:
    """The type of an option such as `timestamptz:unix`. Raises ValueError."""
    name, _, unit = word.partition(":")
    if name not in TYPES_BY_OPTION or (unit and unit not in UNITS_BY_OPTION.get(name, ())):
        raise ValueError(
            f"{word!r} is not a type. Types are {', '.join(TYPES_BY_OPTION)}; for numeric "
            f"dates, such as timestamptz:unix, the units are {', '.join(DATETIME_UNITS)}; "
            f"for interval {', '.join(UNITS_BY_OPTION['interval'])}"
        )
    return TYPES_BY_OPTION[name](unit)


def interval_of_dates(pg_type: Interval, stats: Stats) -> Interval:
    """The interval with the unit EPOCH_DATES if all values are dates, else unchanged."""
    if pg_type.unit or stats.get("dated", 0) == 0:
        return pg_type
    return Interval(pg_type.sql, EPOCH_DATES)


def infer_type(column: Column, stats: Stats) -> InferredType:
    """The type for a column of a new table."""
    declared = column.declared.upper().strip()
    low, high = stats.get("low"), stats.get("high")
    if declared in ("BOOL", "BOOLEAN"):
        return InferredType(Boolean())
    if is_datetime(column):
        return _infer_datetime(declared, stats)
    if declared in ("TIME", "TIME WITHOUT TIME ZONE") and high in ("text", "null"):
        return InferredType(TimeOfDay())
    if declared in ("UUID", "GUID", "UNIQUEIDENTIFIER"):
        return InferredType(Uuid())
    if declared in ("JSON", "JSONB"):
        return InferredType(Json(declared.lower()))
    if decimal := DECIMAL.fullmatch(declared):
        return _infer_decimal(decimal, stats)
    if column.affinity == TEXT and (high == "text" or {low, high} <= {"null", None}):
        return _infer_text(declared, stats)
    if column.affinity == REAL and {low, high} <= {"null", "real", None}:
        return InferredType(Double())
    if column.affinity == INTEGER and (high == "integer" or "integers" not in stats):
        return InferredType(Integer())
    return _infer_from_values(column, stats)


def _infer_text(declared: str, stats: Stats) -> InferredType:
    limited = LIMITED_TEXT.fullmatch(declared)
    if not limited or not 0 < int(limited[1]) <= 10_485_760:
        return InferredType(Text())
    limit = int(limited[1])
    if (stats["longest"] or 0) > limit:
        return InferredType(Text(), f"text: values are longer than {declared} allows")
    return InferredType(Text(f"character varying({limit})", limit))


def _infer_decimal(declared: re.Match[str], stats: Stats) -> InferredType:
    if not declared[1]:
        return InferredType(Numeric())
    precision, scale = int(declared[1]), int(declared[2] or 0)
    if not 0 < precision <= 1000 or scale > precision:
        return InferredType(Numeric())
    if stats["misfit"]:
        return InferredType(
            Numeric(), f"numeric: values have more digits than {declared[0]} allows"
        )
    return InferredType(Numeric(f"numeric({precision},{scale})", precision, scale))


def _infer_datetime(declared: str, stats: Stats) -> InferredType:
    zoned = bool(stats["zoned"]) or declared.startswith("TIMESTAMPTZ") or "WITH TIME" in declared
    name = "timestamp with time zone" if zoned else "timestamp without time zone"
    if declared == "DATE" and not stats["timed"]:
        name = "date"
    note = (
        f"{name}: some values have a time of day" if declared == "DATE" and name[0] == "t" else ""
    )
    if stats["zoned"]:
        note = f"{name}: some values have a time zone; those without are UTC"
    numbers = (stats.get("integers") or 0) + (stats.get("reals") or 0)
    if not numbers:
        return InferredType(Timestamp(name), note)
    unit = infer_unit(stats)
    if not unit or stats["texts"]:
        return InferredType(Timestamp(name), note)  # and each number is rejected
    name = "timestamp with time zone"  # a number since the epoch is the same in every zone
    return InferredType(Timestamp(name, unit), f"{name}: its values are {UNIT_NAMES[unit]}")


def infer_unit(stats: Stats) -> str:
    """The unit of numeric dates if all values agree on one, else ""."""
    least, most = stats["least"], stats["most"]
    if stats["reals"] and least >= 1_721_425 and most < 5_373_485:  # the years 1 to 9999
        return JULIAN
    largest = max(abs(least), abs(most))  # not the least: 0 and dates before 1970 are valid dates
    bounds = {"unix": (1e8, 1e11), "ms": (1e11, 1e14), "us": (1e14, 1e17)}
    unit = next((unit for unit, (low, high) in bounds.items() if low <= largest < high), "")
    mixed = (stats["seconds"] and unit in ("ms", "us")) or (stats["thousandths"] and unit == "us")
    return "" if mixed else unit


def _infer_from_values(column: Column, stats: Stats) -> InferredType:
    """For columns without a known declared type, or with values of another type."""
    integers, reals, texts, blobs = (
        stats.get(name) or 0 for name in ("integers", "reals", "texts", "blobs")
    )
    if not (integers or reals or texts or blobs):
        return InferredType(Bytes() if "BLOB" in column.declared.upper() else Text())
    if blobs and not (integers or reals or texts):
        pg_type: PgType = Bytes()
    elif texts and not (integers or reals or blobs):
        pg_type = Text()
    elif texts or blobs:
        kinds: dict[str, PgType] = {INTEGER: Integer(), REAL: Double(), TEXT: Text()}
        if column.affinity in kinds and (not reals or column.affinity == REAL):
            return InferredType(kinds[column.affinity])
        if blobs and "BLOB" in column.declared.upper():
            return InferredType(Bytes())
        if column.affinity == INTEGER:
            return InferredType(Numeric() if stats["large"] else Double())
        return InferredType(
            Text(), "text: values are of several types; numbers are converted to text"
        )
    elif reals:
        pg_type = Numeric() if stats["large"] else Double()
    else:
        pg_type = Integer()
    expected = (INTEGER, Integer), (REAL, Double), (TEXT, Text), (BLOB, Bytes)
    if (column.affinity, type(pg_type)) in expected and column.declared:
        return InferredType(pg_type)
    if column.affinity == NUMERIC:  # by SQLite's rules, for words that it does not know
        note = (
            f"{pg_type.sql}: from its values, since SQLite does not know the type {column.declared}"
        )
    else:
        note = f"{pg_type.sql}: its values do not match {column.declared}"
    return InferredType(pg_type, note if column.declared else "")
