"""Splits tables into ranges of rows, each read by one query."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from demijohn.sqlite_import.model.mapping import TableMapping
from demijohn.sqlite_import.source.database import Source
from demijohn.sqlite_import.sql_names import Row, quote_ident


@dataclass(frozen=True)
class RowRange:
    """The rows of a table with `after` < rowid <= `up_to`, where these are given.

    The last range of a table has no `up_to`.
    """

    mapping: TableMapping
    after: int | None = None
    up_to: int | None = None

    @property
    def is_last(self) -> bool:
        """Whether it is the last range of its table."""
        return self.up_to is None

    def query(self, source: Source, names: Sequence[str]) -> str:
        """SQL that reads a row identifier and the columns `names`.

        If the first column is the rowid, it is also the identifier: each column costs time.
        """
        table = self.mapping.source
        columns = list(map(source.column_sql, names))
        if not names or names[0] != table.rowid_alias:
            columns.insert(0, table.rowid)
        bounds = [
            f"{table.rowid} {sign} {bound}"
            for sign, bound in ((">", self.after), ("<=", self.up_to))
            if bound is not None
        ]
        where = f" WHERE {' AND '.join(bounds)}" if bounds else ""
        return f"SELECT {', '.join(columns)} FROM {quote_ident(table.name)}{where}{table.order_by}"  # noqa: S608


def read_rows(source: Source, mapping: TableMapping) -> Iterator[list[Row]]:
    """The rows of a table in batches, ending in the values of its mapped columns.

    Raises CommandError(65).
    """
    names = [column.source.name for column in mapping.columns]
    return source.rows(RowRange(mapping).query(source, names), mapping.row_bytes)


def split_into_ranges(
    source: Source, mappings: Sequence[TableMapping], size: Callable[[], int]
) -> Iterator[RowRange]:
    """Split tables into ranges of `size()` rows, in order.

    A table without rowids, or whose columns shadow all of its names, is one range.
    """
    for mapping in mappings:
        if not mapping.source.order_by or mapping.source.rowid == "NULL":
            yield RowRange(mapping)
            continue
        low: int | None = None
        while True:
            last = RowRange(mapping, low)
            found = source.execute(f"{last.query(source, ())} LIMIT 1 OFFSET {size() - 1}")
            if not found:
                yield last
                break
            ((high,),) = found
            yield RowRange(mapping, low, high)
            low = high
