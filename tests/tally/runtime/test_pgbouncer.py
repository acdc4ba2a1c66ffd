"""PgBouncer in front of Postgres: session state is visible to other clients, and an open
transaction occupies a server connection. (The whole API is tested through it too: see `stack`.)
"""

import re
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from backend import create_app
from backend.database import engine_for_migrations, transaction
from backend.models import metadata
from backend.settings import load
from local.postgres import Postgres, temporary
from tests.support.finished_command import RunDemijohn
from tests.support.front_door import MIRROR
from tests.support.pgbouncer import POOL_SIZE, Bouncer, PgBouncer
from tests.support.sql import Query
from tests.support.stack import TIMEOUT_SECONDS, Release, Stack, wait_for_exit
from tests.tally.support.load import Load
from tests.tally.support.revisions import REVISIONS

pytestmark = pytest.mark.pgbouncer

Launch = Callable[..., Stack]

DRIVERS = ["psycopg2", "pg8000"]
POLL = {"question": "Still there?", "options": ["yes", "no"]}
PROMISED_SECONDS = 5.0

# All state of a session, except the parameters that PgBouncer itself sets for each client
# (https://www.pgbouncer.org/config.html#ignore_startup_parameters).
TRACES = """
    SELECT pg_backend_pid(), ARRAY(
        SELECT 'setting ' || name || ' = ' || setting FROM pg_settings
            WHERE source = 'session' AND name NOT IN ('application_name', 'client_encoding',
                'DateStyle', 'standard_conforming_strings', 'TimeZone')
        UNION SELECT 'lock ' || objid FROM pg_locks
            WHERE locktype = 'advisory' AND pid = pg_backend_pid()
        UNION SELECT 'statement ' || name FROM pg_prepared_statements
        UNION SELECT 'cursor ' || name FROM pg_cursors WHERE is_holdable
        UNION SELECT 'table ' || relname FROM pg_class WHERE relnamespace = pg_my_temp_schema()
    )
"""


@pytest.fixture
def pooled_url(pgbouncer: PgBouncer, database: str) -> str:
    """The URL of a new, empty database through the pooler."""
    return pgbouncer.url(database)


@pytest.fixture(params=DRIVERS)
def app(request: pytest.FixtureRequest, pooled_url: str) -> Iterator[Flask]:
    """Tally in this process, with a migrated database and a larger pool than the pooler's."""
    environ = {
        "DATABASE_URL": pooled_url,
        "DATABASE_DRIVER": request.param,
        "DATABASE_POOL_SIZE": str(2 * POOL_SIZE),
        "DATABASE_STATEMENT_TIMEOUT": "1",
    }
    metadata.create_all(engine_for_migrations(load(environ)))
    app = create_app(environ)
    yield app
    app.extensions["engine"].dispose()


@contextmanager
def sessions(url: str) -> Iterator[list[Any]]:
    """A cursor in each of the pooler's server connections, with an open transaction."""
    with ExitStack() as stack:
        cursors = []
        for _ in range(POOL_SIZE):
            connection = stack.enter_context(closing(psycopg2.connect(url)))
            cursors.append(connection.cursor())
            cursors[-1].execute("BEGIN")
            stack.callback(connection.rollback)
        yield cursors


def traces(url: str) -> list[str]:
    """The session state in all of the pooler's server connections."""
    found: dict[int, list[str]] = {}
    with sessions(url) as cursors:
        for cursor in cursors:
            cursor.execute(TRACES)
            found |= dict(cursor.fetchall())
    assert len(found) == POOL_SIZE
    return sorted(trace for session in found.values() for trace in session)


def wait_until(holds: Callable[[], bool], seconds: float = TIMEOUT_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# The checks of these tests


def test_consecutive_transactions_get_different_sessions(pooled_url: str) -> None:
    with sessions(pooled_url):
        pass  # so that all server connections are open
    with closing(psycopg2.connect(pooled_url)) as connection, connection.cursor() as cursor:
        found = []
        for _ in range(2 * POOL_SIZE):
            cursor.execute("SELECT pg_backend_pid()")
            found.append(cursor.fetchone()[0])
            connection.rollback()
    assert len(set(found)) == POOL_SIZE
    assert all(one != next_ for one, next_ in pairwise(found))


def test_state_kept_in_a_session_is_found(pooled_url: str) -> None:
    statements = [
        "SET statement_timeout = 9000",
        "SELECT pg_advisory_lock(1)",
        "PREPARE p AS SELECT 1",
    ]
    with sessions(pooled_url) as cursors:
        for cursor, statement in zip(cursors, statements, strict=True):
            cursor.execute(statement)
            cursor.connection.commit()
    assert traces(pooled_url) == ["lock 1", "setting statement_timeout = 9000", "statement p"]


# The app


def test_app_leaves_no_state_in_a_session(app: Flask, pooled_url: str) -> None:
    def use(number: int) -> None:
        client = app.test_client()
        poll = send_until_accepted(client, "POST", "/api/polls", 201, POLL).json
        path, key = f"/api/polls/{poll['id']}", f"Bearer {poll['manage_key']}"
        for choice, status in ((1, 200), (2, 200), (3, 422)):
            send_until_accepted(client, "PUT", f"{path}/ballot", status, {"choices": [choice]})
        assert send_until_accepted(client, "GET", f"{path}/results", 200).json["ballots"] == 1
        send_until_accepted(client, "GET", f"{path}/timeline", 200)
        send_until_accepted(client, "GET", f"{path}/ballots.csv", 200, key=key)
        send_until_accepted(client, "PATCH", path, 200, {"closed": True}, key=key)
        if number % 2:
            send_until_accepted(client, "DELETE", path, 204, key=key)

    with ThreadPoolExecutor(3 * POOL_SIZE) as threads:
        list(threads.map(use, range(8 * POOL_SIZE)))
    assert traces(pooled_url) == []


def send_until_accepted(
    client: FlaskClient, method: str, path: str, status: int, body: Any = None, key: str = ""
) -> TestResponse:
    """The response to a request, which is repeated while it is a 503."""
    headers = {"Authorization": key} if key else {}
    while True:
        response = client.open(path, method=method, json=body, headers=headers)
        if response.status_code != 503:
            assert response.status_code == status, response.text
            return response


def test_statement_timeout_ends_only_the_slow_statement(app: Flask, pooled_url: str) -> None:
    @app.get("/slow")
    def slow() -> str:
        with transaction() as connection:
            connection.execute(text("SELECT pg_sleep(60)"))
        return "done"

    assert app.test_client().get("/slow").status_code == 503
    assert traces(pooled_url) == []


# Releases


def test_ten_releases_at_once_migrate_once(release: Release, pooled_url: str) -> None:
    results = [
        wait_for_exit(process) for process in [release(DATABASE_URL=pooled_url) for _ in range(10)]
    ]
    assert [status for status, _, _ in results] == [0] * 10, results
    assert sum("upgrade head took" in out for _, out, _ in results) == 1
    assert sum(err.count("Running upgrade") for _, _, err in results) == len(REVISIONS)
    assert traces(pooled_url) == []


def test_waiting_releases_leave_sessions_to_the_running_one(
    release: Release, pooled_url: str, tmp_path: Path
) -> None:
    """There are more of them than server connections, before the release opens its own."""
    gate, reached = tmp_path / "gate", tmp_path / "reached"
    script = tmp_path / "release.sh"
    script.write_text(
        f"touch {reached}; until [ -e {gate} ]; do sleep 0.05; done\n"
        "exec alembic -c backend/alembic.ini upgrade head\n"
    )
    settings = {
        "DATABASE_URL": pooled_url,
        "MIGRATION_COMMAND": f"sh {script}",
        "ALEMBIC_VERSIONS": "backend/migrations/versions",
    }
    first = release(**settings)
    wait_until(reached.exists)
    others = [release(**settings) for _ in range(POOL_SIZE + 2)]
    for process in others:
        assert any("waiting for it" in line for line in process.stdout or [])
    gate.touch()
    started_at = time.monotonic()
    status, out, err = wait_for_exit(first)
    assert (status, err.count("Running upgrade")) == (0, len(REVISIONS)), err
    assert "upgrade head took" not in out and "took" in out
    results = [wait_for_exit(process) for process in others]
    assert [(status, err) for status, _, err in results] == [(0, "")] * len(others)
    assert time.monotonic() - started_at < 10


def test_instances_started_together_migrate_once(launch: Launch, pooled_url: str) -> None:
    settings = {"DATABASE_URL": pooled_url, "WEB_CONCURRENCY": "1"}
    drivers = (*DRIVERS, "psycopg2")
    started = [launch(**settings, DATABASE_DRIVER=driver).start() for driver in drivers]
    for instance in started:
        instance.wait_until_ready()
    assert sum(instance.log.count("Running upgrade") for instance in started) == len(REVISIONS)
    assert traces(pooled_url) == []


# The boot


def test_boot_detects_the_pooler_and_does_not_warn(launch: Launch, pooled_url: str) -> None:
    """The pooler's limit of clients counts, so the boot does not warn about the server's."""
    running = launch(
        **MIRROR, DATABASE_URL=pooled_url + "?pgbouncer=true", DATABASE_POOL_SIZE="100"
    )
    running.start().wait_until_ready()
    assert re.search("^database .*no TLS, through a pooler, at ", running.log, re.MULTILINE)
    assert "ignoring parameters of DATABASE_URL unknown to libpq: pgbouncer" in running.log
    assert "warning" not in running.log


def test_doctor_counts_connections_of_the_pooler(
    run_demijohn: RunDemijohn, pooled_url: str
) -> None:
    wait_for_exit = run_demijohn(
        "doctor", DATABASE_URL=pooled_url, DATABASE_POOL_SIZE="100", WEB_CONCURRENCY="4"
    )
    assert re.search(r"version +\d+", wait_for_exit.out)
    assert re.search("this instance takes +up to 400 of the pooler's", wait_for_exit.out)
    assert (wait_for_exit.status, wait_for_exit.err) == (0, ""), wait_for_exit.out


def test_parameter_that_the_pooler_refuses_fails_at_once(
    run_demijohn: RunDemijohn, pooled_url: str
) -> None:
    wait_for_exit = run_demijohn(
        DATABASE_URL=pooled_url + "?options=-c%20jit%3Doff", DATABASE_WAIT="600"
    )
    assert wait_for_exit.status == 69
    assert "unsupported startup parameter: options). Remove it" in wait_for_exit.message()


def test_boot_waits_for_a_full_pooler(
    launch: Launch, bouncer: Bouncer, postgres: Postgres, database: str
) -> None:
    full_pooler = bouncer(postgres, max_client_conn="4")
    url = full_pooler.url(database)
    with ExitStack() as connections:
        for _ in range(4):
            connections.enter_context(closing(psycopg2.connect(url)))
        running = launch(**MIRROR, DATABASE_URL=url).start()
        running.wait_for(lambda: "Trying for" in running.log, "message about the wait")
        time.sleep(1)
        (line,) = [line for line in running.log.splitlines() if line.startswith("database")]
        assert "has no free connection" in line and "max_client_conn" in line
    running.wait_until_ready()


@pytest.mark.parametrize("seen_before", [False, True], ids=["never seen", "seen before"])
def test_boot_waits_for_a_database_behind_the_pooler(
    launch: Launch, bouncer: Bouncer, seen_before: bool
) -> None:
    """The pooler accepts clients without the database once it has connected to it."""
    with temporary() as postgres:
        pooler = bouncer(postgres, server_login_retry="1")
        url = pooler.url(postgres.url())
        if seen_before:
            psycopg2.connect(url).close()
        postgres.stop()
        running = launch(**MIRROR, DATABASE_URL=url).start()
        running.wait_for(
            lambda: "cannot connect to the database: " in running.log, "message about the wait"
        )
        postgres.start()
        running.wait_until_ready()
    attempts = [
        line for line in running.log.splitlines() if "cannot connect to the database: " in line
    ]
    assert len(attempts) < 5
    assert "Traceback" not in running.log


def test_signal_ends_the_wait_for_a_login_through_the_pooler(
    launch: Launch, bouncer: Bouncer
) -> None:
    with temporary() as postgres:
        pooler = bouncer(postgres)
        url = pooler.url(postgres.url())
        psycopg2.connect(url).close()
        postgres.stop()
        settings = {"DATABASE_CONNECT_TIMEOUT": "60", "DRAIN_SECONDS": "600"}
        running = launch(**MIRROR, **settings, DATABASE_URL=url).start()
        running.wait_for(lambda: "login attempt" in pooler.log.read_text()[-600:], "login")
        time.sleep(0.5)
        running.signal(signal.SIGTERM)
        started_at = time.monotonic()
        assert running.wait() == 0
        assert time.monotonic() - started_at < 5
        assert running.log.splitlines()[-1] == "demijohn: stopped by SIGTERM"


# Session mode


def test_session_mode_works(
    launch: Launch, bouncer: Bouncer, postgres: Postgres, database: str, query: Query
) -> None:
    """Each client keeps a server connection, so the pooler needs as many as clients."""
    pooler = bouncer(postgres, pool_mode="session", default_pool_size="20")
    running = launch(DATABASE_URL=pooler.url(database)).start().wait_until_ready()
    with Load(running.url) as load:
        load.wait_for_successes(200)
    assert load.failed() == []
    load.check(query)
