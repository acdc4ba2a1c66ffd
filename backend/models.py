"""The tables. Two: a poll with its options, and the ballots.

Options never change after a poll is created, so they are an array of the poll; an option's id is
its place in it. A ballot is one row, whatever it chooses: replacing a vote is one atomic statement.
"""

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    func,
    literal,
    or_,
    text,
)
from sqlalchemy.sql import ColumnElement

metadata = MetaData()

RANDOM = text("replace(gen_random_uuid()::text, '-', '')")

polls = Table(
    "polls",
    metadata,
    Column("id", Text, primary_key=True),
    Column("question", Text, nullable=False),
    Column("options", ARRAY(Text), nullable=False),
    Column("multiple", Boolean, nullable=False),
    Column("closes_at", DateTime(timezone=True)),
    Column("closed_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("manage_key_hash", LargeBinary, nullable=False),
    # When everyone may see the count: always, once they voted, or once the poll is closed.
    Column("results", Text, nullable=False, server_default="always"),
    # Shows the count before that. Not hashed: it guards nothing but counts of the same database.
    Column("viewing_key", Text, nullable=False, server_default=RANDOM),
    # Who creates a poll and gets no answer sends the same again: the key tells that it is there.
    Index("polls_manage_key_hash", "manage_key_hash", unique=True),
)

ballots = Table(
    "ballots",
    metadata,
    Column("poll_id", Text, ForeignKey("polls.id", ondelete="CASCADE"), primary_key=True),
    Column("voter", LargeBinary, primary_key=True),
    Column("choices", ARRAY(SmallInteger), nullable=False),
    Column("cast_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

# By the database's clock, the one clock that all instances share. Not now(): that is when the
# transaction began, and a vote may have waited since for a lock.
closed = or_(
    polls.c.closed_at.is_not(None),
    func.coalesce(polls.c.closes_at <= func.clock_timestamp(), False),
)

BALLOT = 0  # no option has this id


def choices_and_ballots() -> ColumnElement[int]:
    """The ballots' choices, each a row, and for every ballot one row more, of the value BALLOT.

    So one pass over the ballots counts both.
    """
    chosen = literal([BALLOT], ARRAY(SmallInteger)).concat(ballots.c.choices)
    return func.unnest(chosen, type_=SmallInteger).column_valued("choice", joins_implicitly=True)
