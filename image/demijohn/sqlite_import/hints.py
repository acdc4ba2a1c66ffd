"""What the values of new tables look like, where an app that comes later may want another type."""

import shlex
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from demijohn.sqlite_import.crew import Crew
from demijohn.sqlite_import.moments import Moment
from demijohn.sqlite_import.move import Move, TableMove
from demijohn.sqlite_import.plan import Note
from demijohn.sqlite_import.source import identifier
from demijohn.sqlite_import.texts import Text

SAMPLE = 1_000  # rows that are looked at: it is only a hint
MOST = 0.9  # of their values look so: one that does not fit hides nothing
HEX = "NOT GLOB '*[^0-9A-Fa-f]*'"


@dataclass(frozen=True)
class Look:
    """A type that the values may be meant for, and the words for `one` such column or `more`.

    `suits` tells which columns are asked, and `test` is SQL that tells whether a value looks so.
    It has to be 0 or 1, or NULL where the value is.
    """

    type: str
    one: str
    more: str
    suits: Callable[[Move], bool]
    test: str


def _is_short_text(move: Move) -> bool:
    return isinstance(move.kind, Text) and move.kind.limit in (32, 36)


def _is_local(move: Move) -> bool:
    return move.kind == Moment("timestamp without time zone")


# The first that a column looks like is told. A UUID is one by its version and variant, RFC 9562,
# or a digest would be one too.
LOOKS = (
    Look(
        "uuid",
        "looks like UUIDs",
        "look like UUIDs",
        _is_short_text,
        "length({c}) IN (32, 36) AND replace({c}, '-', '') GLOB '????????????[1-8]???[89ABab]*'"
        " AND length(replace({c}, '-', '')) = 32 AND replace({c}, '-', '') " + HEX,
    ),
    Look(
        "interval",
        "looks like spans of time (SQLAlchemy's Interval)",
        "look like spans of time (SQLAlchemy's Interval)",
        _is_local,
        "{c} BETWEEN '1969-01-01' AND '1971-12-31'",
    ),
    Look(
        "timestamptz",
        "has no time zone; if the app's has one, as Django's",
        "have no time zone; if the app's have one, as Django's",
        _is_local,
        "{c} GLOB '????-??-??*'",
    ),
)


def hints(crew: Crew, moves: Sequence[TableMove], asked: Collection[str]) -> Iterator[Note]:
    """A note for each type, with all the columns that it may be meant for; but not for those that
    were `asked` for by "table.column" in lower case. Raises CommandError(65).
    """
    columns = [
        (move, one)
        for move in moves
        for one in move.moves
        if f"{move.table.name}.{one.column.name}".lower() not in asked
    ]
    for look in LOOKS:
        suited = [(move, one) for move, one in columns if look.suits(one)]
        answers = crew.ask(_query(look, move, one) for move, one in suited)
        found = [place for place, ((looks,),) in zip(suited, answers, strict=True) if looks]
        if found:
            names = [f"{move.table.name}.{one.column.name}" for move, one in found]
            words = " ".join(f"--type {shlex.quote(f'{name}={look.type}')}" for name in names)
            yield Note(", ".join(names), f"{look.one if len(names) == 1 else look.more}: {words}")
            columns = [place for place in columns if place not in found]


def _query(look: Look, move: TableMove, one: Move) -> str:
    column, table = identifier(one.column.name), identifier(move.table.name)
    sample = f"SELECT {column} FROM {table} LIMIT {SAMPLE}"  # noqa: S608
    return f"SELECT avg({look.test.replace('{c}', column)}) >= {MOST} FROM ({sample})"  # noqa: S608
