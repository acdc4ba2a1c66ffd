"""Rows of the table of faults: a database that restarts, stops, hangs, fails over, has no room."""

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
from tests.tally.support.outage_check import Watch

WORKERS, THREADS = 2, 4
MOST_CONNECTIONS = WORKERS * (THREADS + 1)  # a pool each, and one for the probe


@dataclass
class Site:
    """Tally, and the way to its database, which leads through a proxy."""

    tally: Stack
    postgres: Postgres
    proxy: Proxy

    def connections(self, postgres: Postgres | None = None) -> dict[str, int]:
        """How many of the app's connections the server has, by their state."""
        rows = (postgres or self.postgres).execute(
            "SELECT state, count(*) FROM pg_stat_activity WHERE usename = 'tally' GROUP BY state"
        )
        return {state: int(count) for state, count in (r.split("|") for r in rows.splitlines())}


@pytest.fixture(params=DRIVERS)
def site(request: pytest.FixtureRequest, launch: Callable[..., Stack]) -> Iterator[Site]:
    """A server of its own, in which the app is an ordinary user, of whom 17 find room; what asks
    and is turned away takes one of the other places for a moment.
    """
    places = {"max_connections": "40", "superuser_reserved_connections": "23"}
    with temporary(**PRIMARY, **places) as postgres:
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
def watching(site: Site) -> Iterator[Watch]:
    processes = site.tally.children()
    with Watch(site.tally.url) as watch:
        yield watch
    assert site.tally.children() == processes, "something was restarted for it"


def checked(watch: Watch, site: Site, primary: Postgres | None = None) -> str:
    """What `watch` says, and no connection is left over."""
    postgres = primary or site.postgres
    told = watch.check(lambda sql: postgres.execute(sql, "tally"))
    states = site.connections(postgres)
    assert "idle in transaction" not in states
    assert sum(states.values()) <= MOST_CONNECTIONS, states
    return told


@row("{times} x Postgres restarted", short=1, soak=5)
def test_a_restart_of_postgres(site: Site, times: int, measured: Measured) -> None:
    with watching(site) as watch:
        for _ in range(times):
            with watch.absence():
                site.postgres.stop()
                site.postgres.start()
    measured(checked(watch, site))


@row("Postgres stopped for {times} s", short=5, soak=60)
def test_postgres_is_stopped(site: Site, times: int, measured: Measured) -> None:
    with watching(site) as watch, watch.absence():
        site.postgres.stop()
        time.sleep(times)
        site.postgres.start()
    measured(checked(watch, site))


@row("the connection to Postgres hangs for {times} s", short=8, soak=60)
def test_the_connection_hangs(site: Site, times: int, measured: Measured) -> None:
    with watching(site) as watch, watch.absence():
        site.proxy.freeze()
        time.sleep(times)
        site.proxy.heal()
    measured(checked(watch, site))


@row("failover: the old primary stays for {times} s, read-only", short=2, soak=20)
def test_a_failover_to_the_standby(site: Site, times: int, measured: Measured) -> None:
    with standby_of(site.postgres) as standby:
        with watching(site) as watch, watch.absence():
            _set(site.postgres, "default_transaction_read_only = on")
            time.sleep(times)
            promote(standby, site.postgres)
            site.proxy.redirect(standby.port)  # connections to the old one stay
        assert watch.load.failed(VOTE), "nobody was turned away: the row shows nothing"
        measured(checked(watch, site, standby))


@row("too many connections for {times} s", short=3, soak=20)
def test_too_many_connections(site: Site, times: int, measured: Measured) -> None:
    site.postgres.execute("CREATE ROLE crowd LOGIN PASSWORD 'crowd'")
    with watching(site) as watch, watch.absence(), contextlib.ExitStack() as crowd:
        _take_every_place(site, crowd)
        time.sleep(times)
    assert watch.load.failed(READ), "nobody was turned away: the row shows nothing"
    measured(checked(watch, site))


@row("{times} x Postgres ends all idle connections", short=10, soak=50)
def test_idle_connections_end(site: Site, times: int, measured: Measured) -> None:
    ended = 0
    with watching(site) as watch, watch.absence():
        for _ in range(times):
            ended += site.postgres.execute(END_IDLE).count("t")
            watch.load.more(20)
    measured(f"{ended} connections ended; {checked(watch, site)}")


END_IDLE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE usename = 'tally' AND state = 'idle'"
)


def _set(postgres: Postgres, setting: str) -> None:
    postgres.execute(f"ALTER SYSTEM SET {setting}")
    postgres.execute("SELECT pg_reload_conf()")


def _take_every_place(site: Site, crowd: contextlib.ExitStack) -> None:
    """Until the server has none left for the app, whose connections are ended."""
    address = f"postgresql://crowd:crowd@127.0.0.1:{site.postgres.port}/tally"
    deadline = time.monotonic() + 30
    while site.connections():
        assert time.monotonic() < deadline
        site.postgres.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'tally'"
        )
        with contextlib.suppress(psycopg2.OperationalError):
            while True:
                crowd.enter_context(contextlib.closing(psycopg2.connect(address)))
