"""Create, show, close and delete polls."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from flask import Blueprint, url_for
from sqlalchemy import Connection, Row, case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from .api import WITH_BODY, Reply, operation
from .database import transaction
from .keys import (
    canonical_poll_id,
    digest,
    new_poll_id,
    new_secret,
    presented_manage_key,
    require_manage_key,
    secret_from,
)
from .models import closed, polls
from .problems import FieldError, Problem
from .schemas import CreatedPoll, Creation, NewPoll, Option, Poll, PollPatch, ViewingKey

routes = Blueprint("polls", __name__, url_prefix="/api/polls")

COLUMNS = (
    polls.c.id,
    polls.c.question,
    polls.c.options,
    polls.c.multiple,
    polls.c.closes_at,
    closed.label("closed"),
    polls.c.created_at,
    polls.c.results,
)

OTHER_POLL: FieldError = {
    "field": "Idempotency-Key",
    "message": "Another poll was created with this key; draw a new one for each poll",
}


def read_poll_id(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Before any view with a `poll_id`: what cannot be an id never reaches the database."""
    if values and "poll_id" in values:
        poll_id = canonical_poll_id(values["poll_id"])
        if poll_id is None:
            raise no_such_poll()
        values["poll_id"] = poll_id


def no_such_poll() -> Problem:
    return Problem("not-found", "There is no such poll")


@routes.post("")
@operation(
    "createPoll",
    Reply({201: CreatedPoll}, *WITH_BODY, headers={"Location": "The poll's path"}),
)
def create(json: NewPoll, headers: Creation) -> tuple[CreatedPoll, int, dict[str, str]]:
    """Create a poll; the answer holds the manage key, which is shown to its creator only.

    With an Idempotency-Key it can be repeated: it creates one poll, however often it is sent.
    """
    token = headers.idempotency_key
    manage_key = secret_from(token) if token else new_secret()
    with transaction() as connection:
        poll = _insert(connection, json, manage_key)
    if not _asks_for(json, poll):
        raise Problem("validation", errors=[OTHER_POLL])
    created = CreatedPoll(**_members(poll), manage_key=manage_key)
    return created, HTTPStatus.CREATED, {"Location": url_for("polls.show", poll_id=created.id)}


def _insert(connection: Connection, new: NewPoll, manage_key: str) -> Row[Any]:
    """The poll of this manage key, which is created where it is not there yet."""
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
        # The id is taken: one in 10^12 a poll; draw another.


def _asks_for(new: NewPoll, poll: Row[Any]) -> bool:
    """Whether `poll` is what was asked for, in what never changes after a poll is created."""
    return all(
        getattr(new, name) == getattr(poll, name)
        for name in ("question", "options", "multiple", "results")
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
    """Close a poll, open it again, or set when it closes by itself.

    A poll whose closes_at is past and that is opened, opens for good: closes_at becomes null.
    """
    statement = (
        update(polls).where(polls.c.id == poll_id).values(_changes(json)).returning(*COLUMNS)
    )
    with managed(poll_id) as connection:
        return _poll(connection.execute(statement).one_or_none())


def _changes(patch: PollPatch) -> dict[str, Any]:
    """The columns' new values. What the patch does not name stays as it is."""
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
    """Show the key that shows the count while it is hidden from others."""
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
    """A transaction for whoever holds the poll's manage key.

    Raises Problem: key-missing, not-found or key-wrong.
    """
    presented = presented_manage_key()
    with transaction() as connection:
        statement = select(polls.c.manage_key_hash).where(polls.c.id == poll_id)
        kept = connection.execute(statement).scalar_one_or_none()
        if kept is None:
            raise no_such_poll()
        require_manage_key(presented, kept)
        yield connection


def _poll(row: Row[Any] | None) -> Poll:
    if row is None:
        raise no_such_poll()
    return Poll(**_members(row))


def _members(row: Row[Any]) -> dict[str, Any]:
    """A row of COLUMNS as the members of a Poll."""
    return row._asdict() | {"options": options_of(row.options)}


def options_of(labels: list[str]) -> list[Option]:
    """A poll's options; an option's id is its place, counted from 1."""
    return [Option(id=place, label=label) for place, label in enumerate(labels, start=1)]
