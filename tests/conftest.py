"""What every test may ask for: a Postgres of its own, a new database, a free port."""

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

# Containers come when the browsers are done: Docker's networks come and go with them, and Chromium
# gives up all that it loads where a network changes (net::ERR_NETWORK_CHANGED), loopback or not.
ORDER = ("browser", "unit", "container", "stack")

pytest_plugins = [
    "tests.support.stack",  # first: others import it, and its asserts are to be rewritten
    "tests.support.containers",
    "tests.support.fault_scenarios",
    "tests.support.finished_command",
    "tests.support.pgbouncer",
]

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A Postgres for this test process; it asks for a password and speaks no TLS."""
    with temporary() as server:
        yield server


@pytest.fixture
def database(postgres: Postgres) -> Iterator[str]:
    """The URL of a new, empty database, dropped after the test."""
    name = f"test_{next(_numbers)}"
    yield postgres.create_database(name)
    postgres.drop_database(name)


@pytest.fixture(autouse=True)
def no_attempt_is_left() -> Iterator[None]:
    """An app of this process that still tries to reach its database meets other tests' psycopg2,
    which has one way of waiting for all.
    """
    before = set(threading.enumerate())
    yield
    give_up = time.monotonic() + 15
    while left := {thread.name for thread in set(threading.enumerate()) - before}:
        if not any(name.startswith("database ") for name in left):
            return
        assert time.monotonic() < give_up, f"{left}: dispose of the app's engine"
        time.sleep(0.02)


@pytest.fixture
def query(postgres: Postgres, database: str) -> Query:
    """A function that asks `database` in SQL."""
    return lambda sql: postgres.execute(sql, urlsplit(database).path[1:])


@pytest.fixture
def free_port() -> Callable[[], int]:
    """A function that names a TCP port on which nothing listens just now."""

    def pick() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return pick


@pytest.fixture
def no_thread(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A function that keeps the next thread whose name begins so from being started, once, as a
    limit on processes does.
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
        if kind == "container":  # one process per folder: its tests share what takes long to make
            item.add_marker(pytest.mark.xdist_group(str(item.path.parent)))
            item.add_marker(pytest.mark.timeout(900))  # the first may have to build from nothing


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Write into the report which kind a test is, and which of the things in REQUIRE it needs."""
    item.user_properties += [("kind", _kind(item))]
    item.user_properties += [("needs", name) for name in _required(item)]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """REQUIRE=browser,pgbouncer makes a failure of what is marked so and would be skipped."""
    report = yield
    if report.skipped and _required(item) and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"required, and yet: {reason}"
    return report


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """One line for each reason why tests were skipped."""
    reports = terminalreporter.getreports("skipped")
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in reports)
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count} skipped: {reason}")


def _required(item: pytest.Item) -> list[str]:
    """The markers of a test that the environment variable REQUIRE names."""
    names = filter(None, os.environ.get("REQUIRE", "").split(","))
    return [name for name in names if item.get_closest_marker(name)]


def _kind(item: pytest.Item) -> str:
    """What a test needs: its folder says so, `tests/tally/browser` for instance."""
    folders = item.path.relative_to(ROOT / "tests").parts
    return next((kind for kind in ORDER if kind in folders), "stack")
