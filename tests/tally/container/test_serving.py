"""The image serves the page and the API, and stores the data in Postgres."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.docker_engine import HARDENED, Container, Postgres

Launch = Callable[..., Container]


def create_poll(site: Container, question: str = "Tea or coffee?") -> str:
    """Create a poll; return its id."""
    response = site.post("/api/polls", {"question": question, "options": ["Tea", "Coffee"]})
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


def questions(postgres: Postgres, database: str) -> list[str]:
    return postgres.query(database, "SELECT question FROM polls").splitlines()


def test_page_script_and_public_settings_are_served(tally: Container) -> None:
    page = tally.get("/")
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    script = re.search(r'src="(/assets/[^"]+\.js)"', page.text)
    assert script
    assert tally.get(script[1]).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert '"PUBLIC_APP_NAME": "Show of hands"' in tally.get("/env.js").text


def test_deep_link_gets_the_page_and_missing_asset_404(tally: Container) -> None:
    page = tally.get("/polls/abcdefgh/manage")
    assert (page.status_code, page.text) == (200, tally.get("/").text)
    assert tally.get("/assets/gone-12345678.js").status_code == 404


def test_assets_are_compressed_with_brotli(tally: Container) -> None:
    (script,) = set(re.findall(r'src="(/assets/[^"]+\.js)"', tally.get("/").text))
    response = tally.get(script, Accept_Encoding="br")
    assert response.headers["Content-Encoding"] == "br"


def test_poll_and_ballot_are_stored_in_postgres(
    launch: Launch, postgres: Postgres, database: str
) -> None:
    site = launch().wait_until_ready()
    poll = create_poll(site, "Is it there?")
    assert site.put(f"/api/polls/{poll}/ballot", {"choices": [2]}).status_code == 200
    assert questions(postgres, database) == ["Is it there?"]
    assert postgres.query(database, "SELECT poll_id, choices FROM ballots") == f"{poll}|{{2}}"
    counted = site.get(f"/api/polls/{poll}/results").json()
    assert [option["votes"] for option in counted["options"]] == [0, 1]


def test_smoke_passes_every_check(tally: Container) -> None:
    checks = tally.smoke("--wait", "30")
    assert set(checks.values()) == {"pass"}
    assert checks["brotli"] == "pass"


def test_smoke_runs_in_the_image(tally: Container) -> None:
    assert "checks passed" in tally.exec("demijohn", "smoke", "http://localhost:8080")


def test_image_serves_with_pg8000(launch: Launch, postgres: Postgres, database: str) -> None:
    site = launch(DATABASE_DRIVER="pg8000").wait_until_ready()
    create_poll(site)
    assert site.get("/api/status").json()["driver"] == "pg8000"
    assert questions(postgres, database) == ["Tea or coffee?"]


def test_image_serves_on_another_port(launch: Launch) -> None:
    site = launch(PORT="10000", port=10000).wait_until_ready()
    assert site.get("/").status_code == 200
    site.exec("demijohn", "healthcheck")


@pytest.mark.parametrize(
    "rest", ["", "?sslmode=prefer", "?sslmode=disable", "?pgbouncer=true&connection_limit=1"]
)
def test_image_serves_with_database_urls_as_hosts_give_them(
    rest: str, launch: Launch, postgres: Postgres, database: str
) -> None:
    site = launch(DATABASE_URL=postgres.url(database, rest)).wait_until_ready()
    create_poll(site)
    assert questions(postgres, database) == ["Tea or coffee?"]


@pytest.mark.parametrize("driver", ["psycopg2", "pg8000"])
def test_image_serves_with_pg_variables(
    driver: str, launch: Launch, postgres: Postgres, database: str
) -> None:
    site = launch(
        DATABASE_URL=None,
        DATABASE_DRIVER=driver,
        PGHOST=postgres.host,
        PGPORT="5432",
        PGUSER="postgres",
        PGPASSWORD=postgres.password,
        PGDATABASE=database,
    ).wait_until_ready()
    create_poll(site)
    assert questions(postgres, database) == ["Tea or coffee?"]


def test_image_serves_with_the_database_url_in_a_file(
    launch: Launch, postgres: Postgres, database: str, tmp_path: Path
) -> None:
    secret = tmp_path / "database-url"
    secret.write_text(postgres.url(database) + "\n")
    secret.chmod(0o644)
    mounted = ("--volume", f"{secret}:/run/secrets/url:ro")
    site = launch(
        DATABASE_URL=None, DATABASE_URL_FILE="/run/secrets/url", options=(*HARDENED, *mounted)
    ).wait_until_ready()
    create_poll(site)
    assert questions(postgres, database) == ["Tea or coffee?"]
