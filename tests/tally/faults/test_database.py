"""Rows of the table of faults: a database that restarts, stops, hangs, fails over or is full."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg2
import pytest

from local.postgres import Postgres, temporary
from tests.support.fault_scenarios import DRIVERS, Measured, row
from tests.support.proxy import Proxy
from tests.support.stack import Stack
from tests.support.standby import PRIMARY, promote, standby_of
from tests.tally.support.load import READ, VOTE
from tests.tally.support.outage_check import OutageCheck

WORKERS, THREADS = 2, 4
MOST_CONNECTIONS = WORKERS * (THREADS + 1)  # one pool per worker, and one for the probe


@dataclass
class Site:
    """Tally, and its database behind a proxy."""

    tally: Stack
    postgres: Postgres
    proxy: Proxy

    def connections(self, postgres: Postgres | None = None) -> dict[str, int]:
        """The number of the app's connections by state, from the server."""
        rows = (postgres or self.postgres).execute(
            "SELECT state, count(*) FROM pg_stat_activity WHERE usename = 'tally' GROUP BY state"
        )
        return {state: int(count) for state, count in (r.split("|") for r in rows.splitlines())}


@pytest.fixture(params=DRIVERS)
def site(request: pytest.FixtureRequest, launch: Callable[..., Stack]) -> Iterator[Site]:
    """Tally with its own server, where ordinary users such as the app get 17 connections; a refused
    connection attempt uses one of the reserved ones for a moment.
    """
    settings = {"max_connections": "40", "superuser_reserved_connections": "23"}
    with temporary(**PRIMARY, **settings) as postgres:
        postgres.execute("CREATE ROLE tally LOGIN PASSWORD 'tally-secret'")
        postgres.execute("CREATE DATABASE tally OWNER tally")
        proxy = Proxy(postgres.port)
        tally = launch(
            DATABASE_URL=f"postgres://tally:tally-secret@127.0.0.1:{proxy.port}/tally",
            DATABASE_DRIVER=request.param,
            WEB_CONCURRENCY=str(WORKERS),
            WEB_THREADS=str(THREADS),
        )
        yield Site(tally.start().wait_until_ready(), postgres, proxy)
        tally.stop()
        proxy.heal()
        proxy.drop()


@contextlib.contextmanager
def outage_check(site: Site) -> Iterator[OutageCheck]:
    processes = site.tally.children()
    with OutageCheck(site.tally.url) as check:
        yield check
    assert site.tally.children() == processes, "a process was restarted"


def check_site(check: OutageCheck, site: Site, primary: Postgres | None = None) -> str:
    """The summary of a check; the app must have no more connections than its pools."""
    postgres = primary or site.postgres
    summary = check.check(lambda sql: postgres.execute(sql, "tally"))
    states = site.connections(postgres)
    assert "idle in transaction" not in states
    assert sum(states.values()) <= MOST_CONNECTIONS, states
    return summary


@row("{times} x Postgres restarted", short=1, soak=5)
def test_postgres_restart_gives_503_only_during_the_outage(
    site: Site, times: int, measured: Measured
) -> None:
    with outage_check(site) as check:
        for _ in range(times):
            with check.outage():
                site.postgres.stop()
                site.postgres.start()
    measured(check_site(check, site))


@row("Postgres stopped for {times} s", short=5, soak=60)
def test_stopped_postgres_gives_503_only_during_the_outage(
    site: Site, times: int, measured: Measured
) -> None:
    with outage_check(site) as check, check.outage():
        site.postgres.stop()
        time.sleep(times)
        site.postgres.start()
    measured(check_site(check, site))


@row("the connection to Postgres hangs for {times} s", short=8, soak=60)
def test_hanging_connection_gives_503_only_during_the_outage(
    site: Site, times: int, measured: Measured
) -> None:
    with outage_check(site) as check, check.outage():
        site.proxy.freeze()
        time.sleep(times)
        site.proxy.heal()
    measured(check_site(check, site))


@row("failover: the old primary stays for {times} s, read-only", short=2, soak=20)
def test_failover_gives_503_only_until_the_promotion(
    site: Site, times: int, measured: Measured
) -> None:
    with standby_of(site.postgres) as standby:
        with outage_check(site) as check, check.outage():
            _set(site.postgres, "default_transaction_read_only = on")
            time.sleep(times)
            promote(standby, site.postgres)
            site.proxy.redirect(standby.port)  # connections to the old primary stay open
        assert check.load.failed(VOTE), "no request failed: the row shows nothing"
        measured(check_site(check, site, standby))


@row("too many connections for {times} s", short=3, soak=20)
def test_exhausted_connections_give_503_only_during_the_outage(
    site: Site, times: int, measured: Measured
) -> None:
    site.postgres.execute("CREATE ROLE crowd LOGIN PASSWORD 'crowd'")
    with outage_check(site) as check, check.outage(), contextlib.ExitStack() as connections:
        _use_all_connections(site, connections)
        time.sleep(times)
    assert check.load.failed(READ), "no request failed: the row shows nothing"
    measured(check_site(check, site))


@row("{times} x Postgres ends all idle connections", short=10, soak=50)
def test_terminated_idle_connections_are_replaced(
    site: Site, times: int, measured: Measured
) -> None:
    ended = 0
    with outage_check(site) as check, check.outage():
        for _ in range(times):
            ended += site.postgres.execute(END_IDLE).count("t")
            check.load.wait_for_successes(20)
    measured(f"{ended} connections ended; {check_site(check, site)}")


END_IDLE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE usename = 'tally' AND state = 'idle'"
)


def _set(postgres: Postgres, setting: str) -> None:
    postgres.execute(f"ALTER SYSTEM SET {setting}")
    postgres.execute("SELECT pg_reload_conf()")


def _use_all_connections(site: Site, connections: contextlib.ExitStack) -> None:
    """Use connections until the server has none left for the app, and end those of the app."""
    address = f"postgresql://crowd:crowd@127.0.0.1:{site.postgres.port}/tally"
    deadline = time.monotonic() + 30
    while site.connections():
        assert time.monotonic() < deadline
        site.postgres.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'tally'"
        )
        with contextlib.suppress(psycopg2.OperationalError):
            while True:
                connections.enter_context(contextlib.closing(psycopg2.connect(address)))
