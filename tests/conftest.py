"""What every test may ask for: a Postgres of its own, a new database, a free port."""

import itertools
import os
import socket
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.postgres import Postgres, temporary
from tests.ledger import Query

ROOT = Path(__file__).resolve().parent.parent

pytest_plugins = ["tests.rows", "tests.stack_fixture"]

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test with its folder, so that `-m browser` or `-m "not container"` work."""
    for item in items:
        folder = item.path.relative_to(ROOT / "tests").parts[0]
        if folder in {"stack", "browser", "container"}:
            item.add_marker(folder)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """REQUIRE_BROWSER=1 and REQUIRE_CONTAINER=1 make a failure of what would be skipped."""
    report = yield
    required = any(
        item.get_closest_marker(kind) and os.environ.get(f"REQUIRE_{kind.upper()}")
        for kind in ("browser", "container")
    )
    if report.skipped and required and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"required, and yet: {reason}"
    return report
