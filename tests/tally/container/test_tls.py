"""The image with a Postgres that requires TLS."""

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
def options_with_ca(authority: Path) -> tuple[str, ...]:
    """Docker options that mount the authority's certificate."""
    return (*HARDENED, "--volume", f"{authority}:/certificates/ca.crt:ro")


@pytest.mark.parametrize("driver", ["psycopg2", "pg8000"])
@pytest.mark.parametrize(
    "rest", ["?sslmode=require", "?sslmode=verify-full&sslrootcert=/certificates/ca.crt"]
)
def test_image_serves_with_a_postgres_that_requires_tls(
    rest: str,
    driver: str,
    launch: Launch,
    tls_postgres: Postgres,
    database: str,
    options_with_ca: tuple[str, ...],
) -> None:
    url = tls_postgres.url(database, rest)
    site = launch(
        DATABASE_URL=url, DATABASE_DRIVER=driver, options=options_with_ca
    ).wait_until_ready()
    response = site.post("/api/polls", {"question": "Sealed?", "options": ["Yes", "No"]})
    assert response.status_code == 201
    assert tls_postgres.query(database, "SELECT question FROM polls") == "Sealed?"
    assert "TLSv1.3" in site.stdout
    others = f"'{database}' AND backend_type = 'client backend' AND client_addr IS NOT NULL"
    assert tls_postgres.query(database, SESSIONS + others) == "t"


@pytest.mark.parametrize(
    ("rest", "host", "expected"),
    [
        ("?sslmode=disable", "", "requires TLS. Add sslmode=require"),
        ("?sslmode=verify-full", "", "certificate of"),  # not signed by a system CA
        ("?sslmode=verify-full&sslrootcert=/certificates/ca.crt", "alias", "certificate of"),
        ("?sslmode=verify-full&sslrootcert=/gone.crt", "", "/gone.crt"),
    ],
)
def test_failed_tls_verification_is_a_one_line_error(
    rest: str,
    host: str,
    expected: str,
    launch: Launch,
    tls_postgres: Postgres,
    database: str,
    options_with_ca: tuple[str, ...],
) -> None:
    url = tls_postgres.url(database, rest, host=host)
    site = launch(DATABASE_URL=url, options=options_with_ca)
    assert site.wait() == 69
    (line,) = site.error_messages()
    assert expected in line
    assert site.stderr == f"demijohn: {line}\n"
