"""Fixtures of the container tests that hold for any app: they run the mirror app."""

from collections.abc import Iterator

import pytest

from tests.support.container_fixtures import App, database, launch, postgres, query
from tests.support.containers import check_log
from tests.support.docker_engine import HARDENED, Container, Engine, Postgres
from tests.support.mirror_app import MIRROR_APP

__all__ = ["database", "launch", "postgres", "query"]


@pytest.fixture(scope="session")
def app() -> App:
    """The app that the containers run."""
    return MIRROR_APP


@pytest.fixture(scope="session")
def site(engine: Engine, image: str, container_postgres: Postgres) -> Iterator[Container]:
    """A ready container with default settings; shared, so a test must not change its state."""
    url = container_postgres.url(container_postgres.create_database())
    options = (*HARDENED, *MIRROR_APP.options)
    settings = {"DATABASE_URL": url, **MIRROR_APP.settings}
    container = engine.start(image, options=options, settings=settings)
    yield container.wait_until_ready()
    check_log(container)
