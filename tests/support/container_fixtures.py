"""For a conftest.py of container tests: `app`, `postgres`, `database`, `query` and `launch`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from tests.support import secrecy
from tests.support.containers import STARTED, check_log
from tests.support.docker_engine import HARDENED, Container, Engine, Postgres, docker
from tests.support.sql import Query

Launch = Callable[..., Container]


@dataclass(frozen=True)
class App:
    """The app that the containers run: options of `docker run`, and settings."""

    options: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)

    def docker_options(self) -> list[str]:
        """All of it as options of `docker run`."""
        pairs = self.settings.items()
        return [*self.options, *(word for pair in pairs for word in ("--env", "=".join(pair)))]


@pytest.fixture(scope="session")
def app() -> App:
    """The app that is in the image."""
    return App()


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
    engine: Engine,
    image: str,
    app: App,
    postgres: Postgres,
    database: str,
    request: pytest.FixtureRequest,
) -> Iterator[Launch]:
    """A function that starts a hardened container with the given settings.

    It runs `app` in the image of this checkout, or another `image` with the app that is in it.
    `DATABASE_URL` is a new database unless given; a setting of None is left out. After the test,
    the logs of the containers are checked.
    """
    own_image = image
    containers = request.node.stash.setdefault(STARTED, [])

    def start(
        *command: str,
        image: str = own_image,
        port: int = 8080,
        options: Sequence[str] = HARDENED,
        alias: str = "",
        **given: str | None,
    ) -> Container:
        defaults: dict[str, str | None]
        defaults = {"DATABASE_URL": postgres.url(database), "SECRET_KEY": secrecy.SECRET_KEY}
        if image == own_image:
            options = [*options, *app.options]
            defaults |= app.settings
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
