"""A database that nothing can be imported into says so at once, each kind in its own words."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.postgres import Postgres, temporary
from tests.sqlite_import.helpers import ask, bring, brought, file
from tests.support.standby import PRIMARY, standby_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return file(tmp_path / "app.db", "CREATE TABLE t (v TEXT)", t=[("é",)])


def test_sql_ascii_database_is_refused_with_the_create_statement(database: str, path: Path) -> None:
    name = "No Letters"
    ask(database, f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
    try:
        url = database.replace(urlsplit(database).path, "/No%20Letters")
        for words in ([], ["--verify-only"]):
            done = bring(url, path, *words)
            assert done.status == 69
            assert "has the encoding SQL_ASCII" in done.err
            assert len(done.err.splitlines()) == 1
        way = done.err.partition("Create it again: ")[2].strip().removesuffix(".")
        ask(database, f'DROP DATABASE "{name}"')
        ask(database, way)
        brought(url, path)
    finally:
        ask(database, f'DROP DATABASE "{name}"')


def test_latin1_database_is_accepted(postgres: Postgres, database: str, path: Path) -> None:
    ask(database, "CREATE DATABASE western TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    try:
        brought(database.replace(urlsplit(database).path, "/western"), path)
    finally:
        ask(database, "DROP DATABASE western")


def test_database_set_read_only_is_not_reported_as_a_standby(database: str, path: Path) -> None:
    brought(database, path)
    name = urlsplit(database).path[1:]
    ask(database, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    done = bring(database, path, "--replace")
    assert done.status == 69
    assert "standby" not in done.err
    assert "default_transaction_read_only is on" in done.err
    assert f'ALTER DATABASE "{name}" RESET default_transaction_read_only' in done.err
    assert done.err.endswith("Nothing was changed.\n")
    brought(database, path, "--verify-only")


def test_standby_is_refused_but_can_be_verified(path: Path) -> None:
    with temporary(**PRIMARY) as primary:
        brought(primary.create_database("app"), path)
        with standby_of(primary) as standby:
            done = bring(standby.url("app"), path, "--replace")
            assert done.status == 69
            assert (
                "is a read-only standby. Name the primary, or both hosts. Nothing was changed."
                in done.err
            )
            brought(standby.url("app"), path, "--verify-only")
