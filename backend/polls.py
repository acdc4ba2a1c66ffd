"""The views that create, show, close and delete polls."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from flask import Blueprint, url_for
from sqlalchemy import Connection, Row, case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from .api import WITH_BODY, Reply, operation
from .database import transaction
from .models import closed, polls
from .problems import FieldError, Problem
from .schemas import CreatedPoll, Creation, NewPoll, Option, Poll, PollPatch, ViewingKey
from .secret_keys import (
    canonical_poll_id,
    digest,
    new_poll_id,
    new_secret,
    presented_manage_key,
    require_manage_key,
    secret_from,
)

routes = Blueprint("polls", __name__, url_prefix="/api/polls")

COLUMNS = (
    polls.c.id,
    polls.c.question,
    polls.c.options,
    polls.c.multiple,
    polls.c.closes_at,
    closed.label("closed"),
    polls.c.created_at,
    polls.c.results_visibility.label("results_visibility"),
)

OTHER_POLL: FieldError = {
    "field": "Idempotency-Key",
    "message": "Another poll was created with this key; generate a new key for each poll",
}


def read_poll_id(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Before any view with a `poll_id`: normalise it, and answer 404 if it cannot be an id."""
    if values and "poll_id" in values:
        poll_id = canonical_poll_id(values["poll_id"])
        if poll_id is None:
            raise no_such_poll()
        values["poll_id"] = poll_id


def no_such_poll() -> Problem:
    return Problem("not-found", "This poll does not exist")


@routes.post("")
@operation(
    "createPoll",
    Reply({201: CreatedPoll}, *WITH_BODY, headers={"Location": "The poll's path"}),
)
def create(json: NewPoll, headers: Creation) -> tuple[CreatedPoll, int, dict[str, str]]:
    """Create a poll; only this response contains its manage key.

    With an Idempotency-Key, the request can be repeated and creates only one poll.
    """
    token = headers.idempotency_key
    manage_key = secret_from(token) if token else new_secret()
    with transaction() as connection:
        poll = _insert(connection, json, manage_key)
    if not _is_same_poll(json, poll):
        raise Problem("validation", errors=[OTHER_POLL])
    created = CreatedPoll(**_members(poll), manage_key=manage_key)
    return created, HTTPStatus.CREATED, {"Location": url_for("polls.show", poll_id=created.id)}


def _insert(connection: Connection, new: NewPoll, manage_key: str) -> Row[Any]:
    """The poll of this manage key; create it if it does not exist."""
    hashed = digest(manage_key)
    known = select(*COLUMNS).where(polls.c.manage_key_hash == hashed)
    while True:
        statement = (
            insert(polls)
            .values(id=new_poll_id(), manage_key_hash=hashed, **new.model_dump())
            .on_conflict_do_nothing()
            .returning(*COLUMNS)
        )
        if poll := connection.execute(statement).one_or_none():
            return poll
        if poll := connection.execute(known).one_or_none():
            return poll
        # The id is taken, with a probability of 1 in 10^12 per poll; try another.


def _is_same_poll(new: NewPoll, poll: Row[Any]) -> bool:
    """Whether `poll` matches the request in the fields that never change."""
    return all(
        getattr(new, name) == getattr(poll, name)
        for name in ("question", "options", "multiple", "results_visibility")
    )


@routes.get("/<poll_id>")
@operation("getPoll", Reply({200: Poll}, 404))
def show(poll_id: str) -> Poll:
    """Show a poll."""
    statement = select(*COLUMNS).where(polls.c.id == poll_id)
    with transaction() as connection:
        return _poll(connection.execute(statement).one_or_none())


@routes.patch("/<poll_id>")
@operation("updatePoll", Reply({200: Poll}, *WITH_BODY, 401, 403, 404), managed=True)
def change(poll_id: str, json: PollPatch) -> Poll:
    """Close a poll, reopen it, or set the time at which it closes.

    Reopening a poll whose closes_at has passed sets closes_at to null.
    """
    statement = (
        update(polls).where(polls.c.id == poll_id).values(_changes(json)).returning(*COLUMNS)
    )
    with managed(poll_id) as connection:
        return _poll(connection.execute(statement).one_or_none())


def _changes(patch: PollPatch) -> dict[str, Any]:
    """The new values of the columns that the patch names."""
    moment = func.clock_timestamp()
    values: dict[str, Any] = {}
    if "closed" in patch.model_fields_set:
        values["closed_at"] = func.coalesce(polls.c.closed_at, moment) if patch.closed else None
        if not patch.closed:
            past = polls.c.closes_at <= moment
            values["closes_at"] = case((past, None), else_=polls.c.closes_at)
    if "closes_at" in patch.model_fields_set:
        values["closes_at"] = patch.closes_at
    return values


@routes.get("/<poll_id>/viewing-key")
@operation("getViewingKey", Reply({200: ViewingKey}, 401, 403, 404), managed=True)
def show_viewing_key(poll_id: str) -> ViewingKey:
    """Show the viewing key, which gives access to results that are still hidden."""
    statement = select(polls.c.viewing_key).where(polls.c.id == poll_id)
    with managed(poll_id) as connection:
        key = connection.execute(statement).scalar_one_or_none()
    if key is None:
        raise no_such_poll()
    return ViewingKey(viewing_key=key)


@routes.delete("/<poll_id>")
@operation("deletePoll", Reply({204: None}, 401, 403, 404), managed=True)
def remove(poll_id: str) -> tuple[str, int]:
    """Delete a poll with all its ballots."""
    with managed(poll_id) as connection:
        connection.execute(delete(polls).where(polls.c.id == poll_id))
    return "", HTTPStatus.NO_CONTENT


@contextmanager
def managed(poll_id: str) -> Iterator[Connection]:
    """A transaction, after a check of the request's manage key.

    Raises Problem: key-missing, not-found or key-wrong.
    """
    presented = presented_manage_key()
    with transaction() as connection:
        statement = select(polls.c.manage_key_hash).where(polls.c.id == poll_id)
        stored = connection.execute(statement).scalar_one_or_none()
        if stored is None:
            raise no_such_poll()
        require_manage_key(presented, stored)
        yield connection


def _poll(row: Row[Any] | None) -> Poll:
    if row is None:
        raise no_such_poll()
    return Poll(**_members(row))


def _members(row: Row[Any]) -> dict[str, Any]:
    """The fields of a Poll from a row of COLUMNS."""
    return row._asdict() | {"options": options_of(row.options)}


def options_of(labels: list[str]) -> list[Option]:
    """A poll's options; an option's id is its position, counted from 1."""
    return [Option(id=place, label=label) for place, label in enumerate(labels, start=1)]
