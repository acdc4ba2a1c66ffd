"""What a value becomes in an import: CSV fields for COPY, and canonical forms for the checksum."""

from contextlib import suppress
from typing import Any

from demijohn.sqlite_import.checksum.canonical import ColumnEncoder
from demijohn.sqlite_import.checksum.canonical_value import CANONICAL_ERRORS, ValueEncoder
from demijohn.sqlite_import.model.pg_type import PgType
from demijohn.sqlite_import.model.rejects import ConversionError
from demijohn.sqlite_import.types.numbers_and_booleans import COLUMN_ERRORS


def encoded_fields(pg_type: PgType, value: Any) -> set[str]:
    """The CSV fields that a value becomes, alone and in a column; empty if it is rejected."""
    fields = set()
    with suppress(ConversionError):
        fields = {pg_type.encode_field(value), "".join(pg_type.encode_pieces(value))}
    with suppress(*COLUMN_ERRORS, ConversionError):
        fields.update(field for field in pg_type.encode_column([value]) if "\0" not in field)
    return fields


def canonical_forms(whole: ColumnEncoder, one: ValueEncoder, value: Any) -> set[str]:
    """The canonical forms of a value, alone and in a column; empty if it is rejected."""
    forms = set()
    with suppress(*CANONICAL_ERRORS):
        forms = {one(value)}
    with suppress(*CANONICAL_ERRORS):
        forms.update(text for text in whole([value]) if "\0" not in text)
    return forms
