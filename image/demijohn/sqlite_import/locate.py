"""Where the two sides of a table differ: which rows, by their keys, and in which columns.

It is asked for where the checksums are not the same. Rows go into buckets by their keys; each side
sums up its buckets, and only rows of buckets that differ are compared, so memory is bounded.
"""

import struct
from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import suppress
from dataclasses import replace
from hashlib import md5
from itertools import chain

from demijohn.sqlite_import import proof
from demijohn.sqlite_import.account import SEPARATOR, UNFIT, Normal, Skipped, first_bits
from demijohn.sqlite_import.move import Move, TableMove
from demijohn.sqlite_import.normal_one import unquoted
from demijohn.sqlite_import.parts import read
from demijohn.sqlite_import.proof import Difference, Proof
from demijohn.sqlite_import.refusals import SHOWN
from demijohn.sqlite_import.source import Source, identifier
from demijohn.sqlite_import.target import Target
from demijohn.sqlite_import.texts import Json, Text, Words
from demijohn.sqlite_import.values import Double

BUCKETS = 1 << 16
LOOKED_AT = 2_000  # rows, about
EXAMPLES = 5  # keys of each kind

Key = tuple[str, ...]
Digests = tuple[str, ...]
Places = Callable[[TableMove], Iterator[int]]


def nowhere(_: TableMove) -> Iterator[int]:
    """The places of the rows of a table where none was kept out."""
    return iter(())


def located(
    source: Source,
    target: Target,
    moves: Sequence[TableMove],
    proofs: Sequence[Proof],
    policy: str,
    kept_out: Places = nowhere,
) -> list[Proof]:
    """The same proofs, of which those that do not hold tell which rows it is; as a Locator does."""
    return [
        found
        if found.holds
        else replace(found, difference=Locator(source, target, move, policy, kept_out).run())
        for move, found in zip(moves, proofs, strict=True)
    ]


class Locator:
    """Compares one table. Its methods raise psycopg2.Error and CommandError(65).

    Its SQL takes no parameters, for the names in it may have any character, `%` too. The rows of
    SQLite that were `kept_out` are told by their places among all, in order.
    """

    def __init__(
        self, source: Source, target: Target, move: TableMove, policy: str, kept_out: Places
    ) -> None:
        self._source = source
        self._target = target
        self._move = move
        self._kept_out = kept_out
        self._normal = Normal(move, policy)
        names = [move.move(name) for name in move.table.key]
        known = [one for one in names if one and not one.kind.unknown]
        # Where there is no key, the whole row is its own.
        self._key = known if names and len(known) == len(names) else move.moves
        self._places = [move.moves.index(one) for one in self._key]

    def run(self) -> Difference:
        """Find the rows that differ, or some of them."""
        ours, theirs = self._our_buckets(), self._their_buckets()
        wrong = sorted(n for n in ours.keys() | theirs.keys() if ours[n] != theirs[n])
        looked_at = wrong[: max(1, LOOKED_AT * BUCKETS // max(self._move.rows, BUCKETS))]
        mine, others = self._our_rows(set(looked_at)), self._their_rows(looked_at)
        found = self._compare(mine - others, others - mine)
        found.complete = len(looked_at) == len(wrong)
        return found

    def _compare(
        self, ours: Counter[tuple[Key, Digests]], theirs: Counter[tuple[Key, Digests]]
    ) -> Difference:
        """Of rows that the other side has not: by their keys, it may have them otherwise."""
        here, there = dict(ours.keys()), dict(theirs.keys())
        both = here.keys() & there.keys()
        columns = [
            move.name
            for at, move in enumerate(self._move.moves)
            if any(here[key][at] != there[key][at] for key in both)
        ]
        return Difference(
            columns,
            self._examples(both),
            self._examples(here.keys() - both),
            self._examples(there.keys() - both),
        )

    def _examples(self, keys: Set[Key]) -> list[proof.Place]:
        first = sorted(keys, key=lambda key: [(len(text), text) for text in key])[:EXAMPLES]
        return [
            {one.name: self._plain(one, text) for one, text in zip(self._key, key, strict=True)}
            for key in first
        ]

    def _our_buckets(self) -> Counter[int]:
        sums = Counter[int]()
        for texts in self._texts():
            sums[self._bucket(texts)] += first_bits(SEPARATOR.join(texts))
        return sums

    def _their_buckets(self) -> Counter[int]:
        row = proof.hashed(self._target, self._move)
        return Counter(
            {
                bucket: int(total)
                for bucket, total in self._target.rows(
                    f"SELECT {self._bucket_sql()}, sum({proof.FIRST_BITS.format(row)})"  # noqa: S608
                    f" FROM {identifier(self._move.name)} GROUP BY 1"
                )
            }
        )

    def _our_rows(self, buckets: set[int]) -> Counter[tuple[Key, Digests]]:
        return Counter(
            (tuple(texts[at] for at in self._places), tuple(map(_digest, texts)))
            for texts in self._texts()
            if self._bucket(texts) in buckets
        )

    def _their_rows(self, buckets: list[int]) -> Counter[tuple[Key, Digests]]:
        move = self._move
        terms = [proof.term(one, large=move.is_large) for one in self._key]
        terms += [proof.hashed(self._target, move, [one]) for one in move.moves]
        size = len(self._key)
        return Counter(
            (row[:size], row[size:])
            for row in self._target.rows(
                f"SELECT {', '.join(terms)} FROM {identifier(move.name)}"  # noqa: S608
                f" WHERE {self._bucket_sql()} = ANY(ARRAY{buckets}::int[])"
            )
        )

    def _texts(self) -> Iterator[list[str]]:
        """The normal forms of each row's values, but of those that are skipped as asked."""
        out = self._kept_out(self._move)
        next_out = next(out, None)
        for place, row in enumerate(chain.from_iterable(read(self._source, self._move))):
            if place == next_out:
                next_out = next(out, None)
                continue
            with suppress(Skipped):
                yield list(self._normal.texts(row))

    def _bucket(self, texts: list[str]) -> int:
        return first_bits(SEPARATOR.join([texts[at] for at in self._places])) % BUCKETS

    def _bucket_sql(self) -> str:
        key = proof.FIRST_BITS.format(proof.hashed(self._target, self._move, self._key))
        return f"({key} & {BUCKETS - 1})::int"

    def _plain(self, one: Move, text: str) -> str | None:
        """A value's normal form, as people write it; None is NULL."""
        if text in ("", UNFIT):
            return "(does not fit)" if text else None
        if isinstance(one.kind, Text | Words | Json):
            text = text.partition(":")[2] if self._move.is_large else unquoted(text)
        elif isinstance(one.kind, Double) and text:
            (number,) = struct.unpack(">f" if len(text) == 8 else ">d", bytes.fromhex(text))
            text = repr(number)
        return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _digest(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
