"""RELEASE_DATABASE_URL: the release goes to it, and the app to DATABASE_URL."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.postgres import Postgres, temporary
from tests.support.finished_command import Boot
from tests.support.stack import Release, Stack, ended

# Shows which users the app connects as.
APP = """
import json, os
from urllib.parse import urlsplit

NAMES = ("DATABASE_URL", "SQLALCHEMY_DATABASE_URI")

def app(environ, start):
    start("200 OK", [("Content-Type", "application/json")])
    return [json.dumps([urlsplit(os.environ[name]).username for name in NAMES]).encode()]
"""

PASSWORD = "0nly-for-the-release"

# Writes what a migration finds: its database, and who holds the release lock.
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
def direct(postgres: Postgres, database: str) -> Iterator[str]:
    """A second URL of `database`, with a user of its own."""
    user = f"releaser{os.getpid()}"
    postgres.execute(f"DROP ROLE IF EXISTS {user}; CREATE ROLE {user} LOGIN PASSWORD '{PASSWORD}'")
    yield f"postgres://{user}:{PASSWORD}@{database.partition('@')[2]}"
    postgres.execute(f"DROP ROLE {user}")


@pytest.fixture
def migration(tmp_path: Path) -> tuple[str, Path]:
    """A migration command, and the file in which it writes what it found."""
    script, found = tmp_path / "migration.py", tmp_path / "found.json"
    script.write_text(MIGRATION)
    return f"{sys.executable} {script} {found}", found


def check_found(found: Path, direct: str) -> None:
    told = json.loads(found.read_text())
    user = urlsplit(direct).username
    assert told["DATABASE_URL"] == direct.replace("postgres://", "postgresql://")
    assert told["SQLALCHEMY_DATABASE_URI"].startswith(f"postgresql+psycopg2://{user}:")
    assert told["holders"] == [user]


@pytest.mark.parametrize("way", ["straight", pytest.param("pooled", marks=pytest.mark.pgbouncer)])
def test_release_uses_its_own_url_where_it_has_one(
    release: Release,
    database: str,
    direct: str,
    migration: tuple[str, Path],
    way: str,
    request: pytest.FixtureRequest,
) -> None:
    command, found = migration
    pooled = request.getfixturevalue("pgbouncer").url(database) if way == "pooled" else database
    status, out, err = ended(
        release(DATABASE_URL=pooled, RELEASE_DATABASE_URL=direct, MIGRATION_COMMAND=command)
    )
    assert (status, err) == (0, "")
    assert PASSWORD not in out
    check_found(found, direct)


def test_release_url_may_come_from_a_file(
    release: Release, direct: str, migration: tuple[str, Path], tmp_path: Path
) -> None:
    command, found = migration
    (tmp_path / "url").write_text(direct + "\n")
    name = str(tmp_path / "url")
    status, _, err = ended(release(RELEASE_DATABASE_URL_FILE=name, MIGRATION_COMMAND=command))
    assert (status, err) == (0, "")
    check_found(found, direct)


def test_app_keeps_its_own_url_beside_a_release_url(
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


def test_release_url_of_another_database_ends_the_release(
    release: Release, postgres: Postgres, database: str, migration: tuple[str, Path]
) -> None:
    command, found = migration
    other = postgres.create_database("another")
    status, _, err = ended(release(RELEASE_DATABASE_URL=other, MIGRATION_COMMAND=command))
    assert status == 78 and len(err.splitlines()) == 1
    place = f"127.0.0.1:{postgres.port}"
    assert f"another database ({place}/another) than DATABASE_URL ({place}/test_" in err
    assert not found.exists()
    postgres.drop_database("another")


def test_release_url_of_another_server_ends_the_release(
    release: Release, migration: tuple[str, Path], postgres: Postgres
) -> None:
    """Databases of the same name and number: the server tells them apart."""
    command, found = migration
    settings = {"DATABASE_URL": postgres.url(), "MIGRATION_COMMAND": command}
    with temporary() as second:
        status, _, err = ended(release(RELEASE_DATABASE_URL=second.url(), **settings))
    assert status == 78 and "leads to another database" in err
    assert not found.exists()


def test_release_url_that_is_refused_is_named(boot: Boot, direct: str) -> None:
    wrong = direct.replace(PASSWORD, "wr0ng-password")
    for settings in ({}, {"RELEASE_ON_BOOT": "true"}):
        command = "serve" if settings else "release"
        line = boot(command, RELEASE_DATABASE_URL=wrong, **settings).line()
        assert "password refused" in line and "Check the password in RELEASE_DATABASE_URL" in line


def test_release_url_that_cannot_be_read_is_named(boot: Boot) -> None:
    ended = boot("release", RELEASE_DATABASE_URL="'postgres://u:hunter22@h/d'")
    assert ended.status == 78
    assert ended.line().startswith("RELEASE_DATABASE_URL has quotes around it.")


def test_doctor_shows_the_database_of_the_release(
    boot: Boot, postgres: Postgres, direct: str
) -> None:
    ended = boot("doctor", RELEASE_DATABASE_URL=direct)
    assert ended.status == 0, ended.out
    assert "\nDatabase for releases and backups\n  place " in ended.out
    assert ended.out.count("  version ") == 2
    other = postgres.create_database("another")
    ended = boot("doctor", RELEASE_DATABASE_URL=other)
    postgres.drop_database("another")
    assert ended.status == 1
    assert "✗ RELEASE_DATABASE_URL leads to another database" in ended.out
    ended = boot("doctor", RELEASE_DATABASE_URL=direct.replace(PASSWORD, "wr0ng-password"))
    assert "Check the password in RELEASE_DATABASE_URL" in ended.out
