"""The machine sleeps, or its clock is put right: pooled connections are dead, and time has jumped.

Nginx keeps the right time here: PyPI's is linked statically, out of libfaketime's reach. What
becomes of cached answers is tested on the image's, in tests/tally/container/test_clock.py.
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
class Sleeper:
    """Tally on a clock of its own, with a proxy between it and its database."""

    tally: Stack
    clock: Clock
    proxy: Proxy
    sql: Callable[[str], str]
    poll: str = ""

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        data = json.dumps(body).encode() if body else None
        status, _, answer = self.tally.request(
            method, path, data, {"Content-Type": "application/json"}
        )
        return status, answer

    def create(self, **members: object) -> tuple[int, bytes]:
        return self.ask("POST", "/api/polls", POLL | members)

    def look(self) -> int:
        return self.ask("GET", f"{self.poll}?{uuid.uuid4()}")[0]

    def vote(self) -> int:
        return self.ask("PUT", f"{self.poll}/ballot", {"choices": [1]})[0]

    def probe(self) -> int:
        return self.ask("GET", "/healthz/database")[0]

    def sessions(self) -> set[str]:
        """The server's processes for the app's connections."""
        return set(self.sql(f"SELECT pid {THE_APPS}").splitlines())

    def processes(self) -> dict[int, str]:
        """The programs and Gunicorn's workers."""
        return self.tally.children() | self.tally.children(self.tally.child("gunicorn"))

    def fill(self) -> None:
        """Use several connections at once, so that they are in the pools."""
        with ThreadPoolExecutor(12) as threads:
            while len(self.sessions()) < 6:
                list(threads.map(lambda _: self.look(), range(24)))

    @contextmanager
    def sleep(self) -> Iterator[None]:
        """The block is what happens meanwhile: none of the processes runs."""
        main = psutil.Process(self.tally.pid)
        processes = [main, *main.children(recursive=True)]
        for process in processes:
            process.suspend()
        yield
        for process in processes:
            process.resume()


THE_APPS = "FROM pg_stat_activity WHERE datname = current_database() AND application_name = ''"


@pytest.fixture(params=["psycopg2", "pg8000"])
def sleeper(
    request: pytest.FixtureRequest,
    launch: Callable[..., Stack],
    postgres: Postgres,
    database: str,
    tmp_path: Path,
) -> Iterator[Sleeper]:
    clock = Clock(tmp_path)
    address = urlsplit(database)
    proxy = Proxy(address.port or 0)
    tally = launch(
        **clock.settings,
        **WORKERS,
        DATABASE_URL=database.replace(f":{address.port}/", f":{proxy.port}/"),
        DATABASE_DRIVER=request.param,
    )
    made = Sleeper(tally, clock, proxy, lambda sql: postgres.execute(sql, address.path[1:]))
    tally.start().wait_until_ready()
    made.poll = f"/api/polls/{json.loads(made.create()[1])['id']}"
    yield made
    tally.stop()
    proxy.drop()


def end_them(sleeper: Sleeper) -> None:
    """The server has ended the connections: their end waits in the sockets."""
    sleeper.sql(f"SELECT pg_terminate_backend(pid, 10000) {THE_APPS}")
    assert not sleeper.sessions()


def forget_them(sleeper: Sleeper) -> None:
    """Somebody between has forgotten the connections."""
    sleeper.proxy.blackhole()


@row("{times} x asleep for a minute, an hour and back an hour, with dead connections", soak=10)
def test_the_first_request_afterwards_succeeds(
    sleeper: Sleeper, times: int, measured: Measured
) -> None:
    slowest = 0.0
    with undisturbed(sleeper):
        for death in [end_them, forget_them] * times:
            for seconds in (60, HOUR, -HOUR):
                sleeper.fill()
                with sleeper.sleep():
                    death(sleeper)
                    sleeper.clock.shift(seconds)
                slowest = max(slowest, *wake(sleeper))
    measured(f"the first read, vote and probe succeed, the slowest after {slowest:.2f} s")


def wake(sleeper: Sleeper) -> list[float]:
    """What is asked first, of each kind at once, and some more; the seconds of the first."""
    began = time.monotonic()

    def ask(kind: Callable[[], int]) -> tuple[int, float]:
        return kind(), time.monotonic() - began

    kinds = [sleeper.look, sleeper.vote, sleeper.probe]
    with ThreadPoolExecutor(len(kinds)) as threads:
        first = list(threads.map(ask, kinds))
        rest = list(threads.map(ask, kinds * 6))
    assert {status for status, _ in first + rest} == {200}, (first, sleeper.tally.log[-4000:])
    return [seconds for _, seconds in first]


def test_the_app_goes_by_that_clock(sleeper: Sleeper) -> None:
    """Or the tests here would show nothing."""
    sleeper.clock.shift(HOUR)
    for seconds, status in ((HOUR + 30, 201), (HOUR - 30, 422)):
        closes = datetime.now(UTC) + timedelta(seconds=seconds)
        assert sleeper.create(closes_at=closes.isoformat())[0] == status


def test_connections_are_kept_after_the_clock_went_back(sleeper: Sleeper) -> None:
    """SQLAlchemy notes by that clock when it has given up the connections of a pool."""
    sleeper.fill()
    end_them(sleeper)
    assert {sleeper.vote() for _ in range(8)} == {200}
    sleeper.clock.shift(-HOUR)
    sleeper.fill()
    before = sleeper.sessions()
    with ThreadPoolExecutor(6) as threads:
        assert set(threads.map(lambda _: sleeper.vote(), range(48))) == {200}
    # A busy machine may want one or the other more; given up, they would all be new.
    new = sleeper.sessions() - before
    assert len(new) <= len(before) / 2, (before, new)


@contextmanager
def undisturbed(sleeper: Sleeper) -> Iterator[None]:
    """Nothing is restarted in the block, nor thought to hang."""
    before = sleeper.processes()
    yield
    assert sleeper.processes() == before, sleeper.tally.log
    for word in ("starting it again", "replacing it", "TIMEOUT", "Traceback"):
        assert word not in sleeper.tally.log, sleeper.tally.log
