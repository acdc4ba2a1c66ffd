"""Rows as COPY's CSV: column by column and many at once, or value by value where that fails."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from demijohn.sqlite_import.move import Move, TableMove
from demijohn.sqlite_import.refusals import Refusals
from demijohn.sqlite_import.source import Row, is_large
from demijohn.sqlite_import.values import BULK_ERRORS, Unfit

T = TypeVar("T")


class Encoder:
    """Turns the rows of one table into COPY's CSV; values that do not fit go to `refusals`."""

    def __init__(self, move: TableMove, refusals: Refusals) -> None:
        self._table = move.table.name
        self._refusals = refusals
        self.moves = [one for one in move.moves if one.sent]
        # A column that may hold NULL in SQLite, though not in Postgres, is looked at.
        self._wary = [
            one.required and not one.column.not_null and one.column.name != move.table.alias
            for one in self.moves
        ]

    def encode(self, rows: Sequence[Row]) -> Iterable[str]:
        """Lines for rows whose first value tells their place, in pieces where a row is large."""
        if len(rows) == 1 and is_large(rows[0]):
            return self._large(rows[0])
        return (self._lines(rows),)

    def _lines(self, rows: Sequence[Row]) -> str:
        places, *_ = columns = list(zip(*rows, strict=True))
        columns = columns[len(columns) - len(self.moves) :]
        fields = [self._bulk(at, column) for at, column in enumerate(columns)]
        if None not in fields:
            text = lines(fields)  # type: ignore[arg-type]
            if "\0" not in text:
                return text
        return self._carefully(places, columns)

    def _bulk(self, at: int, values: Sequence[Any]) -> Sequence[str] | None:
        if self._wary[at] and None in values:
            return None
        try:
            return self.moves[at].kind.bulk(values)
        except (*BULK_ERRORS, Unfit):
            return None

    def _carefully(self, places: Sequence[Any], columns: Sequence[Sequence[Any]]) -> str:
        """Value by value."""
        skip: set[int] = set()
        fields = [
            self._column(at, places, column, skip, encoded, "") for at, column in enumerate(columns)
        ]
        if skip and self._refusals.policy == "skip":
            self._refusals.skipped[self._table] += len(skip)
            fields = [
                [text for at, text in enumerate(column) if at not in skip] for column in fields
            ]
        return lines(fields)

    def _large(self, row: Row) -> Iterable[str]:
        """One row. What does not fit is known before the first piece is written."""
        skip: set[int] = set()
        nothing: Iterable[str] = ()
        fields = [
            self._column(at, row[:1], (value,), skip, in_pieces, nothing)[0]
            for at, value in enumerate(row[len(row) - len(self.moves) :])
        ]
        if skip and self._refusals.policy == "skip":
            self._refusals.skipped[self._table] += 1
            return ()
        return _joined(fields)

    def _column(
        self,
        at: int,
        places: Sequence[Any],
        values: Sequence[Any],
        skip: set[int],
        write: Callable[[Move, Any], T],
        empty: T,
    ) -> list[T]:
        move = self.moves[at]
        texts: list[T] = []
        for number, value in enumerate(values):
            try:
                texts.append(write(move, value))
            except Unfit as reason:
                why = str(reason)
                if self._refusals.policy == "null" and move.required and value is not None:
                    why += ", and the column takes no NULL"
                self._refusals.add(self._table, places[number], move.column.name, value, why)
                skip.add(number)
                texts.append(empty)
        return texts


def encoded(move: Move, value: Any) -> str:
    """One value as a field of CSV. Raises Unfit."""
    if value is not None:
        return move.kind.field(value)
    if move.required:
        raise Unfit("is NULL, which the column does not take")
    return ""


def in_pieces(move: Move, value: Any) -> Iterable[str]:
    """encoded() bit by bit. Raises Unfit."""
    return (encoded(move, None),) if value is None else move.kind.pieces(value)


def _joined(fields: Sequence[Iterable[str]]) -> Iterator[str]:
    """A row of CSV."""
    for at, field_ in enumerate(fields):
        if at:
            yield ","
        yield from field_
    yield "\n"


def lines(fields: Sequence[Sequence[str]]) -> str:
    """Rows of CSV from its columns."""
    return "\n".join([*map(",".join, zip(*fields, strict=True)), ""])
