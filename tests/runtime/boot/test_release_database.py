"""RELEASE_DATABASE_URL: the release connects to it, and the app to DATABASE_URL."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.postgres import Postgres, temporary
from tests.support.finished_command import RunDemijohn
from tests.support.stack import Release, Stack, wait_for_exit

# Returns the users that the app connects as.
APP = """
import json, os
from urllib.parse import urlsplit

NAMES = ("DATABASE_URL", "SQLALCHEMY_DATABASE_URI")

def app(environ, start):
    start("200 OK", [("Content-Type", "application/json")])
    return [json.dumps([urlsplit(os.environ[name]).username for name in NAMES]).encode()]
"""

PASSWORD = "0nly-for-the-release"

# Writes a migration's environment, and the user that holds the release lock, to a file.
MIGRATION = """
import json, os, sys, psycopg2
connection = psycopg2.connect(os.environ["DATABASE_URL"])
cursor = connection.cursor()
cursor.execute(
    "SELECT usename FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND datname = current_database()"
)
found = {name: os.environ[name] for name in ("DATABASE_URL", "SQLALCHEMY_DATABASE_URI")}
with open(sys.argv[1], "w") as file:
    json.dump(found | {"holders": [row[0] for row in cursor]}, file)
"""


@pytest.fixture
def direct(postgres: Postgres, database: str, role_name: str) -> Iterator[str]:
    """A second URL of `database`, with another user."""
    postgres.execute(f"CREATE ROLE {role_name} LOGIN PASSWORD '{PASSWORD}'")
    yield f"postgres://{role_name}:{PASSWORD}@{database.partition('@')[2]}"
    postgres.execute(f"DROP ROLE {role_name}")


@pytest.fixture
def migration(tmp_path: Path) -> tuple[str, Path]:
    """A migration command, and the file that it writes."""
    script, found = tmp_path / "migration.py", tmp_path / "found.json"
    script.write_text(MIGRATION)
    return f"{sys.executable} {script} {found}", found


def check_found(found: Path, direct: str) -> None:
    record = json.loads(found.read_text())
    user = urlsplit(direct).username
    assert record["DATABASE_URL"] == direct.replace("postgres://", "postgresql://")
    assert record["SQLALCHEMY_DATABASE_URI"].startswith(f"postgresql+psycopg2://{user}:")
    assert record["holders"] == [user]


@pytest.mark.parametrize("route", ["direct", pytest.param("pooled", marks=pytest.mark.pgbouncer)])
def test_release_connects_to_release_database_url(
    release: Release,
    database: str,
    direct: str,
    migration: tuple[str, Path],
    route: str,
    request: pytest.FixtureRequest,
) -> None:
    command, found = migration
    pooled = request.getfixturevalue("pgbouncer").url(database) if route == "pooled" else database
    status, out, err = wait_for_exit(
        release(DATABASE_URL=pooled, RELEASE_DATABASE_URL=direct, MIGRATION_COMMAND=command)
    )
    assert (status, err) == (0, "")
    assert PASSWORD not in out
    check_found(found, direct)


def test_release_url_is_read_from_a_file(
    release: Release, direct: str, migration: tuple[str, Path], tmp_path: Path
) -> None:
    command, found = migration
    (tmp_path / "url").write_text(direct + "\n")
    name = str(tmp_path / "url")
    status, _, err = wait_for_exit(
        release(RELEASE_DATABASE_URL_FILE=name, MIGRATION_COMMAND=command)
    )
    assert (status, err) == (0, "")
    check_found(found, direct)


def test_app_keeps_database_url_beside_a_release_url(
    launch: Callable[..., Stack],
    direct: str,
    migration: tuple[str, Path],
    tmp_path: Path,
) -> None:
    command, found = migration
    (tmp_path / "environment.py").write_text(APP)
    running = launch(
        APP_DIR=str(tmp_path),
        APP_MODULE="environment:app",
        RELEASE_DATABASE_URL=direct,
        MIGRATION_COMMAND=command,
    )
    running.start().wait_until_ready()
    check_found(found, direct)
    assert json.loads(running.get("/api/users")[2]) == ["postgres", "postgres"]
    assert PASSWORD not in running.log


def test_release_url_of_another_database_fails_the_release(
    release: Release, postgres: Postgres, database: str, migration: tuple[str, Path]
) -> None:
    command, found = migration
    other = postgres.create_database("another")
    status, _, err = wait_for_exit(release(RELEASE_DATABASE_URL=other, MIGRATION_COMMAND=command))
    assert status == 78 and len(err.splitlines()) == 1
    place = f"127.0.0.1:{postgres.port}"
    assert f"another database ({place}/another) than DATABASE_URL ({place}/test_" in err
    assert not found.exists()
    postgres.drop_database("another")


def test_release_url_of_another_server_fails_the_release(
    release: Release, migration: tuple[str, Path], postgres: Postgres
) -> None:
    """The databases have the same name and oid; only the server differs."""
    command, found = migration
    settings = {"DATABASE_URL": postgres.url(), "MIGRATION_COMMAND": command}
    with temporary() as second:
        status, _, err = wait_for_exit(release(RELEASE_DATABASE_URL=second.url(), **settings))
    assert status == 78 and "leads to another database" in err
    assert not found.exists()


def test_refused_release_url_is_named(run_demijohn: RunDemijohn, direct: str) -> None:
    wrong = direct.replace(PASSWORD, "wr0ng-password")
    for settings in ({}, {"RELEASE_ON_BOOT": "true"}):
        command = "serve" if settings else "release"
        line = run_demijohn(command, RELEASE_DATABASE_URL=wrong, **settings).message()
        assert "password refused" in line and "Check the password in RELEASE_DATABASE_URL" in line


def test_malformed_release_url_is_named(run_demijohn: RunDemijohn) -> None:
    wait_for_exit = run_demijohn("release", RELEASE_DATABASE_URL="'postgres://u:hunter22@h/d'")
    assert wait_for_exit.status == 78
    assert wait_for_exit.message().startswith("RELEASE_DATABASE_URL has quotes around it")


def test_doctor_shows_the_database_of_the_release(
    run_demijohn: RunDemijohn, postgres: Postgres, direct: str
) -> None:
    wait_for_exit = run_demijohn("doctor", RELEASE_DATABASE_URL=direct)
    assert wait_for_exit.status == 0, wait_for_exit.out
    assert "\nDatabase for releases and backups\n  place " in wait_for_exit.out
    assert wait_for_exit.out.count("  version ") == 2
    other = postgres.create_database("another")
    wait_for_exit = run_demijohn("doctor", RELEASE_DATABASE_URL=other)
    postgres.drop_database("another")
    assert wait_for_exit.status == 1
    assert "✗ RELEASE_DATABASE_URL leads to another database" in wait_for_exit.out
    wait_for_exit = run_demijohn(
        "doctor", RELEASE_DATABASE_URL=direct.replace(PASSWORD, "wr0ng-password")
    )
    assert "Check the password in RELEASE_DATABASE_URL" in wait_for_exit.out
