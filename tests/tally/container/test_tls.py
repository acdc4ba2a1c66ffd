"""Against a Postgres that lets nobody in without TLS."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.docker_engine import HARDENED, Container, Postgres

Launch = Callable[..., Container]
SESSIONS = "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE datname = "


@pytest.fixture
def database(tls_postgres: Postgres) -> str:
    return tls_postgres.create_database()


@pytest.fixture
def trusting(authority: Path) -> tuple[str, ...]:
    """Options that bring the authority's certificate into the container."""
    return (*HARDENED, "--volume", f"{authority}:/certificates/ca.crt:ro")


@pytest.mark.parametrize("driver", ["psycopg2", "pg8000"])
@pytest.mark.parametrize(
    "rest", ["?sslmode=require", "?sslmode=verify-full&sslrootcert=/certificates/ca.crt"]
)
def test_it_serves(
    rest: str,
    driver: str,
    launch: Launch,
    tls_postgres: Postgres,
    database: str,
    trusting: tuple[str, ...],
) -> None:
    url = tls_postgres.url(database, rest)
    site = launch(DATABASE_URL=url, DATABASE_DRIVER=driver, options=trusting).wait_until_ready()
    answer = site.post("/api/polls", {"question": "Sealed?", "options": ["Yes", "No"]})
    assert answer.status_code == 201
    assert tls_postgres.query(database, "SELECT question FROM polls") == "Sealed?"
    assert "TLSv1.3" in site.stdout
    others = f"'{database}' AND backend_type = 'client backend' AND client_addr IS NOT NULL"
    assert tls_postgres.query(database, SESSIONS + others) == "t"


@pytest.mark.parametrize(
    ("rest", "host", "complaint"),
    [
        ("?sslmode=disable", "", "wants TLS. Add sslmode=require"),
        ("?sslmode=verify-full", "", "certificate of"),  # none of the system's authorities
        ("?sslmode=verify-full&sslrootcert=/certificates/ca.crt", "alias", "certificate of"),
        ("?sslmode=verify-full&sslrootcert=/gone.crt", "", "/gone.crt"),
    ],
)
def test_it_ends_at_once_with_one_line(
    rest: str,
    host: str,
    complaint: str,
    launch: Launch,
    tls_postgres: Postgres,
    database: str,
    trusting: tuple[str, ...],
) -> None:
    url = tls_postgres.url(database, rest, host=host)
    site = launch(DATABASE_URL=url, options=trusting)
    assert site.wait() == 69
    (line,) = site.error_messages()
    assert complaint in line
    assert site.stderr == f"demijohn: {line}\n"
