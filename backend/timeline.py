"""When the votes came in."""

from datetime import datetime

from flask import Blueprint
from sqlalchemy import BigInteger, Connection, Row, cast, extract, func, select

from . import buckets
from .api import Reply, operation
from .database import transaction
from .models import BALLOT, ballots, choices_and_ballots, polls
from .polls import no_such_poll, options_of
from .schemas import Bucket, Timeline

routes = Blueprint("timeline", __name__, url_prefix="/api/polls")

Counts = dict[tuple[int, int], int]  # by number of the bucket, and choice or BALLOT


@routes.get("/<poll_id>/timeline")
@operation("getTimeline", Reply({200: Timeline}, 404))
def show_timeline(poll_id: str) -> Timeline:
    """Show when the votes came in.

    From the first to the last of the votes that count: a replaced vote counts when it was replaced.
    """
    with transaction() as connection:
        labels, first, last = _span(connection, poll_id)
        options = options_of(labels)
        if first is None or last is None:
            return Timeline(bucket_seconds=buckets.WIDTHS[0], options=options, buckets=[])
        width = buckets.width_for(first, last)
        counts = _count(connection, poll_id, first, last, width)
    numbers = range(buckets.number_of(first, width), buckets.number_of(last, width) + 1)
    return Timeline(
        bucket_seconds=width,
        options=options,
        buckets=[
            Bucket(
                start=buckets.start_of(number, width),
                ballots=counts.get((number, BALLOT), 0),
                votes=[counts.get((number, option.id), 0) for option in options],
            )
            for number in numbers
        ],
    )


def _span(connection: Connection, poll_id: str) -> Row[list[str], datetime | None, datetime | None]:
    """The poll's options, and when its first and its last ballot were cast."""
    statement = (
        select(polls.c.options, func.min(ballots.c.cast_at), func.max(ballots.c.cast_at))
        .select_from(polls.outerjoin(ballots))
        .where(polls.c.id == poll_id)
        .group_by(polls.c.id)
    )
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise no_such_poll()
    return row


def _count(
    connection: Connection, poll_id: str, first: datetime, last: datetime, width: int
) -> Counts:
    """Votes by bucket and choice. The bounds keep out what was cast since they were asked for."""
    choice = choices_and_ballots()
    number = cast(func.floor(extract("epoch", ballots.c.cast_at) / width), BigInteger)
    statement = (
        select(number.label("number"), choice.label("choice"), func.count().label("votes"))
        .select_from(ballots)
        .where(ballots.c.poll_id == poll_id, ballots.c.cast_at.between(first, last))
        .group_by("number", "choice")
    )
    return {(row.number, row.choice): row.votes for row in connection.execute(statement)}
