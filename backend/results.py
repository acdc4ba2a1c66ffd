"""The count."""

import hashlib

from flask import Blueprint
from sqlalchemy import Connection, func, select, true
from werkzeug.http import quote_etag

from .api import Reply, operation
from .database import transaction
from .models import BALLOT, ballots, choices_and_ballots, closed, polls
from .polls import no_such_poll, options_of
from .schemas import OptionResult, Results

# One second old is fresh; while a new count is fetched, or the app is away, an older one will do.
CACHE_CONTROL = "public, s-maxage=1, stale-while-revalidate=5, stale-if-error=300"
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
    choice = choices_and_ballots()
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
