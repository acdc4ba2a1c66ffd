"""The two tables: polls with their options, and ballots.

Options never change after a poll is created, so they are an array of the poll; an option's id is
its position in it. A ballot is one row for all its choices, so that one statement replaces it.
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
    # Who may see the results: always everyone, voters ("voted"), or everyone once it is "closed".
    Column("results", Text, key="results_visibility", nullable=False, server_default="always"),
    # Shows the results earlier. Not hashed: it protects only counts in the same database.
    Column("viewing_key", Text, nullable=False, server_default=RANDOM),
    # A client that gets no response sends the request again: the key finds the poll it has created.
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

# By the database's clock, which all instances share. Not now(), the start of the transaction: a
# vote may have waited for a lock since then.
closed = or_(
    polls.c.closed_at.is_not(None),
    func.coalesce(polls.c.closes_at <= func.clock_timestamp(), False),
)

BALLOT = 0  # no option has this id


def choices_and_ballots() -> ColumnElement[int]:
    """A row for each choice of each ballot, and a row with the value BALLOT for each ballot.

    So one pass over the table counts both votes and ballots.
    """
    chosen = literal([BALLOT], ARRAY(SmallInteger)).concat(ballots.c.choices)
    return func.unnest(chosen, type_=SmallInteger).column_valued("choice", joins_implicitly=True)
