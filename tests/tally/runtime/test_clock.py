"""The machine sleeps, or its clock is corrected: pooled connections are dead, and time has jumped.

Nginx keeps the real time here: PyPI's is linked statically, so libfaketime cannot fake its clock.
tests/tally/container/test_clock.py tests cached responses with the image's Nginx.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from local.postgres import Postgres
from tests.support.fault_scenarios import Measured, row
from tests.support.proxy import Proxy
from tests.support.stack import Stack
from tests.support.wall_clock import Clock

pytestmark = pytest.mark.libfaketime

HOUR = 3600
WORKERS = {"WEB_CONCURRENCY": "2", "WEB_THREADS": "4"}
POLL = {"question": "Still there?", "options": ["yes", "no"]}


@dataclass
class SleepingStack:
    """Tally with a faked clock, and a proxy between it and its database."""

    tally: Stack
    clock: Clock
    proxy: Proxy
    sql: Callable[[str], str]
    poll: str = ""

    def send(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        data = json.dumps(body).encode() if body else None
        status, _, body_received = self.tally.request(
            method, path, data, {"Content-Type": "application/json"}
        )
        return status, body_received

    def create(self, **members: object) -> tuple[int, bytes]:
        return self.send("POST", "/api/polls", POLL | members)

    def get_poll(self) -> int:
        return self.send("GET", f"{self.poll}?{uuid.uuid4()}")[0]

    def vote(self) -> int:
        return self.send("PUT", f"{self.poll}/ballot", {"choices": [1]})[0]

    def probe(self) -> int:
        return self.send("GET", "/healthz/database")[0]

    def sessions(self) -> set[str]:
        """The pids of the server's processes for the app's connections."""
        return set(self.sql(f"SELECT pid {APP_SESSIONS}").splitlines())

    def processes(self) -> dict[int, str]:
        """The programs and Gunicorn's workers: pid and command line."""
        return self.tally.children() | self.tally.children(self.tally.child("gunicorn"))

    def fill_pools(self) -> None:
        """Use several connections at once, so that the pools keep them, until all is well.

        A 503 means that the app found its database away; it would still be when it wakes up.
        """
        statuses = {0}
        with ThreadPoolExecutor(12) as threads:
            while len(self.sessions()) < 6 or statuses != {200}:
                statuses = set(threads.map(lambda _: self.get_poll(), range(24)))

    @contextmanager
    def sleep(self) -> Iterator[None]:
        """Suspend all processes during the block."""
        main = psutil.Process(self.tally.pid)
        processes = [main, *main.children(recursive=True)]
        for process in processes:
            process.suspend()
        yield
        for process in processes:
            process.resume()


APP_SESSIONS = "FROM pg_stat_activity WHERE datname = current_database() AND application_name = ''"


@pytest.fixture(params=["psycopg2", "pg8000"])
def sleeping(
    request: pytest.FixtureRequest,
    launch: Callable[..., Stack],
    postgres: Postgres,
    database: str,
    tmp_path: Path,
) -> Iterator[SleepingStack]:
    clock = Clock(tmp_path)
    address = urlsplit(database)
    proxy = Proxy(address.port or 0)
    tally = launch(
        **clock.settings,
        **WORKERS,
        DATABASE_URL=database.replace(f":{address.port}/", f":{proxy.port}/"),
        DATABASE_DRIVER=request.param,
    )
    stack = SleepingStack(tally, clock, proxy, lambda sql: postgres.execute(sql, address.path[1:]))
    tally.start().wait_until_ready()
    stack.poll = f"/api/polls/{json.loads(stack.create()[1])['id']}"
    yield stack
    tally.stop()
    proxy.drop()


def terminate_connections(sleeping: SleepingStack) -> None:
    """Terminate the connections at the server: the sockets have received their end."""
    sleeping.sql(f"SELECT pg_terminate_backend(pid, 10000) {APP_SESSIONS}")
    assert not sleeping.sessions()


def blackhole_connections(sleeping: SleepingStack) -> None:
    """Drop the packets of the connections, as a firewall does that has lost its state."""
    sleeping.proxy.blackhole()


@row("{times} x asleep for a minute, an hour and back an hour, with dead connections", soak=10)
def test_first_requests_after_a_sleep_succeed(
    sleeping: SleepingStack, times: int, measured: Measured
) -> None:
    slowest = 0.0
    with no_restarts(sleeping):
        for break_connections in [terminate_connections, blackhole_connections] * times:
            for seconds in (60, HOUR, -HOUR):
                sleeping.fill_pools()
                with sleeping.sleep():
                    break_connections(sleeping)
                    sleeping.clock.shift(seconds)
                slowest = max(slowest, *send_first_requests(sleeping))
    measured(f"the first read, vote and probe succeed, the slowest after {slowest:.2f} s")


def send_first_requests(sleeping: SleepingStack) -> list[float]:
    """Send a read, a vote and a probe at once, then more; return the seconds of the first three."""
    started_at = time.monotonic()

    def send_timed(request_: Callable[[], int]) -> tuple[int, float]:
        return request_(), time.monotonic() - started_at

    requests = [sleeping.get_poll, sleeping.vote, sleeping.probe]
    with ThreadPoolExecutor(len(requests)) as threads:
        first = list(threads.map(send_timed, requests))
        rest = list(threads.map(send_timed, requests * 6))
    assert {status for status, _ in first + rest} == {200}, (first, sleeping.tally.log[-4000:])
    return [seconds for _, seconds in first]


def test_app_uses_the_faked_clock(sleeping: SleepingStack) -> None:
    """Otherwise the other tests here would prove nothing."""
    sleeping.clock.shift(HOUR)
    for seconds, status in ((HOUR + 30, 201), (HOUR - 30, 422)):
        closes = datetime.now(UTC) + timedelta(seconds=seconds)
        assert sleeping.create(closes_at=closes.isoformat())[0] == status


def test_connections_are_kept_after_the_clock_is_set_back(sleeping: SleepingStack) -> None:
    """SQLAlchemy records with that clock when it has invalidated the connections of a pool."""
    sleeping.fill_pools()
    terminate_connections(sleeping)
    assert {sleeping.vote() for _ in range(8)} == {200}
    sleeping.clock.shift(-HOUR)
    sleeping.fill_pools()
    before = sleeping.sessions()
    with ThreadPoolExecutor(6) as threads:
        assert set(threads.map(lambda _: sleeping.vote(), range(48))) == {200}
    # A busy machine may open one or two more; after an invalidation, all would be new.
    new = sleeping.sessions() - before
    assert len(new) <= len(before) / 2, (before, new)


@contextmanager
def no_restarts(sleeping: SleepingStack) -> Iterator[None]:
    """Assert that no process is restarted or reported to hang during the block."""
    before = sleeping.processes()
    yield
    assert sleeping.processes() == before, sleeping.tally.log
    for word in ("restarting it", "replacing it", "TIMEOUT", "Traceback"):
        assert word not in sleeping.tally.log, sleeping.tally.log
