"""What the app decides without a database."""

import socket
import threading
import time
from collections.abc import Iterator

import psycopg2
import pytest
from flask import Flask, Response

from backend import create_app, patience, pg8000_connect, psycopg2_connect
from backend.keys import digest
from backend.voters import COOKIE, current_voter, hand_out_cookie

NOWHERE = {"DATABASE_URL": "postgres://u:s3cret@127.0.0.1:1/none"}


@pytest.fixture(params=["psycopg2", "pg8000"])
def app(request: pytest.FixtureRequest) -> Iterator[Flask]:
    app = create_app(NOWHERE | {"DATABASE_DRIVER": request.param})
    yield app
    app.extensions["engine"].dispose()


def cookie_given(app: Flask, scheme: str, **headers: str) -> str | None:
    with app.test_request_context(base_url=f"{scheme}://tally.example", headers=headers):
        current_voter("00000000")
        return hand_out_cookie(Response()).headers.get("Set-Cookie")


def test_the_cookie_stays_on_https_where_it_was_given_over_https(app: Flask) -> None:
    assert "; Secure" in (cookie_given(app, "https") or "")
    assert "; Secure" not in (cookie_given(app, "http") or "")


def test_who_has_a_cookie_gets_no_other(app: Flask) -> None:
    assert cookie_given(app, "https", Cookie=f"{COOKIE}={'a' * 32}") is None


def test_a_voter_is_another_one_in_every_poll(app: Flask) -> None:
    with app.test_request_context(headers={"Cookie": f"{COOKIE}={'a' * 32}"}):
        one, two = current_voter("00000001"), current_voter("00000002")
    assert one == digest("00000001", "a" * 32) != two


@pytest.mark.parametrize("poll_id", ["%00", "%ff%fe", "..%2f..", "a%0ab", "'--", "x" * 9])
def test_what_cannot_be_an_id_never_reaches_the_database(app: Flask, poll_id: str) -> None:
    client = app.test_client()
    for path in ("", "/results", "/ballot", "/timeline"):
        answer = client.get(f"/api/polls/{poll_id}{path}")
        assert (answer.status_code, answer.json["type"]) == (404, "/problems/not-found")
    assert client.get("/api/polls/00000000").status_code == 503


def test_without_a_key_the_database_is_not_asked(app: Flask) -> None:
    assert app.test_client().delete("/api/polls/00000000").status_code == 401


def test_a_database_that_is_away_leaves_no_password_in_the_log(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    assert app.test_client().get("/api/polls/00000000").status_code == 503
    assert "refused" in caplog.text
    assert "s3cret" not in caplog.text


def test_who_disposes_of_the_engine_wants_no_more_attempts_in_the_background(app: Flask) -> None:
    assert app.test_client().get("/api/polls/00000000").status_code == 503
    [probe] = [thread for thread in threading.enumerate() if thread.name == "database probe"]
    app.extensions["engine"].dispose()
    probe.join(10)
    assert not probe.is_alive()


@pytest.fixture
def silence() -> Iterator[int]:
    """The port of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("module", [psycopg2_connect, pg8000_connect], ids=["psycopg2", "pg8000"])
def test_connecting_takes_no_longer_than_patience(module: object, silence: int) -> None:
    begin = time.monotonic()
    with patience.at_most(0.2), pytest.raises(module.Error):  # type: ignore[attr-defined]
        module.connect(  # type: ignore[attr-defined]
            {"host": "127.0.0.1", "port": str(silence), "user": "u"}
        )
    assert time.monotonic() - begin < 10


def test_others_in_the_process_keep_libpq_s_own_timeout(app: Flask, silence: int) -> None:
    """psycopg2 knows one way to wait for all: it must not make a health check hang."""
    with patience.at_most(0.1), pytest.raises(psycopg2.Error):
        psycopg2_connect.connect({"host": "127.0.0.1", "port": str(silence), "user": "u"})
    begin = time.monotonic()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(host="127.0.0.1", port=silence, user="u", connect_timeout=2)
    assert time.monotonic() - begin < 30
