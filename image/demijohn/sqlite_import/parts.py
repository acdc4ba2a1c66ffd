"""A table in parts, each read by a query of its own."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from demijohn.sqlite_import.move import TableMove
from demijohn.sqlite_import.source import Row, Source, identifier


@dataclass(frozen=True)
class Part:
    """The rows of a table whose rowid is above `low` and not above `high`, where these are given.

    The `last` one of a table has no `high`.
    """

    move: TableMove
    low: int | None = None
    high: int | None = None

    @property
    def last(self) -> bool:
        """Whether no more of the table comes after it."""
        return self.high is None

    def query(self, source: Source, names: Sequence[str]) -> str:
        """The SQL that reads columns, which come last; the first tells the row's place.

        It is one of them where the first is the rowid: reading takes time for each column.
        """
        table = self.move.table
        columns = list(map(source.reading, names))
        if not names or names[0] != table.alias:
            columns.insert(0, table.rowid)
        bounds = [
            f"{table.rowid} {sign} {bound}"
            for sign, bound in ((">", self.low), ("<=", self.high))
            if bound is not None
        ]
        where = f" WHERE {' AND '.join(bounds)}" if bounds else ""
        return f"SELECT {', '.join(columns)} FROM {identifier(table.name)}{where}{table.order}"  # noqa: S608


def read(source: Source, move: TableMove) -> Iterator[list[Row]]:
    """The rows of a table in pieces, whose last values are those of its moves.

    Raises CommandError(65).
    """
    names = [one.column.name for one in move.moves]
    return source.rows(Part(move).query(source, names), move.row_bytes)


def cut(source: Source, moves: Sequence[TableMove], size: Callable[[], int]) -> Iterator[Part]:
    """Tables in parts of as many rows as `size` says each time; in order.

    A table without rowids, or whose columns have taken all of their names, stays whole.
    """
    for move in moves:
        if not move.table.order or move.table.rowid == "NULL":
            yield Part(move)
            continue
        low: int | None = None
        while True:
            last = Part(move, low)
            found = source.execute(f"{last.query(source, ())} LIMIT 1 OFFSET {size() - 1}")
            if not found:
                yield last
                break
            ((high,),) = found
            yield Part(move, low, high)
            low = high
