"""With the database stopped, slow, frozen or read-only: 503 in time, and success after its return.

The app runs in this process, behind it a fault-injecting proxy and Postgres.
"""

import contextlib
import os
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from backend import create_app
from backend.database import engine_for_migrations, transaction
from backend.models import metadata
from backend.settings import load
from tests.support.proxy import Proxy

PROMISED_SECONDS = 5.0
RECOVERY_SECONDS = 2.0
POLL = {"question": "Still there?", "options": ["yes", "no"]}


@pytest.fixture
def proxy(database: str) -> Iterator[Proxy]:
    proxy = Proxy(urlsplit(database).port or 5432)
    yield proxy
    proxy.heal()
    proxy.drop()


@pytest.fixture(params=["psycopg2", "pg8000"])
def settings(request: pytest.FixtureRequest, database: str, proxy: Proxy) -> dict[str, str]:
    """The environment of an app with a migrated database behind the proxy."""
    direct = {"DATABASE_URL": database, "DATABASE_DRIVER": request.param}
    engine = engine_for_migrations(load(direct))
    metadata.create_all(engine)
    port = urlsplit(database).port
    return direct | {
        "DATABASE_URL": database.replace(f":{port}/", f":{proxy.port}/"),
        "DATABASE_POOL_SIZE": "3",
    }


@pytest.fixture
def app(settings: dict[str, str]) -> Iterator[Flask]:
    """An app with short timeouts, so that the tests are fast."""
    app = create_app(
        settings | {"DATABASE_STATEMENT_TIMEOUT": "1", "DATABASE_CONNECT_TIMEOUT": "1"}
    )
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def create_poll(client: FlaskClient) -> str:
    response = client.post("/api/polls", json=POLL)
    assert response.status_code == 201, response.text
    return str(response.json["id"])


def all_requests(poll_id: str) -> list[tuple[str, str, Any]]:
    path = f"/api/polls/{poll_id}"
    return [
        ("POST", "/api/polls", POLL),
        ("GET", path, None),
        ("GET", path + "/results", None),
        ("GET", path + "/timeline", None),
        ("GET", path + "/ballot", None),
        ("PUT", path + "/ballot", {"choices": [1]}),
        ("PATCH", path, {"closed": True}),
        ("DELETE", path, None),
        ("GET", path + "/ballots.csv", None),
    ]


def assert_unavailable(client: FlaskClient, method: str, path: str, body: Any) -> None:
    started_at = time.monotonic()
    headers = {"Authorization": "Bearer any"}
    response = client.open(path, method=method, json=body, headers=headers)
    seconds = time.monotonic() - started_at
    assert response.status_code == 503, response.text
    assert response.content_type == "application/problem+json"
    assert response.json["type"] == "/problems/unavailable"
    assert response.json["detail"] == "The database is unavailable. Try again in a moment."
    assert int(response.headers["Retry-After"]) >= 1
    assert "Set-Cookie" not in response.headers
    assert seconds < PROMISED_SECONDS, f"{method} {path} took {seconds:.1f} s"


def assert_recovers(client: FlaskClient, path: str) -> None:
    started_at = time.monotonic()
    while (status := client.get(path).status_code) != 200:
        assert status == 503
        assert time.monotonic() - started_at < RECOVERY_SECONDS
        time.sleep(0.02)


def assert_status_says_away(client: FlaskClient) -> None:
    started_at = time.monotonic()
    response = client.get("/api/status")
    assert response.status_code == 200
    assert response.json["driver"]
    assert response.json["database"] == {
        "available": False,
        "version": None,
        "latency_ms": None,
        "schema_revision": None,
    }
    assert time.monotonic() - started_at < PROMISED_SECONDS


def test_refused_connection_is_503_until_the_database_returns(
    client: FlaskClient, proxy: Proxy
) -> None:
    poll_id = create_poll(client)
    proxy.refuse()
    for method, path, body in all_requests(poll_id):
        assert_unavailable(client, method, path, body)
    assert_status_says_away(client)
    proxy.heal()
    assert_recovers(client, f"/api/polls/{poll_id}")
    assert client.get("/api/status").json["database"]["available"] is True


def test_outage_is_logged_once_with_its_reason(
    client: FlaskClient, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    """The failed requests are in the log of Nginx."""
    poll_id = create_poll(client)
    for _ in range(2):
        caplog.clear()
        proxy.refuse()
        for _ in range(9):
            assert client.get(f"/api/polls/{poll_id}").status_code == 503
        proxy.heal()
        assert_recovers(client, f"/api/polls/{poll_id}")
        away, *more, recovered = caplog.messages
        assert re.match("database away: .*Connection refused", away)
        assert re.fullmatch(r"database back after \d\.\d s", recovered)
        assert all(line.startswith("database unavailable: ") for line in more)
        assert len(more) == 1, "only the request that detected the outage"


def test_request_is_503_in_time_while_postgres_is_frozen(
    settings: dict[str, str], proxy: Proxy
) -> None:
    """With the default timeouts."""
    app = create_app(settings)
    client = app.test_client()
    poll_id = create_poll(client)
    proxy.freeze()
    # With a connection of the pool.
    assert_unavailable(client, "GET", f"/api/polls/{poll_id}", None)
    assert_unavailable(client, "GET", f"/api/polls/{poll_id}", None)  # with a new connection
    assert_status_says_away(client)
    proxy.heal()
    assert_recovers(client, f"/api/polls/{poll_id}")
    app.extensions["engine"].dispose()


def test_requests_do_not_queue_for_a_frozen_database(app: Flask, proxy: Proxy) -> None:
    """With more requests than threads and connections, each is answered in time."""
    poll_id = create_poll(app.test_client())
    proxy.freeze()

    def ask(_number: int) -> None:
        assert_unavailable(app.test_client(), "GET", f"/api/polls/{poll_id}", None)

    started_at = time.monotonic()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(40)))
    # One after another, it would take 40 of them.
    assert time.monotonic() - started_at < 6 * PROMISED_SECONDS


@pytest.mark.parametrize("refused", ["resolve", "database probe", "database attempt"])
def test_app_recovers_if_a_thread_cannot_be_started(
    app: Flask, proxy: Proxy, fail_thread_start: Callable[[str], None], refused: str
) -> None:
    client = app.test_client()
    poll_id = create_poll(client)
    proxy.refuse()
    fail_thread_start(refused)
    for _ in range(3):
        assert_unavailable(client, "GET", f"/api/polls/{poll_id}", None)
    proxy.heal()
    assert_recovers(client, f"/api/polls/{poll_id}")


def test_dead_connections_of_the_pool_are_replaced(client: FlaskClient, proxy: Proxy) -> None:
    poll_id = create_poll(client)
    for _ in range(3):
        proxy.drop()
        assert client.get(f"/api/polls/{poll_id}").status_code == 200


def test_slow_statement_is_ended_by_the_statement_timeout(app: Flask) -> None:
    """Its connection can be used again."""

    @app.get("/slow")
    def slow() -> str:
        with transaction() as connection:
            connection.execute(text("SELECT pg_sleep(60)"))
        return "done"

    for _ in range(2):
        assert_unavailable(app.test_client(), "GET", "/slow", None)
    assert create_poll(app.test_client())


def test_statement_timeout_ends_with_the_transaction(app: Flask) -> None:
    """Behind a pooler, the next client gets the session, and must not inherit the timeout."""
    with app.app_context():
        engine = app.extensions["engine"]
        with transaction() as connection:
            assert connection.scalar(text("SHOW statement_timeout")) == "1s"
        raw = engine.raw_connection()
        with contextlib.closing(raw):
            cursor = raw.cursor()
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone()[0] == "0"


def test_vote_that_waits_for_a_lock_is_503(app: Flask) -> None:
    client = app.test_client()
    poll_id = create_poll(client)
    with app.app_context(), transaction() as connection:
        connection.execute(text("SELECT 1 FROM polls WHERE id = :id FOR UPDATE"), {"id": poll_id})
        assert_unavailable(client, "PUT", f"/api/polls/{poll_id}/ballot", {"choices": [1]})
    assert_recovers(client, f"/api/polls/{poll_id}")  # a busy server may count as away
    assert client.put(f"/api/polls/{poll_id}/ballot", json={"choices": [1]}).status_code == 200


def test_exhausted_pool_is_503(app: Flask) -> None:
    client = app.test_client()
    poll_id = create_poll(client)
    engine = app.extensions["engine"]
    with contextlib.ExitStack() as connections:
        for _ in range(3):
            connections.enter_context(contextlib.closing(engine.connect()))
        assert_unavailable(client, "GET", f"/api/polls/{poll_id}", None)
        assert_status_says_away(client)
    assert client.get(f"/api/polls/{poll_id}").status_code == 200


def test_connections_to_a_read_only_server_are_dropped(app: Flask) -> None:
    """After a failover the old primary still answers, as a standby."""
    client = app.test_client()
    poll_id = create_poll(client)
    engine = app.extensions["engine"]
    with engine.connect() as connection:
        connection.execute(text("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"))
        connection.commit()
    assert client.get(f"/api/polls/{poll_id}").status_code == 200
    assert_unavailable(client, "POST", "/api/polls", POLL)
    assert create_poll(client)


@contextlib.contextmanager
def in_child(response: Callable[[], int]) -> Iterator[Callable[[], int]]:
    """Fork, as Gunicorn does with a preloaded app.

    Yields a function that makes the child call `answer`, and returns the result.
    """
    question_read, question_write = os.pipe()
    reply_read, reply_write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(question_write)
            os.read(question_read, 1)
            os.write(reply_write, str(response()).encode())
        finally:
            os._exit(0)
    os.close(reply_write)
    os.close(question_read)
    try:
        with os.fdopen(reply_read) as pipe:

            def ask() -> int:
                os.write(question_write, b"?")
                return int(pipe.read())

            yield ask
    finally:
        os.close(question_write)  # a child without a question ends, too
        os.waitpid(child, 0)


def test_forked_process_opens_its_own_connections(app: Flask) -> None:
    client = app.test_client()
    poll_id = create_poll(client)

    def backend_pid() -> int:
        with app.app_context(), transaction() as connection:
            return int(connection.scalar(text("SELECT pg_backend_pid()")) or 0)

    parent = backend_pid()
    with in_child(backend_pid) as ask_child:
        assert ask_child() != parent
    assert backend_pid() == parent
    assert client.get(f"/api/polls/{poll_id}").status_code == 200


def test_forked_process_checks_the_database_itself(app: Flask, proxy: Proxy) -> None:
    """The parent's background thread that reconnects is not forked."""
    client = app.test_client()
    path = f"/api/polls/{create_poll(client)}"
    proxy.refuse()
    assert_unavailable(client, "GET", path, None)
    with in_child(lambda: client.get(path).status_code) as ask_child:
        proxy.heal()
        assert ask_child() == 200
    assert_recovers(client, path)


def test_exception_is_a_500_with_details_in_the_log_only(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    @app.get("/broken")
    def broken() -> str:
        with transaction() as connection:
            connection.execute(text("SELECT secret FROM nowhere"))
        return "never"

    response = app.test_client().get("/broken")
    assert response.status_code == 500
    assert response.json == {
        "type": "/problems/internal",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "The server encountered an error.",
    }
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.exc_info
