"""Rows of the table of faults: PgBouncer in transaction mode between, and what may become of it."""

import signal
import time
from collections.abc import Callable

import pytest

from local.postgres import Postgres, temporary
from tests.support.fault_scenarios import DRIVERS, Measured, row
from tests.support.pgbouncer import Bouncer
from tests.support.sql import Query
from tests.support.stack import Stack
from tests.tally.support.load import READ, VOTE
from tests.tally.support.outage_check import Watch

pytestmark = [
    pytest.mark.pgbouncer,
    pytest.mark.parametrize("driver", DRIVERS),
]

Launch = Callable[..., Stack]

WORKERS = {"WEB_CONCURRENCY": "2", "WEB_THREADS": "4"}


@row("Postgres behind PgBouncer stopped for {times} s", short=3, soak=60)
def test_postgres_is_stopped(
    launch: Launch, bouncer: Bouncer, driver: str, times: int, measured: Measured
) -> None:
    """It tries its own way to Postgres anew after server_login_retry, which is 15 s by default."""
    with temporary() as postgres:
        pooler = bouncer(postgres, server_login_retry="1")
        tally = start(launch, pooler.url(postgres.create_database("tally")), driver)
        with Watch(tally.url) as watch, watch.absence():
            postgres.stop()
            time.sleep(times)
            postgres.start()
        assert watch.load.failed(READ, VOTE), "nobody was turned away: the row shows nothing"
        measured(watch.check(lambda sql: postgres.execute(sql, "tally")))


@row("{times} x PgBouncer restarted, every second time by SIGTERM", short=1, soak=20)
def test_pgbouncer_restarts(
    launch: Launch,
    bouncer: Bouncer,
    postgres: Postgres,
    database: str,
    query: Query,
    driver: str,
    times: int,
    measured: Measured,
) -> None:
    pooler = bouncer(postgres)
    tally = start(launch, pooler.url(database), driver)
    with Watch(tally.url) as watch:
        for number in range(times):
            with watch.absence():
                pooler.stop(signal.SIGTERM if number % 2 else signal.SIGKILL)
                pooler.start()
    measured(watch.check(query))


@row("PgBouncer lets one client in (max_client_conn) for {times} s", short=2, soak=20)
def test_pgbouncer_has_no_room(
    launch: Launch,
    bouncer: Bouncer,
    postgres: Postgres,
    database: str,
    query: Query,
    driver: str,
    times: int,
    measured: Measured,
) -> None:
    pooler = bouncer(postgres)
    tally = start(launch, pooler.url(database), driver)
    with Watch(tally.url) as watch, watch.absence():
        pooler.stop()
        pooler.start(max_client_conn="1")
        time.sleep(times)
        pooler.stop()
        pooler.start()
    assert watch.load.failed(READ, VOTE), "nobody was turned away: the row shows nothing"
    measured(watch.check(query))


def start(launch: Launch, url: str, driver: str) -> Stack:
    tally = launch(DATABASE_URL=url, DATABASE_DRIVER=driver, **WORKERS)
    return tally.start().wait_until_ready()
