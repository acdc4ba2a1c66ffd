"""Front doors with the mirror app behind them, which tests share."""

from collections.abc import Iterator

import pytest

from local.postgres import Postgres
from tests.support.front_door import door
from tests.support.stack import Stack


@pytest.fixture(scope="session")
def mirror(postgres: Postgres) -> Iterator[Stack]:
    """As it stands on any host: no hop in front of it is trusted."""
    with door(postgres, PUBLIC_NAME="Tally </script> für alle", SECRET_NAME="secret") as running:
        yield running


@pytest.fixture(scope="session")
def edge(postgres: Postgres) -> Iterator[Stack]:
    """Behind an edge at 127.0.0.1, which names the client in X-Forwarded-For; ::1 is no edge."""
    with door(postgres, TRUSTED_PROXIES="127.0.0.1,10.0.0.0/8") as running:
        yield running


@pytest.fixture(scope="session")
def impatient(postgres: Postgres) -> Iterator[Stack]:
    """Everything at its limit: small bodies, little time; and a second API."""
    with door(
        postgres,
        DEMIJOHN_MAX_BODY_SIZE="1k",
        DEMIJOHN_REQUEST_TIMEOUT="1",
        API_PATHS="/api,/rpc/v1",
    ) as running:
        yield running
