"""What is done with the SQLite file, a piece at a time, by a thread or by a process of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from demijohn.sqlite_import.account import Normal, Sum
from demijohn.sqlite_import.encode import Encoder
from demijohn.sqlite_import.parts import Part
from demijohn.sqlite_import.refusals import Refusals
from demijohn.sqlite_import.snapshot import Mark
from demijohn.sqlite_import.source import Row, Source

CHUNK_BYTES = 256 << 10


@dataclass(frozen=True)
class Rows:
    """Rows as CSV, on their way; `count` is how many."""

    data: bytes
    count: int


@dataclass(frozen=True)
class Done:
    """A task's end, and what came out of it."""

    result: Any


@dataclass(frozen=True)
class Failed:
    """A task's end, and what went wrong."""

    error: BaseException


Message = Rows | Done | Failed
Put = Callable[[Message], None]


class Task:
    """Something to be done. It, and what it sends and returns, can be pickled."""

    @property
    def alone(self) -> bool:
        """Whether no two of the kind are to be done at once, so that memory stays bounded."""
        return False

    def run(self, source: Source, put: Put) -> Any:
        """Do it; the result. Raises CommandError(65)."""
        raise NotImplementedError


@dataclass(frozen=True)
class Join(Task):
    """Take the snapshot anew; whether it is of that very moment."""

    mark: Mark | None

    def run(self, source: Source, put: Put) -> bool:
        return source.begin_anew() == self.mark


@dataclass(frozen=True)
class Ask(Task):
    """The rows of a query."""

    sql: str

    def run(self, source: Source, put: Put) -> list[Row]:
        return source.execute(self.sql)


@dataclass(frozen=True)
class Reading(Task):
    """Something that concerns the rows of a part."""

    part: Part
    policy: str

    @property
    def alone(self) -> bool:
        return self.part.move.is_large


@dataclass(frozen=True)
class Encode(Reading):
    """Send rows as COPY's CSV, and return what does not fit.

    Once a value does not fit, and nothing was said of that, it goes on to find all the others, and
    sends no more; so it does from the beginning where this is in `vain`.
    """

    vain: bool = False

    def run(self, source: Source, put: Put) -> Refusals:
        refusals = Refusals(self.policy)
        encoder = Encoder(self.part.move, refusals)
        sql = self.part.query(source, [one.column.name for one in encoder.moves])
        texts: list[str] = []
        size = count = 0
        for rows in source.rows(sql, self.part.move.row_bytes):
            pieces = encoder.encode(rows)
            if self.vain or refusals.final:
                continue
            count += len(rows)
            for text in pieces:
                texts.append(text)
                size += len(text)
                if size >= CHUNK_BYTES:
                    put(Rows("".join(texts).encode(), count))
                    texts = []
                    size = count = 0
        if size and not refusals.final:
            put(Rows("".join(texts).encode(), count))
        return refusals


@dataclass(frozen=True)
class Account(Reading):
    """The account of rows, for the proof."""

    def run(self, source: Source, put: Put) -> Sum:
        normal = Normal(self.part.move, self.policy)
        names = [one.column.name for one in self.part.move.moves]
        total = Sum(0, 0)
        for rows in source.rows(self.part.query(source, names), self.part.move.row_bytes):
            total += normal.sum(rows)
            put(Rows(b"", len(rows)))
        return total
