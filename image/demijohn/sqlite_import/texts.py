"""Texts, and what is written as one: words of an enum, blobs, UUIDs, JSON."""

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar

from demijohn.sqlite_import.source import Invalid
from demijohn.sqlite_import.values import Kind, Unfit, integer, real, slices, unfit

UUID = re.compile(r"\{?[0-9a-fA-F]{8}(-?)[0-9a-fA-F]{4}(?:\1[0-9a-fA-F]{4}){2}\1[0-9a-fA-F]{12}\}?")
# The escapes that jsonb refuses: NUL, and halves of surrogate pairs.
HIGH, LOW = r"\\u[dD][89abAB][0-9a-fA-F]{2}", r"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
NO_PLACE = re.compile(rf"\\u0000|{HIGH}(?!{LOW})|(?<!{HIGH}){LOW}")
LABELS = 10  # of an enum that are named
SPECIAL = '",\r\n\\'  # what means something in CSV, or may at the start of a line


@dataclass(frozen=True)
class Text(Kind):
    """text, or with a limit in characters varchar and char; numbers are written out."""

    sql: str = "text"
    limit: int = 0
    quoted: ClassVar[bool] = True

    def one(self, value: Any) -> str:
        if isinstance(value, int):
            value = str(value)
        elif isinstance(value, float):
            value = real(value)
        if not isinstance(value, str):
            raise unfit(value, "text")
        if "\0" in value:
            raise Unfit("has a NUL byte, which Postgres has not in texts")
        if self.limit and len(value) > self.limit:
            raise Unfit(f"is longer than {self.sql}")
        if self.sql.startswith("character(") and value.endswith(" "):
            raise Unfit(f"ends in a space, which {self.sql} does not keep")
        return value

    def bulk(self, values: Sequence[Any]) -> Sequence[str]:
        if self.sql.startswith("character("):
            return super().bulk(values)
        known = [v for v in values if v is not None] if None in values else values
        if self.limit and max(map(len, known), default=0) > self.limit:
            raise ValueError
        # Quotes cost as much as all else: only where a character needs them, or an empty text.
        if all(known) and not any(map("".join(known).__contains__, SPECIAL)):
            return values if known is values else ["" if v is None else v for v in values]
        return ["" if v is None else '"' + v.replace('"', '""') + '"' for v in values]


class AnyText(Text):
    """Whatever it is, as text: what --on-bad text makes of a column with values that do not fit."""

    def one(self, value: Any) -> str:
        if isinstance(value, Invalid):
            value = value.decode(errors="backslashreplace")
        elif isinstance(value, bytes):
            value = "\\x" + value.hex()
        elif not isinstance(value, str):
            value = integer(value) if isinstance(value, int) else real(value)
        return value.replace("\0", "\\x00") if isinstance(value, str) else str(value)

    def bulk(self, values: Sequence[Any]) -> Sequence[str]:
        return Kind.bulk(self, values)


class Short(Text):
    """name and "char", of which Postgres silently keeps so many bytes: its `limit` is in bytes."""

    def one(self, value: Any) -> str:
        text = Text().one(value)
        if len(text.encode()) > self.limit:
            raise Unfit(f"is longer than {self.sql}")
        return text

    def bulk(self, values: Sequence[Any]) -> Sequence[str]:
        return Kind.bulk(self, values)


@dataclass(frozen=True)
class Words(Kind):
    """An enum, or a type whose values only Postgres can judge: then there are no `labels`."""

    sql: str
    labels: tuple[str, ...] = ()
    quoted: ClassVar[bool] = True

    @property
    def unknown(self) -> str:
        return "" if self.labels else f"only Postgres can read {self.sql}"

    def one(self, value: Any) -> str:
        text = Text().one(value)
        if self.labels and text not in self.labels:
            raise Unfit(f"is none of {self.sql}: {_listed(self.labels)}")
        return text


def _listed(labels: Sequence[str]) -> str:
    """The labels of an enum, but of many the first ones only."""
    more = f" and {len(labels) - LABELS} more" if len(labels) > LABELS else ""
    return ", ".join(labels[:LABELS]) + more


class Bytes(Kind):
    """bytea."""

    sql = "bytea"

    def one(self, value: Any) -> str:
        return "".join(self.pieces(value))

    def pieces(self, value: Any) -> Iterable[str]:
        if not isinstance(value, bytes) or isinstance(value, Invalid):
            raise unfit(value, "blob")
        return chain(("\\x",), (part.hex() for part in slices(value)))

    def bulk(self, values: Sequence[Any]) -> Sequence[str]:
        if set(map(type, values)) - {bytes, type(None)}:  # no UTF-8 is among bytes too
            raise ValueError
        written = bytes.hex  # for floats have a hex() too
        return ["" if value is None else "\\x" + written(value) for value in values]


class Uuid(Kind):
    """uuid: 32 hexadecimal digits with or without hyphens, or 16 bytes."""

    sql = "uuid"

    def one(self, value: Any) -> str:
        if isinstance(value, bytes) and not isinstance(value, Invalid):
            if len(value) == 16:
                return value.hex()
            raise Unfit(f"has {len(value)} bytes, not 16")
        if (
            isinstance(value, str)
            and UUID.fullmatch(value)
            and value.count("{") == value.count("}")
        ):
            return value
        raise unfit(value, "UUID")


@dataclass(frozen=True)
class Json(Kind):
    """json or jsonb. SQLite has made numbers of texts that look like some; they are JSON too."""

    sql: str = "json"
    quoted: ClassVar[bool] = True

    def one(self, value: Any) -> str:
        if isinstance(value, float) and math.isfinite(value):
            return real(value)
        if isinstance(value, int):
            return str(value)
        if not isinstance(value, str):
            raise unfit(value, "JSON")
        try:
            json.loads(value, parse_constant=_no_constant, parse_int=str, parse_float=str)
        except (ValueError, RecursionError):
            raise unfit(value, "JSON", "is no JSON") from None
        if "\0" in value or (self.sql == "jsonb" and _without_place(value)):
            raise Unfit(f"has a character that {self.sql} has not")
        return value


def _no_constant(word: str) -> None:
    raise ValueError(word)


def _without_place(text: str) -> bool:
    """Whether jsonb refuses an escape in it, be it in a member that another of that name hides."""
    return "\\u" in text and bool(NO_PLACE.search(text.replace("\\\\", "  ")))
