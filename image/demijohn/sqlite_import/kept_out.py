"""For --verify-only --on-bad skip: the rows of SQLite that foreign keys have kept out.

Postgres is asked to what a row refers that it has not. That alone does not keep a row out, or a
whole tree whose root refers to itself might be deleted in Postgres, and each of its rows would be
the reason that another is not there. What it refers to must have no reason to be there: no row of
SQLite's is it, or that row is itself kept out, and so on until one that refers to nothing. (A row
that lacks nothing and is not there is none of these: its table differs, whatever refers to it.)

Nothing is written to Postgres. The rows that lack something are noted in a database of SQLite's,
one for the purpose: it goes into a temporary file where there are many, so memory is bounded.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.sqlite_import import strays
from demijohn.sqlite_import.account import NOTHING, Normal, Sum
from demijohn.sqlite_import.move import Move, TableMove
from demijohn.sqlite_import.parts import read
from demijohn.sqlite_import.plan import Plan
from demijohn.sqlite_import.progress import Progress
from demijohn.sqlite_import.proof import Proof
from demijohn.sqlite_import.source import Row, Source, identifier
from demijohn.sqlite_import.target import Target
from demijohn.sqlite_import.values import Unfit

# More than a table has rows. A row's number is that of its table, times this, and its place there.
PLACES = 1 << 40

# `lacks`: to what, by its hash, a row refers that is not there. `is_key`: what it is to a key.
NOTES = """
PRAGMA journal_mode = OFF;
CREATE TABLE noted (row INTEGER PRIMARY KEY, checksum INT);
CREATE TABLE lacks (key INT, hash INT, row INT, PRIMARY KEY (key, hash, row)) WITHOUT ROWID;
CREATE TABLE is_key (key INT, hash INT, row INT, PRIMARY KEY (key, hash, row)) WITHOUT ROWID;
CREATE INDEX is_key_of ON is_key (row);
CREATE TABLE out (row INTEGER PRIMARY KEY);
BEGIN"""

# Two rows that are the same to a key could not both be there: then nothing follows from either.
OUT = """
INSERT INTO out
WITH RECURSIVE step (row) AS (
  SELECT l.row FROM lacks l
   WHERE NOT EXISTS (SELECT 1 FROM is_key k WHERE k.key = l.key AND k.hash = l.hash)
   UNION
  SELECT l.row FROM step JOIN is_key k ON k.row = step.row
                         JOIN lacks l ON l.key = k.key AND l.hash = k.hash
   WHERE (SELECT count(*) FROM is_key o WHERE o.key = k.key AND o.hash = k.hash) = 1)
SELECT row FROM step"""

BY_KEY = """
SELECT key, count(*)
  FROM (SELECT min(l.key) AS key FROM out JOIN lacks l ON l.row = out.row GROUP BY out.row)
 GROUP BY key"""


@dataclass(frozen=True)
class Known:
    """A key of which all is compared: its own columns, and those of its parent where we have it."""

    key: strays.Key
    child: TableMove
    columns: list[Move]
    parent: TableMove | None
    parents: list[Move]

    def missing(self) -> str:
        """SQL for the numbers of the rows that refer to what is not there, and for its hash."""
        key = self.key
        values = _values(self.columns, key.casts)
        given = key.given([f"u.v{at}" for at in range(len(values))])
        there = " AND ".join(
            f"p.{identifier(name)} = {value}"
            for name, value in zip(key.parents, values, strict=True)
        )
        inner = f"SELECT FROM {key.parent} p WHERE {there}".replace("%", "%%")
        return f"{_hashes(values)} WHERE ({given}) AND NOT EXISTS ({inner})"

    def own(self) -> str:
        """SQL for the numbers of the rows that can be referred to, of the parent's, and hashes."""
        values = _values(self.parents, self.key.parent_casts)
        known = " AND ".join(f"u.v{at} IS NOT NULL" for at in range(len(values)))
        return f"{_hashes(values)} WHERE {known}"


class KeptOut:
    """Finds those rows. Its methods raise psycopg2.Error and CommandError(65 or 73)."""

    def __init__(self, source: Source, target: Target, plan: Plan) -> None:
        self._source = source
        self._target = target
        self._plan = plan
        self._notes = sqlite3.connect("", isolation_level=None)
        self._notes.executescript(NOTES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._notes.close()

    def find(self, proofs: Sequence[Proof], progress: Progress) -> dict[str, Sum]:
        """The account of the rows of each table, by its name, and tell which keys kept them out.

        Only a table of which Postgres has fewer rows can be without some.
        """
        fewer = {one.table for one in proofs if one.target.rows < one.source.rows}
        moves = [move for move in self._plan.tables if move.name in fewer]
        keys = self._known(moves)
        moves = [move for move in moves if any(key.child is move for key in keys)]
        if moves:
            progress.phase("rows that were kept out", sum(move.rows for move in moves))
        sums: dict[str, Sum] = defaultdict(lambda: NOTHING)
        with self._faults():
            for move in moves:
                self._note(move, keys, progress)
            self._notes.execute(OUT)
            for row, checksum in self._notes.execute("SELECT * FROM noted JOIN out USING (row)"):
                sums[self._plan.tables[row // PLACES].name] += Sum(1, checksum)
            for at, count in self._notes.execute(BY_KEY):
                keys[at].key.tell(self._plan, keys[at].child, count)
        return sums

    def places(self, move: TableMove) -> Iterator[int]:
        """Their places among all rows of a table, in order."""
        first = self._plan.tables.index(move) * PLACES
        with self._faults():
            for (row,) in self._notes.execute(
                "SELECT row FROM out WHERE row >= ? AND row < ? ORDER BY row",
                (first, first + PLACES),
            ):
                yield row - first

    def _known(self, moves: Sequence[TableMove]) -> list[Known]:
        """The keys that prove something: nobody knows what is in a column that is not compared."""
        by_name = {move.name: move for move in self._plan.tables}
        by_oid = {self._target.tables[name].oid: move for name, move in by_name.items()}
        found = []
        for key in strays.keys(self._target, [move.name for move in moves], needed=True):
            child, parent = by_name[key.table], by_oid.get(key.parent_oid)
            columns = _compared(child, key.columns)
            parents = _compared(parent, key.parents) if parent else []
            if key.proven and columns and (parents or not parent):
                found.append(Known(key, child, columns, parent, parents))
        return found

    def _note(self, move: TableMove, keys: Sequence[Known], progress: Progress) -> None:
        """Note the rows of a table that refer to what is not there, and what they are to keys."""
        normal = Normal(move, "skip")
        note = self._notes.executemany
        progress.begin(move.name, move.rows)
        first = self._plan.tables.index(move) * PLACES
        for rows in read(self._source, move):
            lacks = [
                (at, value, number)
                for at, key in enumerate(keys)
                if key.child is move
                for number, value in self._ask(key.missing(), _texts(move, key.columns, rows))
            ]
            sums = {number: normal.sum([rows[number]]) for _, _, number in lacks}
            # One with a value that does not fit is skipped for that.
            lacking = [number for number, one in sums.items() if one.rows]
            note(
                "INSERT INTO noted VALUES (?, ?)",
                [(first + number, sums[number].checksum) for number in lacking],
            )
            note(
                "INSERT INTO lacks VALUES (?, ?, ?)",
                [(at, value, first + n) for at, value, n in lacks if sums[n].rows],
            )
            for at, key in enumerate(keys):
                if key.parent is move and lacking:
                    texts = _texts(move, key.parents, [rows[number] for number in lacking])
                    note(
                        "INSERT INTO is_key VALUES (?, ?, ?)",
                        [
                            (at, value, first + lacking[n])
                            for n, value in self._ask(key.own(), texts)
                        ],
                    )
            first += len(rows)
            progress.add(len(rows))

    def _ask(self, sql: str, texts: Sequence[list[str | None]]) -> list[Row]:
        return self._target.rows(sql, tuple(texts))

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Turn what SQLite says of the notes into one line."""
        try:
            yield
        except sqlite3.Error as error:
            raise CommandError(
                Exit.CANNOT_WRITE,
                f"the rows that were kept out are too many to be noted in memory: {error}. Let "
                "TMPDIR name a folder with room for them.",
            ) from None


def _compared(move: TableMove, names: Sequence[str]) -> list[Move]:
    """The moves to these columns; nothing where one of them is not compared."""
    by_name = {one.name: one for one in move.moves if not one.kind.unknown}
    return [by_name[name] for name in names] if by_name.keys() >= set(names) else []


def _texts(move: TableMove, columns: Sequence[Move], rows: Sequence[Row]) -> list[list[str | None]]:
    """Columns of rows as Postgres takes them; None for NULL, and for what does not fit."""
    places = [move.moves.index(one) - len(move.moves) for one in columns]
    return [
        [_text(one, row[place]) for row in rows] for one, place in zip(columns, places, strict=True)
    ]


def _text(move: Move, value: object) -> str | None:
    try:
        return None if value is None else move.kind.one(value)
    except Unfit:
        return None


def _values(columns: Sequence[Move], casts: Sequence[str | None]) -> list[str]:
    """SQL for the values of a row of texts, as what they are compared as."""
    return [
        f"u.v{at}::{cast or one.kind.sql}"
        for at, (one, cast) in enumerate(zip(columns, casts, strict=True))
    ]


def _hashes(values: Sequence[str]) -> str:
    """SQL, which may go on, for the numbers and the hashes of rows: those that are equal have the
    same. It takes the rows' columns, as lists of texts, for its parameters.
    """
    made = "0"
    for value in values:
        made = f"hash_array_extended(ARRAY[{value}], {made})"
    names = ", ".join(f"v{at}" for at in range(len(values)))
    made = made.replace("%", "%%")
    lists = ", ".join(["%s::text[]"] * len(values))
    return f"SELECT u.n - 1, {made} FROM unnest({lists}) WITH ORDINALITY u ({names}, n)"  # noqa: S608
