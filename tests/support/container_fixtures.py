"""For a conftest.py of container tests: `postgres`, `database`, `query` and `launch`."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from tests.support import secrecy
from tests.support.containers import STARTED, check_log
from tests.support.docker_engine import HARDENED, Container, Engine, Postgres, docker
from tests.support.sql import Query

Launch = Callable[..., Container]


@pytest.fixture(scope="session")
def postgres(container_postgres: Postgres) -> Postgres:
    """A Postgres in a container; it requires a password and does not offer TLS."""
    return container_postgres


@pytest.fixture
def database(postgres: Postgres) -> str:
    """The name of a new, empty database."""
    return postgres.create_database()


@pytest.fixture
def query(postgres: Postgres, database: str) -> Query:
    """A function that runs SQL in `database`."""
    return lambda sql: postgres.query(database, sql)


@pytest.fixture
def launch(
    engine: Engine, image: str, postgres: Postgres, database: str, request: pytest.FixtureRequest
) -> Iterator[Launch]:
    """A function that starts a hardened container of the image with the given settings.

    `DATABASE_URL` is a new database unless given; a setting of None is left out. After the test,
    the logs of the containers are checked.
    """
    containers = request.node.stash.setdefault(STARTED, [])

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
