"""Locks between votes and the closing of their poll: the second request sees the first.

In `test_ballots.py` they race, and a fault may go unnoticed; here their order is fixed.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from backend import create_app
from backend.ballots import VOTE
from backend.database import engine_for_migrations, transaction
from backend.models import metadata
from backend.settings import load

BLOCKED_SECONDS = 0.3  # a request that takes longer is blocked


@pytest.fixture(params=["psycopg2", "pg8000"])
def app(request: pytest.FixtureRequest, database: str) -> Iterator[Flask]:
    environ = {"DATABASE_URL": database, "DATABASE_DRIVER": request.param}
    metadata.create_all(engine_for_migrations(load(environ)))
    app = create_app(environ)
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture
def poll(app: Flask) -> dict[str, Any]:
    response = app.test_client().post("/api/polls", json={"question": "?", "options": ["a", "b"]})
    return dict(response.json)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


def vote(app: Flask, poll: dict[str, Any]) -> TestResponse:
    return app.test_client().put(f"/api/polls/{poll['id']}/ballot", json={"choices": [1]})


def close(app: Flask, poll: dict[str, Any]) -> TestResponse:
    return app.test_client().patch(
        f"/api/polls/{poll['id']}",
        json={"closed": True},
        headers={"Authorization": f"Bearer {poll['manage_key']}"},
    )


def delete(app: Flask, poll: dict[str, Any]) -> TestResponse:
    return app.test_client().delete(
        f"/api/polls/{poll['id']}", headers={"Authorization": f"Bearer {poll['manage_key']}"}
    )


def start_blocked(
    threads: ThreadPoolExecutor, request: Callable[[Flask, Any], TestResponse], *arguments: Any
) -> Future[TestResponse]:
    """Start a request that blocks."""
    future = threads.submit(request, *arguments)
    with pytest.raises(TimeoutError):
        future.result(BLOCKED_SECONDS)
    return future


@pytest.mark.parametrize(("request_", "status"), [(close, 200), (delete, 204)])
def test_closing_waits_for_an_earlier_vote(
    app: Flask,
    poll: dict[str, Any],
    threads: ThreadPoolExecutor,
    request_: Callable[[Flask, Any], TestResponse],
    status: int,
) -> None:
    values = {"poll": poll["id"], "voter": b"v", "choices": [1], "number": 1, "highest": 1}
    with app.app_context(), transaction() as connection:
        assert not connection.execute(VOTE, values).one().closed
        blocked = start_blocked(threads, request_, app, poll)
    assert blocked.result(30).status_code == status
    if status == 200:
        results = app.test_client().get(f"/api/polls/{poll['id']}/results").json
        assert (results["closed"], results["ballots"]) == (True, 1)


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        ("UPDATE polls SET closed_at = now() WHERE id = :id", 409),
        ("UPDATE polls SET closes_at = now() - interval '1 second' WHERE id = :id", 409),
        ("DELETE FROM polls WHERE id = :id", 404),
        ("UPDATE polls SET question = 'other' WHERE id = :id", 200),
    ],
)
def test_vote_waits_for_an_earlier_closing(
    app: Flask, poll: dict[str, Any], threads: ThreadPoolExecutor, statement: str, status: int
) -> None:
    with app.app_context(), transaction() as connection:
        connection.execute(text(statement), {"id": poll["id"]})
        blocked = start_blocked(threads, vote, app, poll)
    assert blocked.result(30).status_code == status
    if status == 409:
        assert app.test_client().get(f"/api/polls/{poll['id']}/results").json["ballots"] == 0


def test_votes_of_different_voters_do_not_wait_for_each_other(
    app: Flask, poll: dict[str, Any], threads: ThreadPoolExecutor
) -> None:
    values = {"poll": poll["id"], "voter": b"v", "choices": [1], "number": 1, "highest": 1}
    with app.app_context(), transaction() as connection:
        connection.execute(VOTE, values)
        assert threads.submit(vote, app, poll).result(30).status_code == 200


def test_second_vote_of_a_voter_waits_and_wins(
    app: Flask, poll: dict[str, Any], threads: ThreadPoolExecutor
) -> None:
    values = {"poll": poll["id"], "voter": b"v", "choices": [1], "number": 1, "highest": 1}
    started = threading.Event()

    def vote_again() -> None:
        with app.app_context(), transaction() as connection:
            started.set()
            connection.execute(VOTE, values | {"choices": [2], "highest": 2})

    with app.app_context(), transaction() as connection:
        connection.execute(VOTE, values)
        later = threads.submit(vote_again)
        assert started.wait(30)
        with pytest.raises(TimeoutError):
            later.result(BLOCKED_SECONDS)
    later.result(30)
    results = app.test_client().get(f"/api/polls/{poll['id']}/results").json
    assert [option["votes"] for option in results["options"]] == [0, 1]
