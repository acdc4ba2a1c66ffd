"""Texts, and types that are written as texts: enums, blobs, UUIDs, JSON."""

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar

from demijohn.sqlite_import.model.invalid_text import InvalidText
from demijohn.sqlite_import.model.pg_type import PgType
from demijohn.sqlite_import.model.rejects import ConversionError
from demijohn.sqlite_import.text import in_slices
from demijohn.sqlite_import.types.numbers_and_booleans import (
    conversion_error,
    format_integer,
    format_real,
)

UUID = re.compile(r"\{?[0-9a-fA-F]{8}(-?)[0-9a-fA-F]{4}(?:\1[0-9a-fA-F]{4}){2}\1[0-9a-fA-F]{12}\}?")
# The escapes that jsonb rejects: NUL, and halves of surrogate pairs.
HIGH, LOW = r"\\u[dD][89abAB][0-9a-fA-F]{2}", r"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
REFUSED_ESCAPES = re.compile(rf"\\u0000|{HIGH}(?!{LOW})|(?<!{HIGH}){LOW}")
MAX_LABELS_SHOWN = 10  # of an enum
CSV_SPECIAL = '",\r\n\\'  # has a meaning in CSV, or at the start of a line


@dataclass(frozen=True)
class Text(PgType):
    """text, or varchar and char with a `limit` in characters. Numbers are formatted."""

    sql: str = "text"
    limit: int = 0
    needs_quotes: ClassVar[bool] = True

    def encode_value(self, value: Any) -> str:
        if isinstance(value, int):
            value = str(value)
        elif isinstance(value, float):
            value = format_real(value)
        if not isinstance(value, str):
            raise conversion_error(value, "text")
        if "\0" in value:
            raise ConversionError("contains a NUL byte, which Postgres does not allow in texts")
        if self.limit and len(value) > self.limit:
            raise ConversionError(f"is longer than {self.sql}")
        if self.sql.startswith("character(") and value.endswith(" "):
            raise ConversionError(f"ends in a space, which {self.sql} drops")
        return value

    def encode_column(self, values: Sequence[Any]) -> Sequence[str]:
        if self.sql.startswith("character("):
            return super().encode_column(values)
        known = [v for v in values if v is not None] if None in values else values
        if self.limit and max(map(len, known), default=0) > self.limit:
            raise ValueError
        # Quoting doubles the time: quote only if a character needs it, or a text is empty.
        if all(known) and not any(map("".join(known).__contains__, CSV_SPECIAL)):
            return values if known is values else ["" if v is None else v for v in values]
        return ["" if v is None else '"' + v.replace('"', '""') + '"' for v in values]


class AnyText(Text):
    """Any value as text: what --on-bad text makes of a column with rejects."""

    def encode_value(self, value: Any) -> str:
        if isinstance(value, InvalidText):
            value = value.decode(errors="backslashreplace")
        elif isinstance(value, bytes):
            value = "\\x" + value.hex()
        elif not isinstance(value, str):
            value = format_integer(value) if isinstance(value, int) else format_real(value)
        return value.replace("\0", "\\x00") if isinstance(value, str) else str(value)

    def encode_column(self, values: Sequence[Any]) -> Sequence[str]:
        return PgType.encode_column(self, values)


class ByteLimitedText(Text):
    """name and "char", which Postgres truncates silently. The `limit` is in bytes."""

    def encode_value(self, value: Any) -> str:
        text = Text().encode_value(value)
        if len(text.encode()) > self.limit:
            raise ConversionError(f"is longer than {self.sql}")
        return text

    def encode_column(self, values: Sequence[Any]) -> Sequence[str]:
        return PgType.encode_column(self, values)


@dataclass(frozen=True)
class EnumOrUnknown(PgType):
    """An enum; without `labels`, a type that only Postgres can parse."""

    sql: str
    labels: tuple[str, ...] = ()
    needs_quotes: ClassVar[bool] = True

    @property
    def not_comparable(self) -> str:
        return "" if self.labels else f"only Postgres can parse {self.sql}"

    def encode_value(self, value: Any) -> str:
        text = Text().encode_value(value)
        if self.labels and text not in self.labels:
            raise ConversionError(f"is none of {self.sql}: {_list_labels(self.labels)}")
        return text


def _list_labels(labels: Sequence[str]) -> str:
    """The first labels of an enum, and how many more there are."""
    more = f" and {len(labels) - MAX_LABELS_SHOWN} more" if len(labels) > MAX_LABELS_SHOWN else ""
    return ", ".join(labels[:MAX_LABELS_SHOWN]) + more


class Bytes(PgType):
    """bytea."""

    sql = "bytea"

    def encode_value(self, value: Any) -> str:
        return "".join(self.encode_pieces(value))

    def encode_pieces(self, value: Any) -> Iterable[str]:
        if not isinstance(value, bytes) or isinstance(value, InvalidText):
            raise conversion_error(value, "blob")
        return chain(("\\x",), (part.hex() for part in in_slices(value)))

    def encode_column(self, values: Sequence[Any]) -> Sequence[str]:
        if set(map(type, values)) - {bytes, type(None)}:  # InvalidText is a subclass of bytes
            raise ValueError
        written = bytes.hex  # floats have a hex() too
        return ["" if value is None else "\\x" + written(value) for value in values]


class Uuid(PgType):
    """uuid: 32 hexadecimal digits with or without hyphens, or 16 bytes."""

    sql = "uuid"

    def encode_value(self, value: Any) -> str:
        if isinstance(value, bytes) and not isinstance(value, InvalidText):
            if len(value) == 16:
                return value.hex()
            raise ConversionError(f"has {len(value)} bytes, not 16")
        if (
            isinstance(value, str)
            and UUID.fullmatch(value)
            and value.count("{") == value.count("}")
        ):
            return value
        raise conversion_error(value, "UUID")


@dataclass(frozen=True)
class Json(PgType):
    """json or jsonb. SQLite turns JSON texts that look like numbers into numbers."""

    sql: str = "json"
    needs_quotes: ClassVar[bool] = True

    def encode_value(self, value: Any) -> str:
        if isinstance(value, float) and math.isfinite(value):
            return format_real(value)
        if isinstance(value, int):
            return str(value)
        if not isinstance(value, str):
            raise conversion_error(value, "JSON")
        try:
            json.loads(value, parse_constant=_reject_constant, parse_int=str, parse_float=str)
        except (ValueError, RecursionError):
            raise conversion_error(value, "JSON", "is not JSON") from None
        if "\0" in value or (self.sql == "jsonb" and _has_refused_escape(value)):
            raise ConversionError(f"contains a character that {self.sql} does not allow")
        return value


def _reject_constant(word: str) -> None:
    raise ValueError(word)


def _has_refused_escape(text: str) -> bool:
    """Whether jsonb rejects an escape in it, even in a member that a duplicate key replaces."""
    return "\\u" in text and bool(REFUSED_ESCAPES.search(text.replace("\\\\", "  ")))
