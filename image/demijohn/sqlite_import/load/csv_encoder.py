"""Encodes rows as CSV for COPY: whole columns at once, or value by value if that fails."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from demijohn.sqlite_import.model.mapping import ColumnMapping, TableMapping
from demijohn.sqlite_import.model.rejects import ConversionError, Rejects
from demijohn.sqlite_import.source.database import is_large
from demijohn.sqlite_import.sql_names import Row
from demijohn.sqlite_import.types.numbers_and_booleans import COLUMN_ERRORS

T = TypeVar("T")


class CsvEncoder:
    """Encodes the rows of one table as CSV. Values that do not fit go to `rejects`."""

    def __init__(self, mapping: TableMapping, rejects: Rejects) -> None:
        self._table = mapping.source.name
        self._rejects = rejects
        self.columns = [column for column in mapping.columns if column.is_copied]
        # Columns that may hold NULL in SQLite but not in Postgres.
        self._may_hold_null = [
            column.not_null
            and not column.source.not_null
            and column.source.name != mapping.source.rowid_alias
            for column in self.columns
        ]

    def encode(self, rows: Sequence[Row]) -> Iterable[str]:
        """CSV lines for rows that start with their identifier. A large row comes in pieces."""
        if len(rows) == 1 and is_large(rows[0]):
            return self._large_row(rows[0])
        return (self._lines(rows),)

    def _lines(self, rows: Sequence[Row]) -> str:
        row_ids, *_ = columns = list(zip(*rows, strict=True))
        columns = columns[len(columns) - len(self.columns) :]
        fields = [self._encode_column(at, column) for at, column in enumerate(columns)]
        if None not in fields:
            text = join_columns(fields)  # type: ignore[arg-type]
            if "\0" not in text:
                return text
        return self._lines_by_value(row_ids, columns)

    def _encode_column(self, at: int, values: Sequence[Any]) -> Sequence[str] | None:
        if self._may_hold_null[at] and None in values:
            return None
        try:
            return self.columns[at].pg_type.encode_column(values)
        except (*COLUMN_ERRORS, ConversionError):
            return None

    def _lines_by_value(self, row_ids: Sequence[Any], columns: Sequence[Sequence[Any]]) -> str:
        """Encode value by value."""
        skipped: set[int] = set()
        fields = [
            self._encode_values(at, row_ids, column, skipped, encode_field, "")
            for at, column in enumerate(columns)
        ]
        if skipped and self._rejects.policy == "skip":
            self._rejects.skipped_rows[self._table] += len(skipped)
            fields = [
                [text for at, text in enumerate(column) if at not in skipped] for column in fields
            ]
        return join_columns(fields)

    def _large_row(self, row: Row) -> Iterable[str]:
        """Encode one row in pieces. Rejects are known before the first piece."""
        skipped: set[int] = set()
        nothing: Iterable[str] = ()
        fields = [
            self._encode_values(at, row[:1], (value,), skipped, encode_field_in_pieces, nothing)[0]
            for at, value in enumerate(row[len(row) - len(self.columns) :])
        ]
        if skipped and self._rejects.policy == "skip":
            self._rejects.skipped_rows[self._table] += 1
            return ()
        return _join_fields(fields)

    def _encode_values(
        self,
        at: int,
        row_ids: Sequence[Any],
        values: Sequence[Any],
        skipped: set[int],
        write: Callable[[ColumnMapping, Any], T],
        empty: T,
    ) -> list[T]:
        column = self.columns[at]
        texts: list[T] = []
        for number, value in enumerate(values):
            try:
                texts.append(write(column, value))
            except ConversionError as reason:
                why = str(reason)
                if self._rejects.policy == "null" and column.not_null and value is not None:
                    why += ", and the column is NOT NULL"
                self._rejects.add(self._table, row_ids[number], column.source.name, value, why)
                skipped.add(number)
                texts.append(empty)
        return texts


def encode_field(column: ColumnMapping, value: Any) -> str:
    """One value as a CSV field. Raises ConversionError."""
    if value is not None:
        return column.pg_type.encode_field(value)
    if column.not_null:
        raise ConversionError("is NULL, and the column is NOT NULL")
    return ""


def encode_field_in_pieces(column: ColumnMapping, value: Any) -> Iterable[str]:
    """encode_field() in pieces. Raises ConversionError."""
    return (encode_field(column, None),) if value is None else column.pg_type.encode_pieces(value)


def _join_fields(fields: Sequence[Iterable[str]]) -> Iterator[str]:
    """The pieces of a CSV line."""
    for at, field_ in enumerate(fields):
        if at:
            yield ","
        yield from field_
    yield "\n"


def join_columns(fields: Sequence[Sequence[str]]) -> str:
    """CSV lines from the fields of each column."""
    return "\n".join([*map(",".join, zip(*fields, strict=True)), ""])
