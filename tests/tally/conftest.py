"""Fixtures of Tally's tests: its built frontend, and Tally with each driver."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.postgres import Postgres
from tests.support.stack import CONNECTIONS, ROOT, Stack, free_port, short_folder


@pytest.fixture(scope="session")
def frontend_dist() -> Path:
    """The folder of the built frontend."""
    folder = ROOT / "frontend" / "dist"
    assert (folder / "index.html").exists(), "the frontend is not built: run `make test`"
    return folder


@pytest.fixture(scope="session")
def static_dir(frontend_dist: Path) -> Path:
    """The frontend of the stacks that `launch` makes."""
    return frontend_dist


@pytest.fixture(scope="session", params=CONNECTIONS)
def stack(
    request: pytest.FixtureRequest, postgres: Postgres, frontend_dist: Path
) -> Iterator[Stack]:
    """Tally, migrated and ready, with its own database; shared, so a test must not change it."""
    driver, _, pooler = request.param.partition(" through ")
    url = postgres.create_database("stack_" + request.param.replace(" ", "_"))
    if pooler:
        url = request.getfixturevalue("pgbouncer").url(url)
    with short_folder() as folder:
        settings = {
            "DATABASE_URL": url,
            "DATABASE_DRIVER": driver,
            "DEMIJOHN_STATIC_DIR": str(frontend_dist),
            "PUBLIC_GREETING": "hello",
            "DRAIN_SECONDS": "0",
        }
        running = Stack(ROOT, free_port(), folder, settings)
        try:
            yield running.start().wait_until_ready()
        finally:
            left = running.stop()
        assert not left
