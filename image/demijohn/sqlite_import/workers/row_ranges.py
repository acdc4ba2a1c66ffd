"""A table in parts, each read by a query of its own."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from demijohn.sqlite_import.model.mapping import TableMapping
from demijohn.sqlite_import.source.database import Source
from demijohn.sqlite_import.sql_names import Row, quote_ident


@dataclass(frozen=True)
class RowRange:
    """The rows of a table whose rowid is above `low` and not above `high`, where these are given.

    The `last` one of a table has no `high`.
    """

    mapping: TableMapping
    after: int | None = None
    up_to: int | None = None

    @property
    def is_last(self) -> bool:
        """Whether no more of the table comes after it."""
        return self.up_to is None

    def query(self, source: Source, names: Sequence[str]) -> str:
        """The SQL that reads columns, which come last; the first tells the row's place.

        It is one of them where the first is the rowid: reading takes time for each column.
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
    """The rows of a table in pieces, whose last values are those of its moves.

    Raises CommandError(65).
    """
    names = [column.source.name for column in mapping.columns]
    return source.rows(RowRange(mapping).query(source, names), mapping.row_bytes)


def split_into_ranges(
    source: Source, mappings: Sequence[TableMapping], size: Callable[[], int]
) -> Iterator[RowRange]:
    """Tables in parts of as many rows as `size` says each time; in order.

    A table without rowids, or whose columns have taken all of their names, stays whole.
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
