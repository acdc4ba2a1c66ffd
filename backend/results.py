"""The count."""

import hashlib
import hmac
import time
from typing import Any

from flask import Blueprint, request
from sqlalchemy import Connection, func, select, true
from werkzeug.http import quote_etag

from .api import Reply, operation
from .database import transaction
from .models import BALLOT, ballots, choices_and_ballots, closed, polls
from .polls import no_such_poll, options_of
from .schemas import OptionResult, Results, Viewing
from .shared import EachSecond

# One second old is fresh; while a new count is fetched, or the app is away, an older one will do.
CACHE_CONTROL = "public, s-maxage=1, stale-while-revalidate=5, stale-if-error=300"
CACHED = {"Cache-Control": "How long caches may keep it", "ETag": "Changes with the count"}

routes = Blueprint("results", __name__, url_prefix="/api/polls")


@routes.get("/<poll_id>/results")
@operation("getResults", Reply({200: Results, 304: None}, 404, headers=CACHED))
def show_results(poll_id: str, query: Viewing) -> tuple[Results, dict[str, str]]:
    """Count the votes.

    The ETag is that of the count: it stays the same while only `as_of` moves on. Where the count is
    not for everyone yet, a viewing key shows it: in the address, so that all who hold it share one
    cached answer.
    """
    # By the whole address, as Nginx keeps it.
    results = _counts.get(request.full_path, lambda: _count_now(poll_id, query.key))
    headers = {"Cache-Control": CACHE_CONTROL, "ETag": _etag(poll_id, results)}
    return results, headers | _this_second()


_counts: EachSecond[Results] = EachSecond()


def _count_now(poll_id: str, key: str) -> Results:
    with transaction() as connection:
        return _count(connection, poll_id, key)


def _this_second() -> dict[str, str]:
    """For Nginx, which counts whole seconds: its copy is fresh until the second is over.

    By s-maxage=1 alone it would be for up to two. "@" is a moment, in seconds since the epoch:
    https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_cache_valid
    """
    return {"X-Accel-Expires": f"@{int(time.time())}"}


def is_hidden(poll: Any, key: str) -> bool:
    """Whether the count of `poll`, a row with results, closed and viewing_key, is not for `key`."""
    if poll.results == "always" or poll.closed:
        return False
    return not hmac.compare_digest(key.encode(), poll.viewing_key.encode())


def _etag(poll_id: str, results: Results) -> str:
    """A weak one: two answers of the same count differ in the bytes of `as_of`."""
    content = poll_id + results.model_dump_json(exclude={"as_of"})
    return quote_etag(hashlib.sha256(content.encode()).hexdigest()[:32], weak=True)


def _count(connection: Connection, poll_id: str, key: str) -> Results:
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
        select(
            polls.c.options,
            polls.c.results,
            polls.c.viewing_key,
            polls.c.closes_at,
            closed.label("closed"),
            func.statement_timestamp().label("as_of"),
            votes,
        )
        .select_from(polls.outerjoin(votes, true()))
        .where(polls.c.id == poll_id)
    )
    rows = connection.execute(statement).all()
    if not rows:
        raise no_such_poll()
    poll = rows[0]
    hidden = is_hidden(poll, key)
    counted = {row.choice: row.votes for row in rows}
    return Results(
        ballots=counted.get(BALLOT, 0),
        hidden=hidden,
        options=[
            OptionResult(
                id=option.id,
                label=option.label,
                votes=None if hidden else counted.get(option.id, 0),
            )
            for option in options_of(poll.options)
        ],
        closed=poll.closed,
        closes_at=poll.closes_at,
        as_of=poll.as_of,
    )
