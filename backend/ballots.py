"""The views for voting and for showing the voter's own vote."""

from typing import Any

from flask import Blueprint
from sqlalchemy import ARRAY, LargeBinary, SmallInteger, Text, and_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from .api import WITH_BODY, Reply, operation
from .database import transaction
from .models import ballots, closed, polls
from .polls import no_such_poll
from .problems import Problem
from .schemas import Ballot, NewBallot
from .voter_cookie import current_voter

routes = Blueprint("ballots", __name__, url_prefix="/api/polls")


@routes.put("/<poll_id>/ballot")
@operation("vote", Reply({200: Ballot}, *WITH_BODY, 404, 409))
def vote(poll_id: str, json: NewBallot) -> Ballot:
    """Vote, or replace an earlier vote of the same voter.

    A cookie identifies the voter. Repeating a vote changes nothing.
    """
    values = {
        "poll": poll_id,
        "voter": current_voter(poll_id),
        "choices": json.choices,
        "number": len(json.choices),
        "highest": json.choices[-1],
    }
    with transaction() as connection:
        poll = connection.execute(VOTE, values).one_or_none()
    if poll is None:
        raise no_such_poll()
    if poll.closed:
        raise Problem("poll-closed", "This poll accepts no more votes")
    if json.choices[-1] > poll.options:
        raise _invalid("This poll has no such option")
    if len(json.choices) > 1 and not poll.multiple:
        raise _invalid("This poll accepts one choice")
    return Ballot(choices=json.choices, viewing_key=_viewing_key(poll))


@routes.get("/<poll_id>/ballot")
@operation("getBallot", Reply({200: Ballot}, 404))
def show_ballot(poll_id: str) -> Ballot:
    """Show the voter's own vote, which is empty before the first.

    Sets the cookie for a new voter, so that two quick first votes belong to the same voter.
    """
    values = {"poll": poll_id, "voter": current_voter(poll_id)}
    with transaction() as connection:
        row = connection.execute(OWN_BALLOT, values).one_or_none()
    if row is None:
        raise no_such_poll()
    return Ballot(choices=row.choices or [], viewing_key=_viewing_key(row) if row.choices else None)


def _viewing_key(poll: Any) -> str | None:
    """The key that lets this voter see the results if only voters may see them; else None."""
    return str(poll.viewing_key) if poll.results_visibility == "voted" else None


def _invalid(message: str) -> Problem:
    return Problem("validation", errors=[{"field": "choices", "message": message}])


def _vote() -> Any:
    """The statement that checks the poll and inserts, replaces or keeps the ballot.

    FOR SHARE lets votes run in parallel, but not in parallel with a transaction that closes or
    deletes the poll: the second of the two sees the changes of the first. The result is the row of
    the poll, from which the caller sees whether the ballot was accepted; no row without the poll.
    """
    poll = (
        select(
            polls.c.id,
            polls.c.multiple,
            func.cardinality(polls.c.options).label("options"),
            closed.label("closed"),
            polls.c.results_visibility.label("results_visibility"),
            polls.c.viewing_key,
        )
        .where(polls.c.id == bindparam("poll", type_=Text))
        .with_for_update(read=True)
        .cte("poll")
    )
    accepted = and_(
        ~poll.c.closed,
        poll.c.options >= bindparam("highest"),
        or_(poll.c.multiple, bindparam("number", type_=SmallInteger) == 1),
    )
    ballot = select(
        poll.c.id,
        bindparam("voter", type_=LargeBinary),
        bindparam("choices", type_=ARRAY(SmallInteger)),
    ).where(accepted)
    cast = insert(ballots).from_select(["poll_id", "voter", "choices"], ballot)
    kept = cast.on_conflict_do_update(
        index_elements=[ballots.c.poll_id, ballots.c.voter],
        set_={"choices": cast.excluded.choices, "cast_at": func.now()},
        where=ballots.c.choices != cast.excluded.choices,
    ).cte("kept")
    shown = (poll.c.results_visibility, poll.c.viewing_key)
    return select(poll.c.multiple, poll.c.options, poll.c.closed, *shown).add_cte(kept)


# Built once: building them for each request would take longer than running them.
VOTE = _vote()
OWN_BALLOT = (
    select(
        ballots.c.choices,
        polls.c.results_visibility.label("results_visibility"),
        polls.c.viewing_key,
    )
    .select_from(
        polls.outerjoin(
            ballots,
            and_(ballots.c.poll_id == polls.c.id, ballots.c.voter == bindparam("voter")),
        )
    )
    .where(polls.c.id == bindparam("poll"))
)
