"""Numbers and booleans of Postgres. Each type encodes SQLite values exactly, or raises
ConversionError.

SQLite has a type per value. `encode_column` is fast because it accepts one storage class and raises
for others; the column is then encoded value by value.
"""

import math
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from demijohn.sqlite_import.model.invalid_text import HalfSurrogateText, InvalidText
from demijohn.sqlite_import.model.pg_type import PgType
from demijohn.sqlite_import.model.rejects import ConversionError

NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
WHOLE = re.compile(r"[+-]?[0-9]+")
TRUE = frozenset(("1", "t", "true", "y", "yes", "on"))
FALSE = frozenset(("0", "f", "false", "n", "no", "off"))

STORAGE_CLASSES = {int: "an integer", float: "a real", str: "a text", bytes: "a blob"}
format_integer = int.__repr__  # unlike str, they raise for other types
format_real = float.__repr__

# Replaces each digit by 0. To compare the form of texts this way is much faster than a regex.
DIGITS_TO_ZERO = str.maketrans("123456789", "000000000")

COLUMN_ERRORS = (TypeError, AttributeError, ValueError, OverflowError)


@dataclass(frozen=True)
class Integer(PgType):
    """smallint, integer, bigint, or oid, for which Postgres also accepts negative numbers."""

    sql: str = "bigint"

    @property
    def bounds(self) -> tuple[int, int]:
        """The least value, and the first that is too large."""
        if self.sql == "oid":
            return 0, 1 << 32
        bound = {"smallint": 1 << 15, "integer": 1 << 31, "bigint": 1 << 63}[self.sql]
        return -bound, bound

    def encode_value(self, value: Any) -> str:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, str) and WHOLE.fullmatch(value):
            value = int(value)
        if not isinstance(value, int):
            raise conversion_error(value, "whole number")
        least, bound = self.bounds
        if not least <= value < bound:
            raise ConversionError(f"is too {'large' if value > 0 else 'small'} for {self.sql}")
        return str(value)

    def encode_column(self, values: Sequence[Any]) -> Sequence[str]:
        if self.sql != "bigint":
            known = [value for value in values if value is not None]
            least, bound = self.bounds
            if known and not least <= min(known) <= max(known) < bound:
                raise ValueError
        with suppress(TypeError):  # if there is a NULL
            return list(map(format_integer, values))
        return ["" if value is None else format_integer(value) for value in values]


@dataclass(frozen=True)
class Double(PgType):
    """double precision, or real, which holds six digits."""

    sql: str = "double precision"

    def encode_value(self, value: Any) -> str:
        if isinstance(value, str) and NUMBER.fullmatch(value):
            value = float(value)
        if isinstance(value, int):
            if int(float(value)) != value:
                raise ConversionError(f"has more digits than {self.sql} holds")
            value = float(value)
        if not isinstance(value, float):
            raise conversion_error(value, "number")
        if self.sql == "real" and not self._in_six_digits(value):
            raise ConversionError("has more digits than real holds")
        return format_real(value)

    @staticmethod
    def _in_six_digits(value: float) -> bool:
        return math.isinf(value) or (
            float(f"{value:.6g}") == value and (value == 0 or 1e-37 < abs(value) < 1e38)
        )

    def encode_column(self, values: Sequence[Any]) -> Sequence[str]:
        if self.sql == "real":
            return super().encode_column(values)
        with suppress(TypeError):  # if there is a NULL
            return list(map(format_real, values))
        return ["" if value is None else format_real(value) for value in values]


@dataclass(frozen=True)
class Numeric(PgType):
    """numeric. A real becomes the shortest decimal of the same value: 0.1 is 0.1."""

    sql: str = "numeric"
    precision: int = 0  # 0: unlimited
    scale: int = 0  # since Postgres 15 also below 0 or above `precision`

    def encode_value(self, value: Any) -> str:
        if isinstance(value, str) and NUMBER.fullmatch(value):
            text = value
        elif isinstance(value, int):
            text = str(value)
        elif isinstance(value, float) and math.isfinite(value):
            text = format_real(value).removesuffix(".0")
        elif isinstance(value, float):
            raise ConversionError("is infinite")
        else:
            raise conversion_error(value, "number")
        if self.precision:
            number = Decimal(text)
            _, digits, exponent = number.normalize().as_tuple()
            if number and isinstance(exponent, int):
                if -exponent > self.scale:
                    raise ConversionError(f"has more decimals than {self.sql}")
                if len(digits) + exponent > self.precision - self.scale:
                    raise ConversionError(f"is too large for {self.sql}")
        return text

    def encode_column(self, values: Sequence[Any]) -> Sequence[str]:
        if not 0 <= self.scale <= self.precision:
            return super().encode_column(values)
        texts = [
            ""
            if value is None
            else format_real(value)
            if type(value) is float
            else format_integer(value)
            for value in values
        ]
        lines = "\n".join([*texts, ""])
        mask = lines.translate(DIGITS_TO_ZERO)
        if "e" in mask or "n" in mask:  # an exponent, inf or nan
            raise ValueError
        if (
            self.precision
            and not self._fits_for_sure(mask)
            and not self._lines_pattern.fullmatch(lines)
        ):
            raise ValueError
        return texts

    def _fits_for_sure(self, mask: str) -> bool:
        """Whether it is certain that no number has too many digits."""
        whole, scale = self.precision - self.scale, self.scale
        return (
            0 < scale <= whole  # otherwise that many digits could be decimals
            and "." + "0" * (scale + 1) not in mask
            and "0" * (whole + 1) not in mask
        )

    @cached_property
    def _lines_pattern(self) -> re.Pattern[str]:
        """Matches many numbers, one per line, none of which has too many digits."""
        whole, scale = self.precision - self.scale, max(self.scale, 1)
        last = "[0-9]" if self.scale else "0"
        return re.compile(rf"(?:(?:-?(?:0|[0-9]{{0,{whole}}})(?:\.{last}{{1,{scale}}})?)?\n)*")


@dataclass(frozen=True)
class Money(Numeric):
    """money: a bigint of hundredths, without exponents."""

    sql: str = "money"
    precision: int = 19
    scale: int = 2

    def encode_value(self, value: Any) -> str:
        number = Decimal(super().encode_value(value))
        if not -(1 << 63) <= number * 100 < 1 << 63:
            raise ConversionError("is too large for money")
        return format(number, "f")

    def encode_column(self, values: Sequence[Any]) -> Sequence[str]:
        return PgType.encode_column(self, values)


class Boolean(PgType):
    """boolean: 0 and 1, or the words that Postgres accepts, case-insensitively."""

    sql = "boolean"

    def encode_value(self, value: Any) -> str:
        word = value.strip().lower() if isinstance(value, str) else value
        if word == 1 or word in TRUE:
            return "t"
        if word == 0 or word in FALSE:
            return "f"
        raise conversion_error(value, "boolean", "is neither 0 nor 1")

    def encode_column(self, values: Sequence[Any]) -> Sequence[str]:
        try:
            return [_BOOLEANS[value] for value in values]
        except KeyError:
            return super().encode_column(values)


_BOOLEANS = {0: "f", 1: "t", None: ""}


def conversion_error(value: Any, wanted: str, reason: str = "") -> ConversionError:
    """The error for a value that is not a `wanted`."""
    if isinstance(value, HalfSurrogateText):
        return ConversionError("is a text with half of a surrogate pair, which is not a character")
    if isinstance(value, InvalidText):
        return ConversionError("is a text, but not UTF-8")
    if value == "":
        return ConversionError(f"is an empty text, not a {wanted}")
    return ConversionError(reason or f"is {STORAGE_CLASSES[type(value)]}, not a {wanted}")
