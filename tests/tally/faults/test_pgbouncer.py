"""Rows of the table of faults: PgBouncer in transaction mode, and its failures."""

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
from tests.tally.support.outage_check import OutageCheck

pytestmark = [
    pytest.mark.pgbouncer,
    pytest.mark.parametrize("driver", DRIVERS),
]

Launch = Callable[..., Stack]

WORKERS = {"WEB_CONCURRENCY": "2", "WEB_THREADS": "4"}


@row("Postgres behind PgBouncer stopped for {times} s", short=3, soak=60)
def test_stopped_postgres_gives_503_only_during_the_outage(
    launch: Launch, bouncer: Bouncer, driver: str, times: int, measured: Measured
) -> None:
    """PgBouncer reconnects after server_login_retry, by default 15 s."""
    with temporary() as postgres:
        pooler = bouncer(postgres, server_login_retry="1")
        tally = start_tally(launch, pooler.url(postgres.create_database("tally")), driver)
        with OutageCheck(tally.url) as check, check.outage():
            postgres.stop()
            time.sleep(times)
            postgres.start()
        assert check.load.failed(READ, VOTE), "no request failed: the row shows nothing"
        measured(check.check(lambda sql: postgres.execute(sql, "tally")))


@row("{times} x PgBouncer restarted, every second time by SIGTERM", short=1, soak=20)
def test_pgbouncer_restart_gives_503_only_during_the_outage(
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
    tally = start_tally(launch, pooler.url(database), driver)
    with OutageCheck(tally.url) as check:
        for number in range(times):
            with check.outage():
                pooler.stop(signal.SIGTERM if number % 2 else signal.SIGKILL)
                pooler.start()
    measured(check.check(query))


@row("PgBouncer lets one client in (max_client_conn) for {times} s", short=2, soak=20)
def test_full_pgbouncer_gives_503_only_during_the_outage(
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
    tally = start_tally(launch, pooler.url(database), driver)
    with OutageCheck(tally.url) as check, check.outage():
        pooler.stop()
        pooler.start(max_client_conn="1")
        time.sleep(times)
        pooler.stop()
        pooler.start()
    assert check.load.failed(READ, VOTE), "no request failed: the row shows nothing"
    measured(check.check(query))


def start_tally(launch: Launch, url: str, driver: str) -> Stack:
    tally = launch(DATABASE_URL=url, DATABASE_DRIVER=driver, **WORKERS)
    return tally.start().wait_until_ready()
