"""The view of a poll's results."""

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
from .per_second_cache import PerSecondCache
from .polls import no_such_poll, options_of
from .schemas import OptionResult, Results, Viewing

# Fresh for one second; a stale count is served during revalidation, and while the app is down.
CACHE_CONTROL = "public, s-maxage=1, stale-while-revalidate=5, stale-if-error=300"
CACHED = {"Cache-Control": "How long caches may keep it", "ETag": "Changes with the count"}

routes = Blueprint("results", __name__, url_prefix="/api/polls")


@routes.get("/<poll_id>/results")
@operation("getResults", Reply({200: Results, 304: None}, 404, headers=CACHED))
def show_results(poll_id: str, query: Viewing) -> tuple[Results, dict[str, str]]:
    """Count the votes.

    The ETag does not change if only `as_of` changes. If the results are still hidden, a viewing key
    shows them; it is a query parameter, so that all clients with the key share a cached response.
    """
    # The key is the whole address, as in Nginx's cache.
    results = _counts.get(request.full_path, lambda: _count_now(poll_id, query.key))
    headers = {"Cache-Control": CACHE_CONTROL, "ETag": _etag(poll_id, results)}
    return results, headers | _expire_after_this_second()


_counts: PerSecondCache[Results] = PerSecondCache()


def _count_now(poll_id: str, key: str) -> Results:
    with transaction() as connection:
        return _count(connection, poll_id, key)


def _expire_after_this_second() -> dict[str, str]:
    """A header for Nginx, which counts in whole seconds: the response expires with this second.

    With s-maxage=1 alone, Nginx would keep it for up to two seconds. "@" is an absolute time in
    seconds: https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_cache_valid
    """
    return {"X-Accel-Expires": f"@{int(time.time())}"}


def is_hidden(poll: Any, key: str) -> bool:
    """Whether the results are hidden from a client with `key`.

    `poll` is a row with results_visibility, closed and viewing_key.
    """
    if poll.results_visibility == "always" or poll.closed:
        return False
    return not hmac.compare_digest(key.encode(), poll.viewing_key.encode())


def _etag(poll_id: str, results: Results) -> str:
    """A weak ETag, because two responses with the same count differ in `as_of`."""
    content = poll_id + results.model_dump_json(exclude={"as_of"})
    return quote_etag(hashlib.sha256(content.encode()).hexdigest()[:32], weak=True)


def _count(connection: Connection, poll_id: str, key: str) -> Results:
    """The results, from one statement, so that they are consistent."""
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
            polls.c.results_visibility.label("results_visibility"),
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
