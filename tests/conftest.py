"""Fixtures for every test: a Postgres server, a new database, a free port."""

import itertools
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from urllib.parse import urlsplit

import pytest
from _pytest.terminal import TerminalReporter

from local.postgres import Postgres, temporary
from local.steps import ROOT
from tests.support.sql import Query

# Container tests run after the browser tests: starting containers changes the network interfaces,
# and Chromium then aborts every load (net::ERR_NETWORK_CHANGED), even from loopback.
ORDER = ("browser", "unit", "container", "stack")

pytest_plugins = [
    "tests.support.stack",  # first: the others import it, and pytest must rewrite its asserts
    "tests.support.front_door",
    "tests.support.containers",
    "tests.support.fault_scenarios",
    "tests.support.finished_command",
    "tests.support.pgbouncer",
]

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A Postgres for this test process; it requires a password and does not offer TLS."""
    with temporary() as server:
        yield server


@pytest.fixture
def private_postgres() -> Iterator[Postgres]:
    """A Postgres for this test alone, which may stop it."""
    with temporary() as server:
        yield server


@pytest.fixture
def database(postgres: Postgres) -> Iterator[str]:
    """The URL of a new, empty database, dropped after the test."""
    name = f"test_{next(_numbers)}"
    yield postgres.create_database(name)
    postgres.drop_database(name)


@pytest.fixture
def role_name() -> str:
    """A name that no role of this process's Postgres has had."""
    return f"role_{next(_numbers)}"


@pytest.fixture(autouse=True)
def no_connection_attempt_remains() -> Iterator[None]:
    """Fail a test whose app still connects to its database in a background thread: the thread would
    share psycopg2's process-wide wait callback with later tests.
    """
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 15
    while left := {thread.name for thread in set(threading.enumerate()) - before}:
        if not any(name.startswith("database ") for name in left):
            return
        assert time.monotonic() < deadline, f"{left}: dispose of the app's engine"
        time.sleep(0.02)


@pytest.fixture
def query(postgres: Postgres, database: str) -> Query:
    """A function that runs SQL in `database`."""
    return lambda sql: postgres.execute(sql, urlsplit(database).path[1:])


@pytest.fixture
def free_port() -> Callable[[], int]:
    """A function that returns a TCP port on which nothing listens."""

    def pick() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return pick


@pytest.fixture
def fail_thread_start(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A function that makes the next start of a thread fail, once, as a limit on processes does.

    Its argument is the prefix of the thread's name.
    """

    def refuse(name: str) -> None:
        start = threading.Thread.start
        refused: list[threading.Thread] = []

        def fail(thread: threading.Thread) -> None:
            if thread.name.startswith(name) and not refused:
                refused.append(thread)
                raise RuntimeError("can't start new thread")
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", fail)

    return refuse


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks for groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test with its kind, so that `-m browser` or `-m "not container"` work."""
    items.sort(key=lambda item: ORDER.index(_kind(item)))
    for item in items:
        kind = _kind(item)
        item.add_marker(kind)
        if kind == "container":  # one process per folder: slow fixtures are shared
            item.add_marker(pytest.mark.xdist_group(str(item.path.parent)))
            item.add_marker(pytest.mark.timeout(900))  # the first may build the image


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Record in the report the test's kind, and the markers in REQUIRE that it has."""
    item.user_properties += [("kind", _kind(item))]
    item.user_properties += [("needs", name) for name in _required(item)]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """REQUIRE=browser,pgbouncer turns a skipped test with one of these markers into a failure."""
    report = yield
    if report.skipped and _required(item) and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"required by REQUIRE, but skipped: {reason}"
    return report


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Print one line per reason for skipped tests."""
    reports = terminalreporter.getreports("skipped")
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in reports)
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count} skipped: {reason}")


def _required(item: pytest.Item) -> list[str]:
    """The markers of a test that are listed in the environment variable REQUIRE."""
    names = filter(None, os.environ.get("REQUIRE", "").split(","))
    return [name for name in names if item.get_closest_marker(name)]


def _kind(item: pytest.Item) -> str:
    """The test's kind, from its folder: `tests/tally/browser` gives `browser`."""
    folders = item.path.relative_to(ROOT / "tests").parts
    return next((kind for kind in ORDER if kind in folders), "stack")
