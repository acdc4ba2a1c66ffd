"""Running stacks with the mirror app, shared between tests."""

from collections.abc import Iterator

import pytest

from local.postgres import Postgres
from tests.support.front_door import front_door
from tests.support.stack import CONNECTIONS, Stack


@pytest.fixture(scope="session")
def mirror(postgres: Postgres) -> Iterator[Stack]:
    """With default settings: no proxy is trusted."""
    with front_door(
        postgres, PUBLIC_NAME="Tally </script> für alle", SECRET_NAME="secret"
    ) as running:
        yield running


@pytest.fixture(scope="session")
def behind_proxy(postgres: Postgres) -> Iterator[Stack]:
    """127.0.0.1 is a trusted proxy that names the client in X-Forwarded-For; ::1 is not."""
    with front_door(postgres, TRUSTED_PROXIES="127.0.0.1,10.0.0.0/8") as running:
        yield running


@pytest.fixture(scope="session")
def strict_limits(postgres: Postgres) -> Iterator[Stack]:
    """With a small body limit, a short request timeout and a second API path."""
    with front_door(
        postgres,
        DEMIJOHN_MAX_BODY_SIZE="1k",
        DEMIJOHN_REQUEST_TIMEOUT="1",
        API_PATHS="/api,/rpc/v1",
    ) as running:
        yield running


@pytest.fixture(scope="session", params=CONNECTIONS)
def released(request: pytest.FixtureRequest, postgres: Postgres) -> Iterator[Stack]:
    """With a release, and with each driver, direct and through PgBouncer."""
    driver, _, pooler = request.param.partition(" through ")
    url = postgres.url()
    if pooler:
        url = request.getfixturevalue("pgbouncer").url(url)
    with front_door(
        postgres,
        DATABASE_URL=url,
        DATABASE_DRIVER=driver,
        RELEASE_ON_BOOT="true",
        MIGRATION_COMMAND="true",
        WEB_CONCURRENCY="2",
        WEB_THREADS="4",
    ) as running:
        yield running
