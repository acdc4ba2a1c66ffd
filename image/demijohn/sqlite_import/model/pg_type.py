"""What the rest of the import asks of a Postgres type. The types themselves are in `types/`."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, ClassVar

from demijohn.sqlite_import.text import in_slices


class PgType:
    """A Postgres type: `sql` is its name, `needs_quotes` whether its values are quoted in CSV."""

    sql: str
    needs_quotes: ClassVar[bool] = False

    @property
    def not_comparable(self) -> str:
        """The reason why its values cannot be compared, or "": only Postgres can parse them."""
        return ""

    def encode_value(self, value: Any) -> str:
        """A value that is not NULL, as text that Postgres parses. Raises ConversionError."""
        raise NotImplementedError

    def encode_field(self, value: Any) -> str:
        """A value that is not NULL, as a CSV field. Raises ConversionError."""
        text = self.encode_value(value)
        return quote_csv(text) if self.needs_quotes else text

    def encode_pieces(self, value: Any) -> Iterable[str]:
        """encode_field() of a large value in pieces, without a second copy of it.

        Raises ConversionError.
        """
        if not self.needs_quotes:
            return (self.encode_value(value),)
        inner = (part.replace('"', '""') for part in in_slices(self.encode_value(value)))
        return chain('"', inner, '"')

    def encode_column(self, values: Sequence[Any]) -> Sequence[str]:
        """CSV fields of values that all have the expected storage class, or are NULL.

        Raises ConversionError, or one of COLUMN_ERRORS: then encode them one by one.
        """
        encode = self.encode_field
        return ["" if value is None else encode(value) for value in values]


def quote_csv(text: str) -> str:
    """A text as a quoted CSV field."""
    return '"' + text.replace('"', '""') + '"'
