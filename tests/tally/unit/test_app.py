"""What the app does without a database."""

import socket
import threading
import time
from collections.abc import Iterator

import psycopg2
import pytest
from flask import Flask, Response

from backend import create_app, deadline, pg8000_connect, psycopg2_connect
from backend.secret_keys import digest
from backend.voter_cookie import COOKIE, current_voter, set_voter_cookie

NOWHERE = {"DATABASE_URL": "postgres://u:s3cret@127.0.0.1:1/none"}


@pytest.fixture(params=["psycopg2", "pg8000"])
def app(request: pytest.FixtureRequest) -> Iterator[Flask]:
    app = create_app(NOWHERE | {"DATABASE_DRIVER": request.param})
    yield app
    app.extensions["engine"].dispose()


def set_cookie_header(app: Flask, scheme: str, **headers: str) -> str | None:
    with app.test_request_context(base_url=f"{scheme}://tally.example", headers=headers):
        current_voter("00000000")
        return set_voter_cookie(Response()).headers.get("Set-Cookie")


def test_voter_cookie_is_secure_over_https(app: Flask) -> None:
    assert "; Secure" in (set_cookie_header(app, "https") or "")
    assert "; Secure" not in (set_cookie_header(app, "http") or "")


def test_existing_voter_cookie_is_kept(app: Flask) -> None:
    assert set_cookie_header(app, "https", Cookie=f"{COOKIE}={'a' * 32}") is None


def test_voter_id_differs_per_poll(app: Flask) -> None:
    with app.test_request_context(headers={"Cookie": f"{COOKIE}={'a' * 32}"}):
        one, two = current_voter("00000001"), current_voter("00000002")
    assert one == digest("00000001", "a" * 32) != two


@pytest.mark.parametrize("poll_id", ["%00", "%ff%fe", "..%2f..", "a%0ab", "'--", "x" * 9])
def test_malformed_poll_id_is_404_without_the_database(app: Flask, poll_id: str) -> None:
    client = app.test_client()
    for path in ("", "/results", "/ballot", "/timeline"):
        response = client.get(f"/api/polls/{poll_id}{path}")
        assert (response.status_code, response.json["type"]) == (404, "/problems/not-found")
    assert client.get("/api/polls/00000000").status_code == 503


def test_request_without_a_key_is_401_while_the_database_is_away(app: Flask) -> None:
    assert app.test_client().delete("/api/polls/00000000").status_code == 401


def test_database_outage_log_has_no_password(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    assert app.test_client().get("/api/polls/00000000").status_code == 503
    assert "refused" in caplog.text
    assert "s3cret" not in caplog.text


def test_disposing_of_the_engine_stops_the_background_probe(app: Flask) -> None:
    assert app.test_client().get("/api/polls/00000000").status_code == 503
    [probe] = [thread for thread in threading.enumerate() if thread.name == "database probe"]
    app.extensions["engine"].dispose()
    probe.join(10)
    assert not probe.is_alive()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """The port of a server that accepts connections and sends nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("module", [psycopg2_connect, pg8000_connect], ids=["psycopg2", "pg8000"])
def test_connecting_ends_at_the_deadline(module: object, silent_port: int) -> None:
    started_at = time.monotonic()
    with deadline.within(0.2), pytest.raises(module.Error):  # type: ignore[attr-defined]
        module.connect(  # type: ignore[attr-defined]
            {"host": "127.0.0.1", "port": str(silent_port), "user": "u"}
        )
    assert time.monotonic() - started_at < 10


def test_other_connections_of_the_process_keep_their_timeout(app: Flask, silent_port: int) -> None:
    """psycopg2's wait callback is process-wide: a health check must not hang because of it."""
    with deadline.within(0.1), pytest.raises(psycopg2.Error):
        psycopg2_connect.connect({"host": "127.0.0.1", "port": str(silent_port), "user": "u"})
    started_at = time.monotonic()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(host="127.0.0.1", port=silent_port, user="u", connect_timeout=2)
    assert time.monotonic() - started_at < 30
