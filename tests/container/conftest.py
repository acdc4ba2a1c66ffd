"""The image, Postgres servers, and containers of the image: each test run's own."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests import secrecy
from tests.container.engine import HARDENED, PASSWORD, ROOT, Container, Engine, Postgres, docker
from tests.ledger import Query

HERE = Path(__file__).resolve().parent

Launch = Callable[..., Container]


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks for groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process for all of these tests: they share what takes long to make."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("container"))
            item.add_marker(pytest.mark.timeout(900))  # the first may have to build from nothing


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The Docker engine; without one the test is skipped."""
    try:
        answer = docker("info", "--format", "{{.OSType}}")
    except FileNotFoundError:
        pytest.skip("no Docker engine: there is no docker command")
    if answer.returncode or answer.stdout.strip() != "linux":
        reason = (answer.stderr or answer.stdout).strip().splitlines()
        pytest.skip(f"no Docker engine answers: {reason[-1] if reason else 'docker info failed'}")
    made = Engine()
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def image(engine: Engine) -> str:
    """The image of this checkout."""
    return engine.build(ROOT, REVISION="abc123")[0]


@pytest.fixture(scope="session")
def lab(engine: Engine) -> str:
    """An image with what is put around containers of ours: a balancer, tools for the network."""
    return engine.build(HERE, "lab.Dockerfile")[0]


@pytest.fixture(scope="session")
def postgres(engine: Engine) -> Postgres:
    """A Postgres that asks for a password and offers no TLS."""
    return engine.start_postgres().wait_until_ready()


@pytest.fixture(scope="session")
def tls_postgres(engine: Engine) -> Postgres:
    """A Postgres that lets nobody in without TLS; its certificate is not in the name `alias`."""
    return engine.start_postgres(tls=True, aliases=["alias"]).wait_until_ready()


@pytest.fixture(scope="session")
def authority(tls_postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate of the authority that vouches for `tls_postgres`."""
    path = tmp_path_factory.mktemp("tls") / "ca.crt"
    found = docker("exec", tls_postgres.host, "cat", "/tmp/tls/ca.crt")
    path.write_text(found.stdout, encoding="utf-8")
    path.chmod(0o644)
    return path


@pytest.fixture
def database(postgres: Postgres) -> str:
    """The name of a new, empty database."""
    return postgres.create_database()


@pytest.fixture
def query(postgres: Postgres, database: str) -> Query:
    """A function that asks `database` in SQL."""
    return lambda sql: postgres.query(database, sql)


@pytest.fixture(scope="session")
def tally(engine: Engine, image: str, postgres: Postgres) -> Iterator[Container]:
    """Tally as it comes, ready; shared, so change nothing for others."""
    url = postgres.url(postgres.create_database())
    container = engine.start(
        image, settings={"DATABASE_URL": url, "PUBLIC_APP_NAME": "Show of hands"}
    )
    yield container.wait_until_ready()
    check_log(container)


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


def check_log(container: Container) -> None:
    """Whatever went wrong: no traceback, and nobody learns a secret."""
    log = container.stdout + container.stderr
    assert "Traceback" not in log, log
    secrecy.assert_kept([PASSWORD, secrecy.SECRET_KEY], log)
