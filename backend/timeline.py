"""The view of a poll's votes over time."""

from datetime import datetime
from typing import Any

from flask import Blueprint, request
from sqlalchemy import BigInteger, Connection, cast, extract, func, select

from . import timeline_buckets
from .api import Reply, operation
from .database import transaction
from .models import BALLOT, ballots, choices_and_ballots, closed, polls
from .per_second_cache import PerSecondCache
from .polls import no_such_poll, options_of
from .results import is_hidden
from .schemas import Bucket, Timeline, Viewing

# It changes slowly, so that it is cached longer than the results.
CACHE_CONTROL = "public, s-maxage=5, stale-while-revalidate=10, stale-if-error=300"
CACHED = {"Cache-Control": "How long caches may keep it"}

routes = Blueprint("timeline", __name__, url_prefix="/api/polls")

Counts = dict[tuple[int, int], int]  # by number of the bucket, and choice or BALLOT


@routes.get("/<poll_id>/timeline")
@operation("getTimeline", Reply({200: Timeline}, 404, headers=CACHED))
def show_timeline(poll_id: str, query: Viewing) -> tuple[Timeline, dict[str, str]]:
    """Show the votes over time, from the first to the last one.

    A replaced vote counts at the time of its replacement.
    """
    # The key is the whole address, as in Nginx's cache.
    timeline = _timelines.get(request.full_path, lambda: _timeline_now(poll_id, query.key))
    return timeline, {"Cache-Control": CACHE_CONTROL}


_timelines: PerSecondCache[Timeline] = PerSecondCache()


def _timeline_now(poll_id: str, key: str) -> Timeline:
    with transaction() as connection:
        return _timeline(connection, poll_id, key)


def _timeline(connection: Connection, poll_id: str, key: str) -> Timeline:
    poll = _span(connection, poll_id)
    options = options_of(poll.options)
    hidden = is_hidden(poll, key)
    if hidden or poll.first is None:
        return Timeline(
            hidden=hidden,
            until=poll.until,
            bucket_seconds=timeline_buckets.WIDTHS[0],
            options=options,
            buckets=[],
        )
    first, last = poll.first, poll.last
    width = timeline_buckets.width_for(first, last)
    counts = _count(connection, poll_id, first, last, width)
    numbers = range(
        timeline_buckets.number_of(first, width), timeline_buckets.number_of(last, width) + 1
    )
    return Timeline(
        hidden=False,
        until=poll.until,
        bucket_seconds=width,
        options=options,
        buckets=[
            Bucket(
                start=timeline_buckets.start_of(number, width),
                ballots=counts.get((number, BALLOT), 0),
                votes=[counts.get((number, option.id), 0) for option in options],
            )
            for number in numbers
        ],
    )


def _span(connection: Connection, poll_id: str) -> Any:
    """The poll, the times of its first and its last ballot, and the end of the timeline."""
    # The earliest of these times; least() ignores NULL.
    until = func.least(polls.c.closed_at, polls.c.closes_at, func.statement_timestamp())
    statement = (
        select(
            polls.c.options,
            polls.c.results_visibility.label("results_visibility"),
            polls.c.viewing_key,
            closed.label("closed"),
            until.label("until"),
            func.min(ballots.c.cast_at).label("first"),
            func.max(ballots.c.cast_at).label("last"),
        )
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
    """Votes by bucket and choice, without ballots cast since `first` and `last` were queried."""
    choice = choices_and_ballots()
    number = cast(func.floor(extract("epoch", ballots.c.cast_at) / width), BigInteger)
    statement = (
        select(number.label("number"), choice.label("choice"), func.count().label("votes"))
        .select_from(ballots)
        .where(ballots.c.poll_id == poll_id, ballots.c.cast_at.between(first, last))
        .group_by("number", "choice")
    )
    return {(row.number, row.choice): row.votes for row in connection.execute(statement)}
