"""Which type of Postgres a column becomes: by what it declares and by what all its values are."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from demijohn.sqlite_import.facts import DECIMAL, Facts, is_moment
from demijohn.sqlite_import.moments import (
    COUNTED,
    EPOCH_DATES,
    JULIAN,
    UNIT_NAMES,
    UNITS,
    Interval,
    Moment,
    TimeOfDay,
)
from demijohn.sqlite_import.schema import BLOB, INTEGER, NUMERIC, REAL, TEXT, Column
from demijohn.sqlite_import.texts import Bytes, Json, Text, Uuid
from demijohn.sqlite_import.values import Boolean, Double, Integer, Kind, Numeric

LIMITED = re.compile(r"(?:N?VARCHAR|CHARACTER VARYING|N?CHAR|CHARACTER)\s*\(\s*(\d+)\s*\)")


@dataclass(frozen=True)
class Choice:
    """The type, and where it is not the obvious one, what it was inferred from."""

    kind: Kind
    note: str = ""


KINDS: dict[str, Callable[[str], Kind]] = {
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
    "date": lambda unit: Moment("date", unit),
    "timestamp": lambda unit: Moment("timestamp without time zone", unit),
    "timestamptz": lambda unit: Moment("timestamp with time zone", unit),
    "interval": lambda unit: Interval(unit=unit),
}
ASKED_UNITS = (*UNITS, JULIAN)
UNITS_OF = {
    **dict.fromkeys(("date", "timestamp", "timestamptz"), ASKED_UNITS),
    "interval": (*COUNTED, EPOCH_DATES),
}


def asked(word: str) -> Kind:
    """The type that `timestamptz:unix` asks for. Raises ValueError."""
    name, _, unit = word.partition(":")
    if name not in KINDS or (unit and unit not in UNITS_OF.get(name, ())):
        raise ValueError(
            f"{word!r} is no type. There are {', '.join(KINDS)}; and for dates as numbers, "
            f"such as timestamptz:unix, the units {', '.join(ASKED_UNITS)}; for interval "
            f"{', '.join(UNITS_OF['interval'])}"
        )
    return KINDS[name](unit)


def spans(kind: Interval, about: Facts) -> Interval:
    """An interval whose values are all dates, if they are."""
    if kind.unit or about.get("dated", 0) == 0:
        return kind
    return Interval(kind.sql, EPOCH_DATES)


def choose(column: Column, about: Facts) -> Choice:
    """The type for a column of a new table."""
    declared = column.declared.upper().strip()
    low, high = about.get("low"), about.get("high")
    if declared in ("BOOL", "BOOLEAN"):
        return Choice(Boolean())
    if is_moment(column):
        return _moment(declared, about)
    if declared in ("TIME", "TIME WITHOUT TIME ZONE") and high in ("text", "null"):
        return Choice(TimeOfDay())
    if declared in ("UUID", "GUID", "UNIQUEIDENTIFIER"):
        return Choice(Uuid())
    if declared in ("JSON", "JSONB"):
        return Choice(Json(declared.lower()))
    if decimal := DECIMAL.fullmatch(declared):
        return _decimal(decimal, about)
    if column.affinity == TEXT and (high == "text" or {low, high} <= {"null", None}):
        return _text(declared, about)
    if column.affinity == REAL and {low, high} <= {"null", "real", None}:
        return Choice(Double())
    if column.affinity == INTEGER and (high == "integer" or "integers" not in about):
        return Choice(Integer())
    return _by_values(column, about)


def _text(declared: str, about: Facts) -> Choice:
    limited = LIMITED.fullmatch(declared)
    if not limited or not 0 < int(limited[1]) <= 10_485_760:
        return Choice(Text())
    limit = int(limited[1])
    if (about["longest"] or 0) > limit:
        return Choice(Text(), f"text: values are longer than {declared} says")
    return Choice(Text(f"character varying({limit})", limit))


def _decimal(declared: re.Match[str], about: Facts) -> Choice:
    if not declared[1]:
        return Choice(Numeric())
    precision, scale = int(declared[1]), int(declared[2] or 0)
    if not 0 < precision <= 1000 or scale > precision:
        return Choice(Numeric())
    if about["misfit"]:
        return Choice(Numeric(), f"numeric: values have more digits than {declared[0]} says")
    return Choice(Numeric(f"numeric({precision},{scale})", precision, scale))


def _moment(declared: str, about: Facts) -> Choice:
    zoned = bool(about["zoned"]) or declared.startswith("TIMESTAMPTZ") or "WITH TIME" in declared
    name = "timestamp with time zone" if zoned else "timestamp without time zone"
    if declared == "DATE" and not about["timed"]:
        name = "date"
    note = (
        f"{name}: some values have a time of day" if declared == "DATE" and name[0] == "t" else ""
    )
    if about["zoned"]:
        note = f"{name}: values name their time zone; those that do not are UTC"
    numbers = (about.get("integers") or 0) + (about.get("reals") or 0)
    if not numbers:
        return Choice(Moment(name), note)
    unit = unit_of(about)
    if not unit or about["texts"]:
        return Choice(Moment(name), note)  # and the numbers are told one by one
    name = "timestamp with time zone"  # a count since some moment is the same everywhere
    return Choice(Moment(name, unit), f"{name}: its values are {UNIT_NAMES[unit]}")


def unit_of(about: Facts) -> str:
    """What a column of numbers counts, if all of them leave no doubt: else nothing."""
    least, most = about["least"], about["most"]
    if about["reals"] and least >= 1_721_425 and most < 5_373_485:  # the years 1 to 9999
        return JULIAN
    largest = max(abs(least), abs(most))  # not the least: 0 and dates before 1970 are dates too
    bounds = {"unix": (1e8, 1e11), "ms": (1e11, 1e14), "us": (1e14, 1e17)}
    unit = next((unit for unit, (low, high) in bounds.items() if low <= largest < high), "")
    mixed = (about["seconds"] and unit in ("ms", "us")) or (about["thousandths"] and unit == "us")
    return "" if mixed else unit


def _by_values(column: Column, about: Facts) -> Choice:
    """Where the declaration says nothing, or the values say something else."""
    integers, reals, texts, blobs = (
        about.get(name) or 0 for name in ("integers", "reals", "texts", "blobs")
    )
    if not (integers or reals or texts or blobs):
        return Choice(Bytes() if "BLOB" in column.declared.upper() else Text())
    if blobs and not (integers or reals or texts):
        kind: Kind = Bytes()
    elif texts and not (integers or reals or blobs):
        kind = Text()
    elif texts or blobs:
        kinds: dict[str, Kind] = {INTEGER: Integer(), REAL: Double(), TEXT: Text()}
        if column.affinity in kinds and (not reals or column.affinity == REAL):
            return Choice(kinds[column.affinity])
        if blobs and "BLOB" in column.declared.upper():
            return Choice(Bytes())
        if column.affinity == INTEGER:
            return Choice(Numeric() if about["large"] else Double())
        return Choice(Text(), "text: values are of several types; numbers are written out")
    elif reals:
        kind = Numeric() if about["large"] else Double()
    else:
        kind = Integer()
    expected = (INTEGER, Integer), (REAL, Double), (TEXT, Text), (BLOB, Bytes)
    if (column.affinity, type(kind)) in expected and column.declared:
        return Choice(kind)
    if column.affinity == NUMERIC:  # by SQLite's rules, where it does not know the word
        note = f"{kind.sql}: by its values, for SQLite knows no type {column.declared}"
    else:
        note = f"{kind.sql}: its values are not what {column.declared} says"
    return Choice(kind, note if column.declared else "")
