"""A database that cannot take an import is refused at once, with the reason."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.postgres import Postgres, temporary
from tests.sqlite_import.helpers import create_sqlite, query, run_import, run_import_ok
from tests.support.standby import PRIMARY, standby_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return create_sqlite(tmp_path / "app.db", "CREATE TABLE t (v TEXT)", t=[("é",)])


def test_sql_ascii_database_is_refused_with_the_create_statement(database: str, path: Path) -> None:
    name = "No Letters"
    query(
        database, f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'"
    )
    try:
        url = database.replace(urlsplit(database).path, "/No%20Letters")
        for words in ([], ["--verify-only"]):
            done = run_import(url, path, *words)
            assert done.status == 69
            assert "has the encoding SQL_ASCII" in done.err
            assert len(done.err.splitlines()) == 1
        create = done.err.partition("Create it again: ")[2].strip().removesuffix(".")
        query(database, f'DROP DATABASE "{name}"')
        query(database, create)
        run_import_ok(url, path)
    finally:
        query(database, f'DROP DATABASE "{name}"')


def test_latin1_database_is_accepted(postgres: Postgres, database: str, path: Path) -> None:
    query(database, "CREATE DATABASE western TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    try:
        run_import_ok(database.replace(urlsplit(database).path, "/western"), path)
    finally:
        query(database, "DROP DATABASE western")


def test_database_set_read_only_is_not_reported_as_a_standby(database: str, path: Path) -> None:
    run_import_ok(database, path)
    name = urlsplit(database).path[1:]
    query(database, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    done = run_import(database, path, "--replace")
    assert done.status == 69
    assert "standby" not in done.err
    assert "default_transaction_read_only is on" in done.err
    assert f'ALTER DATABASE "{name}" RESET default_transaction_read_only' in done.err
    assert done.err.endswith("Nothing was changed.\n")
    run_import_ok(database, path, "--verify-only")


def test_standby_is_refused_but_can_be_verified(path: Path) -> None:
    with temporary(**PRIMARY) as primary:
        run_import_ok(primary.create_database("app"), path)
        with standby_of(primary) as standby:
            done = run_import(standby.url("app"), path, "--replace")
            assert done.status == 69
            assert (
                "is a read-only standby. Name the primary, or both hosts. Nothing was changed."
                in done.err
            )
            run_import_ok(standby.url("app"), path, "--verify-only")
