"""Rows as COPY's CSV: column by column and many at once, or value by value where that fails."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from demijohn.sqlite_import.model.mapping import ColumnMapping, TableMapping
from demijohn.sqlite_import.model.rejects import ConversionError, Rejects
from demijohn.sqlite_import.source.database import is_large
from demijohn.sqlite_import.sql_names import Row
from demijohn.sqlite_import.types.postgres_types import COLUMN_ERRORS

T = TypeVar("T")


class CsvEncoder:
    """Turns the rows of one table into COPY's CSV; values that do not fit go to `refusals`."""

    def __init__(self, mapping: TableMapping, rejects: Rejects) -> None:
        self._table = mapping.source.name
        self._rejects = rejects
        self.columns = [column for column in mapping.columns if column.is_copied]
        # A column that may hold NULL in SQLite, though not in Postgres, is looked at.
        self._may_hold_null = [
            column.not_null
            and not column.source.not_null
            and column.source.name != mapping.source.rowid_alias
            for column in self.columns
        ]

    def encode(self, rows: Sequence[Row]) -> Iterable[str]:
        """Lines for rows whose first value tells their place, in pieces where a row is large."""
        if len(rows) == 1 and is_large(rows[0]):
            return self._large_row(rows[0])
        return (self._lines(rows),)

    def _lines(self, rows: Sequence[Row]) -> str:
        places, *_ = columns = list(zip(*rows, strict=True))
        columns = columns[len(columns) - len(self.columns) :]
        fields = [self._encode_column(at, column) for at, column in enumerate(columns)]
        if None not in fields:
            text = join_columns(fields)  # type: ignore[arg-type]
            if "\0" not in text:
                return text
        return self._lines_by_value(places, columns)

    def _encode_column(self, at: int, values: Sequence[Any]) -> Sequence[str] | None:
        if self._may_hold_null[at] and None in values:
            return None
        try:
            return self.columns[at].pg_type.encode_column(values)
        except (*COLUMN_ERRORS, ConversionError):
            return None

    def _lines_by_value(self, places: Sequence[Any], columns: Sequence[Sequence[Any]]) -> str:
        """Value by value."""
        skip: set[int] = set()
        fields = [
            self._encode_values(at, places, column, skip, encode_field, "")
            for at, column in enumerate(columns)
        ]
        if skip and self._rejects.policy == "skip":
            self._rejects.skipped_rows[self._table] += len(skip)
            fields = [
                [text for at, text in enumerate(column) if at not in skip] for column in fields
            ]
        return join_columns(fields)

    def _large_row(self, row: Row) -> Iterable[str]:
        """One row. What does not fit is known before the first piece is written."""
        skip: set[int] = set()
        nothing: Iterable[str] = ()
        fields = [
            self._encode_values(at, row[:1], (value,), skip, encode_field_in_pieces, nothing)[0]
            for at, value in enumerate(row[len(row) - len(self.columns) :])
        ]
        if skip and self._rejects.policy == "skip":
            self._rejects.skipped_rows[self._table] += 1
            return ()
        return _join_fields(fields)

    def _encode_values(
        self,
        at: int,
        places: Sequence[Any],
        values: Sequence[Any],
        skip: set[int],
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
                    why += ", and the column takes no NULL"
                self._rejects.add(self._table, places[number], column.source.name, value, why)
                skip.add(number)
                texts.append(empty)
        return texts


def encode_field(column: ColumnMapping, value: Any) -> str:
    """One value as a field of CSV. Raises Unfit."""
    if value is not None:
        return column.pg_type.encode_field(value)
    if column.not_null:
        raise ConversionError("is NULL, which the column does not take")
    return ""


def encode_field_in_pieces(column: ColumnMapping, value: Any) -> Iterable[str]:
    """encoded() bit by bit. Raises Unfit."""
    return (encode_field(column, None),) if value is None else column.pg_type.encode_pieces(value)


def _join_fields(fields: Sequence[Iterable[str]]) -> Iterator[str]:
    """A row of CSV."""
    for at, field_ in enumerate(fields):
        if at:
            yield ","
        yield from field_
    yield "\n"


def join_columns(fields: Sequence[Sequence[str]]) -> str:
    """Rows of CSV from its columns."""
    return "\n".join([*map(",".join, zip(*fields, strict=True)), ""])
