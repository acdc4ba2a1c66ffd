"""With the database gone, slow, frozen or read-only: 503 in time, and all well when it is back.

The app runs in this process; between it and Postgres stands a proxy that can be told to misbehave.
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
    """The environment of an app that reaches its migrated database through the proxy."""
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
    """An app with little patience, so that the tests need little, too."""
    app = create_app(
        settings | {"DATABASE_STATEMENT_TIMEOUT": "1", "DATABASE_CONNECT_TIMEOUT": "1"}
    )
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def create_poll(client: FlaskClient) -> str:
    answer = client.post("/api/polls", json=POLL)
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def requests_to(poll_id: str) -> list[tuple[str, str, Any]]:
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
    begin = time.monotonic()
    headers = {"Authorization": "Bearer any"}
    answer = client.open(path, method=method, json=body, headers=headers)
    spent = time.monotonic() - begin
    assert answer.status_code == 503, answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.json["type"] == "/problems/unavailable"
    assert "detail" not in answer.json
    assert int(answer.headers["Retry-After"]) >= 1
    assert "Set-Cookie" not in answer.headers
    assert spent < PROMISED_SECONDS, f"{method} {path} took {spent:.1f} s"


def assert_recovers(client: FlaskClient, path: str) -> None:
    begin = time.monotonic()
    while (status := client.get(path).status_code) != 200:
        assert status == 503
        assert time.monotonic() - begin < RECOVERY_SECONDS
        time.sleep(0.02)


def assert_status_says_away(client: FlaskClient) -> None:
    begin = time.monotonic()
    answer = client.get("/api/status")
    assert answer.status_code == 200
    assert answer.json["driver"]
    assert answer.json["database"] == {
        "available": False,
        "version": None,
        "latency_ms": None,
        "schema_revision": None,
    }
    assert time.monotonic() - begin < PROMISED_SECONDS


def test_a_database_that_refuses_is_unavailable_until_it_is_back(
    client: FlaskClient, proxy: Proxy
) -> None:
    poll_id = create_poll(client)
    proxy.refuse()
    for method, path, body in requests_to(poll_id):
        assert_unavailable(client, method, path, body)
    assert_status_says_away(client)
    proxy.heal()
    assert_recovers(client, f"/api/polls/{poll_id}")
    assert client.get("/api/status").json["database"]["available"] is True


def test_an_absence_is_logged_once_with_its_reason(
    client: FlaskClient, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    """The requests meanwhile are in the log of Nginx."""
    poll_id = create_poll(client)
    for _ in range(2):
        caplog.clear()
        proxy.refuse()
        for _ in range(9):
            assert client.get(f"/api/polls/{poll_id}").status_code == 503
        proxy.heal()
        assert_recovers(client, f"/api/polls/{poll_id}")
        away, *more, back = caplog.messages
        assert re.match("database away: .*Connection refused", away)
        assert re.fullmatch(r"database back after \d\.\d s", back)
        assert all(line.startswith("database unavailable: ") for line in more)
        assert len(more) == 1, "but for the request that noticed"


def test_a_frozen_database_is_unavailable_in_time(settings: dict[str, str], proxy: Proxy) -> None:
    """With the timeouts that hold by default."""
    app = create_app(settings)
    client = app.test_client()
    poll_id = create_poll(client)
    proxy.freeze()
    assert_unavailable(client, "GET", f"/api/polls/{poll_id}", None)  # a connection of the pool
    assert_unavailable(client, "GET", f"/api/polls/{poll_id}", None)  # a new one
    assert_status_says_away(client)
    proxy.heal()
    assert_recovers(client, f"/api/polls/{poll_id}")
    app.extensions["engine"].dispose()


def test_nothing_queues_behind_a_frozen_database(app: Flask, proxy: Proxy) -> None:
    """More requests than threads and connections: each is answered in time, not one by one."""
    poll_id = create_poll(app.test_client())
    proxy.freeze()

    def ask(_number: int) -> None:
        assert_unavailable(app.test_client(), "GET", f"/api/polls/{poll_id}", None)

    begin = time.monotonic()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(40)))
    assert time.monotonic() - begin < 6 * PROMISED_SECONDS  # one by one it would be 40


@pytest.mark.parametrize("refused", ["resolve", "database probe", "database attempt"])
def test_a_limit_on_threads_is_got_over(
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


def test_connections_that_broke_unnoticed_are_replaced(client: FlaskClient, proxy: Proxy) -> None:
    poll_id = create_poll(client)
    for _ in range(3):
        proxy.drop()
        assert client.get(f"/api/polls/{poll_id}").status_code == 200


def test_a_slow_statement_is_ended_by_the_server(app: Flask) -> None:
    """And its connection is as good as before."""

    @app.get("/slow")
    def slow() -> str:
        with transaction() as connection:
            connection.execute(text("SELECT pg_sleep(60)"))
        return "done"

    for _ in range(2):
        assert_unavailable(app.test_client(), "GET", "/slow", None)
    assert create_poll(app.test_client())


def test_the_statement_timeout_ends_with_the_transaction(app: Flask) -> None:
    """Behind a pooler the server's session is the next client's, who must not inherit it."""
    with app.app_context():
        engine = app.extensions["engine"]
        with transaction() as connection:
            assert connection.scalar(text("SHOW statement_timeout")) == "1s"
        raw = engine.raw_connection()
        with contextlib.closing(raw):
            cursor = raw.cursor()
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone()[0] == "0"


def test_a_lock_that_is_not_given_up_makes_a_vote_unavailable(app: Flask) -> None:
    client = app.test_client()
    poll_id = create_poll(client)
    with app.app_context(), transaction() as connection:
        connection.execute(text("SELECT 1 FROM polls WHERE id = :id FOR UPDATE"), {"id": poll_id})
        assert_unavailable(client, "PUT", f"/api/polls/{poll_id}/ballot", {"choices": [1]})
    assert client.put(f"/api/polls/{poll_id}/ballot", json={"choices": [1]}).status_code == 200


def test_an_exhausted_pool_is_unavailable(app: Flask) -> None:
    client = app.test_client()
    poll_id = create_poll(client)
    engine = app.extensions["engine"]
    with contextlib.ExitStack() as held:
        for _ in range(3):
            held.enter_context(contextlib.closing(engine.connect()))
        assert_unavailable(client, "GET", f"/api/polls/{poll_id}", None)
        assert_status_says_away(client)
    assert client.get(f"/api/polls/{poll_id}").status_code == 200


def test_a_read_only_server_is_left(app: Flask) -> None:
    """After a failover the old primary still answers, as a standby: its connections are dropped."""
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
def in_child(answer: Callable[[], int]) -> Iterator[Callable[[], int]]:
    """Fork, as Gunicorn does where the app was loaded before; gives what the child is to answer,
    which it thinks of only when it is asked.
    """
    asking, asked = os.pipe()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(asked)
            os.read(asking, 1)
            os.write(writing, str(answer()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.close(asking)
    try:
        with os.fdopen(reading) as pipe:

            def ask() -> int:
                os.write(asked, b"?")
                return int(pipe.read())

            yield ask
    finally:
        os.close(asked)  # a child that was not asked ends, too
        os.waitpid(child, 0)


def test_a_child_process_gets_connections_of_its_own(app: Flask) -> None:
    client = app.test_client()
    poll_id = create_poll(client)

    def backend_pid() -> int:
        with app.app_context(), transaction() as connection:
            return int(connection.scalar(text("SELECT pg_backend_pid()")) or 0)

    parent = backend_pid()
    with in_child(backend_pid) as of_child:
        assert of_child() != parent
    assert backend_pid() == parent
    assert client.get(f"/api/polls/{poll_id}").status_code == 200


def test_a_child_process_finds_out_by_itself_whether_the_database_is_away(
    app: Flask, proxy: Proxy
) -> None:
    """The attempts in the background are a thread of the parent's, which is not forked."""
    client = app.test_client()
    path = f"/api/polls/{create_poll(client)}"
    proxy.refuse()
    assert_unavailable(client, "GET", path, None)
    with in_child(lambda: client.get(path).status_code) as of_child:
        proxy.heal()
        assert of_child() == 200
    assert_recovers(client, path)


def test_a_mistake_of_ours_is_told_to_the_log_only(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    @app.get("/broken")
    def broken() -> str:
        with transaction() as connection:
            connection.execute(text("SELECT secret FROM nowhere"))
        return "never"

    answer = app.test_client().get("/broken")
    assert answer.status_code == 500
    assert answer.json == {
        "type": "/problems/internal",
        "title": "Something went wrong here",
        "status": 500,
    }
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.exc_info
