"""Fixtures of Tally's container tests."""

from collections.abc import Iterator

import pytest

from tests.support.container_fixtures import app, database, launch, postgres, query
from tests.support.containers import check_log
from tests.support.docker_engine import Container, Engine, Postgres

__all__ = ["app", "database", "launch", "postgres", "query"]


@pytest.fixture(scope="session")
def tally(engine: Engine, image: str, container_postgres: Postgres) -> Iterator[Container]:
    """Tally with default settings, ready; shared, so a test must not change its state."""
    url = container_postgres.url(container_postgres.create_database())
    container = engine.start(
        image, settings={"DATABASE_URL": url, "PUBLIC_APP_NAME": "Show of hands"}
    )
    yield container.wait_until_ready()
    check_log(container)
