"""The rows on their way: one thread reads and encodes them, another feeds COPY.

One connection and one transaction, whatever happens: what several connections have loaded could
not be committed as one. On two processors that costs nothing, for one is Postgres's and one is the
encoder's; docs/import-sqlite.md has the measurements.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import psycopg2

from .plan import Move, TableMove
from .refusals import Refusals, counted
from .source import Row, Source, identifier, is_large
from .target import Target
from .values import BULK_ERRORS, Unfit

CHUNK_BYTES = 256 << 10
SPEED_ROWS = 10_000  # of fewer, the speed says nothing
AHEAD_BYTES = 4 << 20  # how far the reader may be ahead of COPY

T = TypeVar("T")

Chunk = tuple[bytes, int] | None | BaseException  # rows of CSV and their number; a table's end


class Stopped(Exception):
    """The other side has given up."""


@dataclass
class Progress:
    """How far it is; written by the threads that work, read by the one that shows it."""

    doing: str = ""
    expected: int = 0  # rows of all tables
    total: int = 0  # rows done of them
    table: str = ""
    table_expected: int = 0
    rows: int = 0
    lines: list[str] = field(default_factory=list)  # to be printed, in time
    _began: float = 0.0

    def phase(self, doing: str, expected: int = 0) -> None:
        """Turn to another kind of work."""
        self.doing, self.expected, self.total, self.table = doing, expected, 0, ""
        self.lines.append(doing)

    def begin(self, table: str, expected: int) -> None:
        """Turn to a table."""
        self.rows, self.table_expected, self.table = 0, expected, table
        self._began = time.monotonic()

    def add(self, rows: int) -> None:
        """Count rows that are done."""
        self.rows += rows
        self.total += rows

    def done(self) -> None:
        """The table is done."""
        seconds = max(time.monotonic() - self._began, 1e-3)
        speed = f", {self.rows / seconds:,.0f} rows/s" if self.rows >= SPEED_ROWS else ""
        self.lines.append(f"  {self.table}: {counted(self.rows, 'row')}{speed}")


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
        columns = list(zip(*rows, strict=True))
        places = columns.pop(0)
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
            for at, value in enumerate(row[1:])
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


def query(move: TableMove, names: Sequence[str]) -> str:
    """The SQL that reads columns of a table; before them comes what tells the row's place."""
    columns = ", ".join([move.table.rowid, *map(identifier, names)])
    return f"SELECT {columns} FROM {identifier(move.table.name)}{move.table.order}"  # noqa: S608


class Channel:
    """Hands chunks from one thread to another; the one who fills it waits where it is too far."""

    def __init__(self) -> None:
        self.stopped = False
        self._chunks: deque[Chunk] = deque()
        self._bytes = 0
        self._changed = threading.Condition()

    def put(self, chunk: Chunk) -> None:
        """Add a chunk, as soon as there is room. Raises Stopped."""
        with self._changed:
            self._changed.wait_for(lambda: self.stopped or self._bytes < AHEAD_BYTES)
            if self.stopped:
                raise Stopped
            self._bytes += _size(chunk)
            self._chunks.append(chunk)
            self._changed.notify()

    def get(self) -> Chunk:
        """The next chunk, as soon as there is one. Raises Stopped."""
        with self._changed:
            self._changed.wait_for(lambda: self.stopped or self._chunks)
            if self.stopped:
                raise Stopped
            chunk = self._chunks.popleft()
            self._bytes -= _size(chunk)
            self._changed.notify()
            return chunk

    def stop(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self.stopped = True
            self._changed.notify_all()


def _size(chunk: Chunk) -> int:
    return len(chunk[0]) if isinstance(chunk, tuple) else 0


class Reader(threading.Thread):
    """Reads and encodes table after table, ahead of COPY by as much as the queue holds.

    Once a value does not fit, and nothing was said of that, it goes on to find all the others, and
    sends no more.
    """

    def __init__(self, source: Source, moves: list[TableMove], refusals: Refusals) -> None:
        super().__init__(name="reader", daemon=True)
        self.channel = Channel()
        self._source = source
        self._moves = moves
        self._refusals = refusals

    def run(self) -> None:
        try:
            for move in self._moves:
                self._table(move)
                if not self.vain:
                    self.channel.put(None)
            if self.vain:
                raise Stopped
        except BaseException as error:  # whatever it is, it ends the import, in the other thread
            with suppress(Stopped):
                self.channel.put(error)

    @property
    def vain(self) -> bool:
        """Whether something does not fit, so that nothing of this will be kept."""
        return bool(self._refusals) and not self._refusals.policy

    def _table(self, move: TableMove) -> None:
        encoder = Encoder(move, self._refusals)
        sql = query(move, [one.column.name for one in encoder.moves])
        parts: list[str] = []
        size = count = 0
        for rows in self._source.rows(sql, move.row_bytes):
            texts = encoder.encode(rows)
            if self.channel.stopped:
                raise Stopped
            if self.vain:
                continue
            count += len(rows)
            for text in texts:
                parts.append(text)
                size += len(text)
                if size >= CHUNK_BYTES:
                    self.channel.put(("".join(parts).encode(), count))
                    parts = []
                    size = count = 0
        if size and not self.vain:
            self.channel.put(("".join(parts).encode(), count))


class Feed:
    """One table's chunks, as the file that psycopg2 reads for COPY."""

    def __init__(self, reader: Reader, progress: Progress) -> None:
        self._reader = reader
        self._progress = progress
        self._rest = memoryview(b"")
        self.fault: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        """The next chunk, or a part of it, for libpq copies what it is given; empty at the end."""
        if self._rest:
            data, self._rest = self._rest[:size], self._rest[size:]
            return bytes(data)
        chunk = self._reader.channel.get()
        if chunk is None:
            return b""
        if isinstance(chunk, BaseException):
            self.fault = chunk
            raise chunk
        whole, rows = chunk
        self._progress.add(rows)
        if len(whole) > 4 * CHUNK_BYTES:
            self._rest = memoryview(whole)
            return self.read(size)
        return whole

    def readline(self, size: int = -1) -> bytes:
        """psycopg2 asks for its being there, and does not call it."""
        raise NotImplementedError


def load(
    source: Source,
    target: Target,
    moves: list[TableMove],
    refusals: Refusals,
    progress: Progress,
) -> None:
    """COPY every table. Raises Stopped where values do not fit, psycopg2.Error, Stop(65)."""
    reader = Reader(source, moves, refusals)
    reader.start()
    try:
        for move in moves:
            progress.begin(move.name, move.rows)
            _copy(target, move, Feed(reader, progress))
            progress.done()
    finally:
        reader.channel.stop()
        reader.join()


def _copy(target: Target, move: TableMove, feed: Feed) -> None:
    try:
        with target.connection.cursor() as cursor:
            cursor.copy_expert(copy(move), feed, CHUNK_BYTES)
    except psycopg2.Error:
        if feed.fault:  # which psycopg2 hands to Postgres, and Postgres back to us, as a text
            raise feed.fault from None
        raise


def copy(move: TableMove) -> str:
    """The COPY for a table. What we created nobody sees yet, so its rows may come frozen."""
    names = ", ".join(identifier(one.name) for one in move.moves if one.sent)
    frozen = ", FREEZE" * (move.created and all(one.sent for one in move.moves))
    return f"COPY {identifier(move.name)} ({names}) FROM STDIN (FORMAT csv{frozen})"


def check(source: Source, moves: list[TableMove], refusals: Refusals) -> None:
    """Encode every row and send none: to learn what does not fit. Raises Stop(65)."""
    for move in moves:
        encoder = Encoder(move, refusals)
        sql = query(move, [one.column.name for one in encoder.moves])
        for rows in source.rows(sql, move.row_bytes):
            encoder.encode(rows)
