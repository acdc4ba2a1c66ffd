"""For a conftest.py: `postgres`, `database`, `query` and `launch` where tests run in containers."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from tests.support import secrecy
from tests.support.containers import check_log
from tests.support.docker_engine import HARDENED, Container, Engine, Postgres, docker
from tests.support.sql import Query

Launch = Callable[..., Container]


@pytest.fixture(scope="session")
def postgres(container_postgres: Postgres) -> Postgres:
    """A Postgres in a container, which asks for a password and offers no TLS."""
    return container_postgres


@pytest.fixture
def database(postgres: Postgres) -> str:
    """The name of a new, empty database."""
    return postgres.create_database()


@pytest.fixture
def query(postgres: Postgres, database: str) -> Query:
    """A function that asks `database` in SQL."""
    return lambda sql: postgres.query(database, sql)


@pytest.fixture
def launch(engine: Engine, image: str, postgres: Postgres, database: str) -> Iterator[Launch]:
    """A function that starts a container of the image, hardened, with the settings it is given.

    `DATABASE_URL` is a new database unless it says otherwise; a setting of None is left out. What
    the containers print is looked through when the test is over.
    """
    containers: list[Container] = []

    def start(
        *command: str,
        image: str = image,
        port: int = 8080,
        options: Sequence[str] = HARDENED,
        alias: str = "",
        **given: str | None,
    ) -> Container:
        defaults = {"DATABASE_URL": postgres.url(database), "SECRET_KEY": secrecy.SECRET_KEY}
        settings = defaults | given
        present = {name: value for name, value in settings.items() if value is not None}
        container = engine.start(
            image, *command, port=port, options=options, settings=present, alias=alias
        )
        containers.append(container)
        return container

    yield start
    try:
        for container in containers:
            check_log(container)
    finally:
        docker("rm", "--force", "--volumes", *(container.name for container in containers))
