"""The count, now and over time."""

import hashlib
from datetime import datetime

from flask import Blueprint
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    SmallInteger,
    cast,
    extract,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.sql import ColumnElement
from werkzeug.http import quote_etag

from . import buckets
from .api import Reply, operation
from .database import transaction
from .models import ballots, closed, polls
from .polls import no_such_poll, options_of
from .schemas import Bucket, OptionResult, Results, Timeline

# One second old is fresh; while a new count is fetched, or the app is away, an older one will do.
CACHE_CONTROL = "public, s-maxage=1, stale-while-revalidate=5, stale-if-error=300"
BALLOT = 0  # no option has this id
CACHED = {"Cache-Control": "How long caches may keep it", "ETag": "Changes with the count"}

routes = Blueprint("results", __name__, url_prefix="/api/polls")


@routes.get("/<poll_id>/results")
@operation("getResults", Reply({200: Results, 304: None}, 404, headers=CACHED))
def show_results(poll_id: str) -> tuple[Results, dict[str, str]]:
    """Count the votes.

    The ETag is that of the count: it stays the same while only `as_of` moves on.
    """
    with transaction() as connection:
        results = _count(connection, poll_id)
    return results, {"Cache-Control": CACHE_CONTROL, "ETag": _etag(poll_id, results)}


def _etag(poll_id: str, results: Results) -> str:
    """A weak one: two answers of the same count differ in the bytes of `as_of`."""
    content = poll_id + results.model_dump_json(exclude={"as_of"})
    return quote_etag(hashlib.sha256(content.encode()).hexdigest()[:32], weak=True)


def _count(connection: Connection, poll_id: str) -> Results:
    """The count by one statement, and so of one moment."""
    choice = _choice()
    votes = (
        select(choice.label("choice"), func.count().label("votes"))
        .select_from(ballots)
        .where(ballots.c.poll_id == poll_id)
        .group_by(choice)
        .subquery()
    )
    statement = (
        select(polls.c.options, closed.label("closed"), func.statement_timestamp(), votes)
        .select_from(polls.outerjoin(votes, true()))
        .where(polls.c.id == poll_id)
    )
    rows = connection.execute(statement).all()
    if not rows:
        raise no_such_poll()
    labels, is_closed, as_of, *_ = rows[0]
    counted = {row.choice: row.votes for row in rows}
    return Results(
        ballots=counted.get(BALLOT, 0),
        options=[
            OptionResult(id=option.id, label=option.label, votes=counted.get(option.id, 0))
            for option in options_of(labels)
        ],
        closed=is_closed,
        as_of=as_of,
    )


@routes.get("/<poll_id>/timeline")
@operation("getTimeline", Reply({200: Timeline}, 404))
def show_timeline(poll_id: str) -> Timeline:
    """Show when the votes came in.

    From the first to the last of the votes that count: a replaced vote counts when it was replaced.
    """
    statement = (
        select(polls.c.options, func.min(ballots.c.cast_at), func.max(ballots.c.cast_at))
        .select_from(polls.outerjoin(ballots))
        .where(polls.c.id == poll_id)
        .group_by(polls.c.id)
    )
    with transaction() as connection:
        row = connection.execute(statement).one_or_none()
        if row is None:
            raise no_such_poll()
        labels, first, last = row
        options = options_of(labels)
        if first is None:
            return Timeline(bucket_seconds=buckets.WIDTHS[0], options=options, buckets=[])
        width = buckets.width_for(first, last)
        counted = _count_by_bucket(connection, poll_id, first, last, width)
    numbers = range(buckets.number_of(first, width), buckets.number_of(last, width) + 1)
    return Timeline(
        bucket_seconds=width,
        options=options,
        buckets=[
            Bucket(
                start=buckets.start_of(number, width),
                ballots=counted.get((number, BALLOT), 0),
                votes=[counted.get((number, option.id), 0) for option in options],
            )
            for number in numbers
        ],
    )


def _count_by_bucket(
    connection: Connection, poll_id: str, first: datetime, last: datetime, width: int
) -> dict[tuple[int, int], int]:
    """Votes by bucket and choice. The bounds keep out what was cast since they were asked for."""
    choice = _choice()
    number = cast(func.floor(extract("epoch", ballots.c.cast_at) / width), BigInteger)
    statement = (
        select(number.label("number"), choice.label("choice"), func.count().label("votes"))
        .select_from(ballots)
        .where(ballots.c.poll_id == poll_id, ballots.c.cast_at.between(first, last))
        .group_by("number", "choice")
    )
    return {(row.number, row.choice): row.votes for row in connection.execute(statement)}


def _choice() -> ColumnElement[int]:
    """The ballots' choices, each a row, and for every ballot one row more, of the value BALLOT.

    So one pass over the ballots counts both.
    """
    chosen = literal([BALLOT], ARRAY(SmallInteger)).concat(ballots.c.choices)
    return func.unnest(chosen, type_=SmallInteger).column_valued("choice", joins_implicitly=True)
