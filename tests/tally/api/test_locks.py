"""A vote and the closing of its poll, held up in the middle: whoever comes second sees the first.

In `test_api_ballots.py` they race, and a fault may slip through; here nothing is left to chance.
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

A_MOMENT = 0.3  # seconds in which what does not wait would be done


@pytest.fixture(params=["psycopg2", "pg8000"])
def app(request: pytest.FixtureRequest, database: str) -> Iterator[Flask]:
    environ = {"DATABASE_URL": database, "DATABASE_DRIVER": request.param}
    metadata.create_all(engine_for_migrations(load(environ)))
    app = create_app(environ)
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture
def poll(app: Flask) -> dict[str, Any]:
    answer = app.test_client().post("/api/polls", json={"question": "?", "options": ["a", "b"]})
    return dict(answer.json)


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


def held(
    threads: ThreadPoolExecutor, request: Callable[[Flask, Any], TestResponse], *arguments: Any
) -> Future[TestResponse]:
    """A request that is under way and does not get on."""
    future = threads.submit(request, *arguments)
    with pytest.raises(TimeoutError):
        future.result(A_MOMENT)
    return future


@pytest.mark.parametrize(("request_", "status"), [(close, 200), (delete, 204)])
def test_who_closes_waits_for_the_vote_that_came_first(
    app: Flask,
    poll: dict[str, Any],
    threads: ThreadPoolExecutor,
    request_: Callable[[Flask, Any], TestResponse],
    status: int,
) -> None:
    values = {"poll": poll["id"], "voter": b"v", "choices": [1], "number": 1, "highest": 1}
    with app.app_context(), transaction() as connection:
        assert not connection.execute(VOTE, values).one().closed
        waiting = held(threads, request_, app, poll)
    assert waiting.result(30).status_code == status
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
def test_a_vote_waits_for_the_closing_that_came_first(
    app: Flask, poll: dict[str, Any], threads: ThreadPoolExecutor, statement: str, status: int
) -> None:
    with app.app_context(), transaction() as connection:
        connection.execute(text(statement), {"id": poll["id"]})
        waiting = held(threads, vote, app, poll)
    assert waiting.result(30).status_code == status
    if status == 409:
        assert app.test_client().get(f"/api/polls/{poll['id']}/results").json["ballots"] == 0


def test_a_vote_waits_for_no_other_voter(
    app: Flask, poll: dict[str, Any], threads: ThreadPoolExecutor
) -> None:
    values = {"poll": poll["id"], "voter": b"v", "choices": [1], "number": 1, "highest": 1}
    with app.app_context(), transaction() as connection:
        connection.execute(VOTE, values)
        assert threads.submit(vote, app, poll).result(30).status_code == 200


def test_the_same_voter_waits_and_the_later_vote_holds(
    app: Flask, poll: dict[str, Any], threads: ThreadPoolExecutor
) -> None:
    values = {"poll": poll["id"], "voter": b"v", "choices": [1], "number": 1, "highest": 1}
    started = threading.Event()

    def again() -> None:
        with app.app_context(), transaction() as connection:
            started.set()
            connection.execute(VOTE, values | {"choices": [2], "highest": 2})

    with app.app_context(), transaction() as connection:
        connection.execute(VOTE, values)
        later = threads.submit(again)
        assert started.wait(30)
        with pytest.raises(TimeoutError):
            later.result(A_MOMENT)
    later.result(30)
    results = app.test_client().get(f"/api/polls/{poll['id']}/results").json
    assert [option["votes"] for option in results["options"]] == [0, 1]
