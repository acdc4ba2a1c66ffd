"""`demijohn backup` and `restore`: a restore reproduces the backup, or changes nothing."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import psutil
import pytest

from local.postgres import Postgres
from local.postgres_programs import programs
from tests.sqlite_import.helpers import open_cursor
from tests.support import secrecy
from tests.support.finished_command import CommandResult, RunDemijohn
from tests.support.stack import TIMEOUT_SECONDS

Demijohn = Callable[..., CommandResult]

SCHEMA = """
CREATE EXTENSION pg_trgm;
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE SCHEMA "other place";
CREATE TABLE people (id serial PRIMARY KEY, name text NOT NULL, mood mood, facts jsonb);
CREATE TABLE "other place"."odd; name" (
    id int GENERATED ALWAYS AS IDENTITY, person int REFERENCES people, data bytea);
CREATE INDEX ON people USING gin (name gin_trgm_ops);
CREATE VIEW glad AS SELECT name FROM people WHERE mood = 'glad';
CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM people;
COMMENT ON TABLE people IS 'everybody';
INSERT INTO people (name, mood, facts)
    SELECT 'p' || n, 'glad', jsonb_build_object('n', n) FROM generate_series(1, 1000) n;
INSERT INTO "other place"."odd; name" (person, data) VALUES (7, 'a\\000b'), (8, NULL);
"""


def database_name(url: str) -> str:
    return urlsplit(url).path[1:]


def dump(url: str) -> str:
    """A database as SQL, without the parts that differ in each dump."""
    command = [programs() / "bin" / "pg_dump", "-xO", "-d", url]
    sql = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return re.sub(r"^\\(un)?restrict .*$|^COMMENT ON EXTENSION .*$", "", sql, flags=re.M)


@pytest.fixture
def demijohn(run_demijohn: RunDemijohn) -> Demijohn:
    """A function that runs a command where the embedded server's pg_dump is on PATH."""
    path = f"{programs() / 'bin'}:{os.defpath}"
    return lambda *words, **settings: run_demijohn(" ".join(map(str, words)), PATH=path, **settings)


@pytest.fixture
def filled(database: str, postgres: Postgres) -> str:
    """The URL of `database`, which has tables and rows."""
    postgres.execute(SCHEMA, database_name(database))
    return database


@pytest.fixture
def empty(postgres: Postgres) -> Iterator[str]:
    """The URL of a second database, which is empty."""
    yield postgres.create_database("empty")
    postgres.drop_database("empty")


@pytest.fixture
def file(demijohn: Demijohn, filled: str, tmp_path: Path) -> Path:
    """A backup of `filled`."""
    path = tmp_path / "app.dump"
    result = demijohn("backup", path)
    assert (result.status, result.err) == (0, ""), result
    assert re.search(r"is in .*app\.dump: \d+\.\d MB, PostgreSQL \d+", result.out)
    return path


def test_backup_and_restore_reproduce_the_database(
    demijohn: Demijohn, file: Path, filled: str, empty: str
) -> None:
    result = demijohn("restore", file, DATABASE_URL=empty)
    assert (result.status, result.err) == (0, "")
    assert dump(empty) == dump(filled)


def test_restore_works_for_a_user_who_only_owns_the_database(
    demijohn: Demijohn, file: Path, filled: str, postgres: Postgres, role_name: str
) -> None:
    """As on managed hosts: the extensions exist already, and another user owns them."""
    postgres.execute(f"CREATE ROLE {role_name} LOGIN PASSWORD 'pw'")
    postgres.execute(f"CREATE DATABASE owned OWNER {role_name}")
    try:
        postgres.execute("CREATE EXTENSION pg_trgm", "owned")
        url = f"postgres://{role_name}:pw@127.0.0.1:{postgres.port}/owned"
        for options in ([], ["--clean"]):
            result = demijohn("restore", file, *options, DATABASE_URL=url)
            assert (result.status, result.err) == (0, "")
            assert dump(postgres.url("owned")) == dump(filled)
    finally:
        postgres.drop_database("owned")
        postgres.execute(f"DROP ROLE {role_name}")


def test_backup_of_one_schema_restores_without_the_others(
    demijohn: Demijohn, filled: str, empty: str, tmp_path: Path, postgres: Postgres
) -> None:
    postgres.execute("ALTER TABLE people DROP COLUMN mood CASCADE", database_name(filled))
    postgres.execute("DROP INDEX people_name_idx", database_name(filled))
    assert demijohn("backup", tmp_path / "one", "--schema=public").status == 0
    result = demijohn("restore", tmp_path / "one", DATABASE_URL=empty)
    assert (result.status, result.err) == (0, "")
    assert postgres.execute("SELECT count(*) FROM people", "empty") == "1000"


def test_backup_without_a_file_goes_to_stdout(
    demijohn: Demijohn, filled: str, empty: str, tmp_path: Path
) -> None:
    environment = {"DATABASE_URL": filled, "PATH": f"{programs() / 'bin'}", "DOTENV": ""}
    command = [sys.executable, "-m", "demijohn", "backup"]
    with (tmp_path / "out").open("wb") as out:
        done = subprocess.run(command, env=environment, stdout=out, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (0, b"")
    assert demijohn("restore", tmp_path / "out", DATABASE_URL=empty).status == 0
    assert dump(empty) == dump(filled)
    with Path("/dev/full").open("wb") as full_disk:
        done = subprocess.run(command, env=environment, stdout=full_disk, stderr=subprocess.PIPE)
    assert done.returncode == 73
    assert re.fullmatch(rb"demijohn: backup failed: .*No space left.*\n", done.stderr)


def test_backup_does_not_overwrite_a_file_without_force(demijohn: Demijohn, file: Path) -> None:
    file.write_text("precious")
    result = demijohn("backup", file)
    assert result.status == 73 and "exists. Choose another name, or replace" in result.message()
    assert file.read_text() == "precious"
    assert demijohn("backup", file, "--force").status == 0
    assert file.read_bytes().startswith(b"PGDMP")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_backup_that_is_stopped_leaves_no_file(
    filled: str, tmp_path: Path, number: signal.Signals
) -> None:
    environment = {"DATABASE_URL": filled, "PATH": f"{programs() / 'bin'}", "DOTENV": ""}
    folder = tmp_path / "backups"
    folder.mkdir()
    command = [sys.executable, "-m", "demijohn", "backup", str(folder / "app.dump")]
    with open_cursor(filled) as cursor:
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE people")  # pg_dump waits for it
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not (child := psutil.Process(process.pid).children()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        while not any(folder.iterdir()):
            time.sleep(0.02)
        process.send_signal(number)
        _, err = process.communicate(timeout=TIMEOUT_SECONDS)
        assert process.returncode == 70
        assert re.fullmatch(r"demijohn: stopped by SIG\w+ before it was done\.?\n", err)
        assert not child[0].is_running()
        assert not list(folder.iterdir())
        cursor.execute("ROLLBACK")


def test_restore_into_a_database_with_tables_changes_nothing(
    demijohn: Demijohn, file: Path, filled: str
) -> None:
    before = dump(filled)
    result = demijohn("restore", file)
    assert result.status == 65
    assert re.search(r"is not empty: it has .* and \d+ more\. Restore into a new", result.message())
    assert dump(filled) == before


def test_restore_with_clean_replaces_the_existing_tables(
    demijohn: Demijohn, file: Path, filled: str, postgres: Postgres
) -> None:
    before = dump(filled)
    postgres.execute("DELETE FROM people WHERE id > 10; DROP VIEW glad", database_name(filled))
    result = demijohn("restore", file, "--clean")
    assert (result.status, result.err) == (0, "")
    assert dump(filled) == before


def test_restore_with_clean_refuses_tables_missing_in_the_backup(
    demijohn: Demijohn, file: Path, filled: str, postgres: Postgres
) -> None:
    postgres.execute("CREATE TABLE later (id int)", database_name(filled))
    before = dump(filled)
    result = demijohn("restore", file, "--clean")
    assert result.status == 65
    assert "has public.later, which is not in the backup" in result.message()
    assert dump(filled) == before


def test_failed_restore_changes_nothing(
    demijohn: Demijohn, file: Path, empty: str, postgres: Postgres
) -> None:
    postgres.execute("CREATE TYPE mood AS ENUM ('other')", "empty")
    before = dump(empty)
    result = demijohn("restore", file, DATABASE_URL=empty)
    assert result.status == 65
    assert "restore failed: " in result.message() and '"mood" already exists' in result.message()
    assert "was not changed" in result.message()
    assert dump(empty) == before


def test_restore_of_a_truncated_backup_changes_nothing(
    demijohn: Demijohn, file: Path, empty: str
) -> None:
    before = dump(empty)
    for part in (7, file.stat().st_size * 3 // 4):
        half = file.with_suffix(".half")
        half.write_bytes(file.read_bytes()[:part])
        result = demijohn("restore", half, DATABASE_URL=empty)
        assert result.status == 65 and result.message()
        assert dump(empty) == before


@pytest.mark.parametrize(
    ("words", "status", "expected"),
    [
        ("restore /nowhere.dump", 65, "/nowhere.dump cannot be read: No such file"),
        (f"restore {__file__}", 65, "is not in pg_dump's custom format"),
        ("restore", 64, "restore: the following arguments are required: FILE"),
        ("backup /nowhere/app.dump", 73, "/nowhere/app.dump cannot be written: No such file"),
        ("backup --sometimes", 64, "backup: unrecognized arguments: --sometimes"),
    ],
)
def test_wrong_arguments_are_a_one_line_error(
    demijohn: Demijohn, words: str, status: int, expected: str
) -> None:
    result = demijohn(words)
    assert (result.status, expected in result.message()) == (status, True), result


@pytest.mark.parametrize("command", ["backup FILE", "restore FILE"])
def test_missing_or_old_postgres_client_is_named(
    run_demijohn: RunDemijohn, file: Path, empty: str, command: str
) -> None:
    word = command.replace("FILE", str(file))
    word += " --force" if "backup" in word else ""
    result = run_demijohn(word, DATABASE_URL=empty)
    assert result.status == 78
    name = "pg_dump" if "backup" in word else "pg_restore"
    assert re.match(
        rf"this image has (no {name}|{name} 1[0-7]), and the server is PostgreSQL 18\. Build the "
        r"image with --build-arg POSTGRES_CLIENT=18",
        result.message(),
    )
    assert file.read_bytes().startswith(b"PGDMP")


def test_password_is_not_in_the_arguments_of_pg_dump(
    run_demijohn: RunDemijohn, filled: str, postgres: Postgres, role_name: str, tmp_path: Path
) -> None:
    """With any characters in the password; here pg_dump is a wrapper that records its arguments."""
    password = "secret @/:' %41 word"
    quoted = password.replace("'", "''")
    postgres.execute(f"CREATE ROLE {role_name} SUPERUSER LOGIN PASSWORD '{quoted}'")
    real = programs() / "bin" / "pg_dump"
    wrapper = tmp_path / "pg_dump"
    wrapper.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/calls\nexec {real} "$@"\n')
    wrapper.chmod(0o755)
    try:
        place = filled.partition("@")[2]
        url = f"postgres://{role_name}:{quote(password, safe='')}@{place}?application_name=x"
        result = run_demijohn(
            f"backup {tmp_path}/a", DATABASE_URL=url, PATH=f"{tmp_path}:{os.defpath}"
        )
        assert (result.status, result.err) == (0, "")
        calls = (tmp_path / "calls").read_text()
        assert f"{role_name}@" in calls and "application_name=x" in calls
        secrecy.assert_no_secret([password], calls)
    finally:
        postgres.execute(f"DROP ROLE {role_name}")


@pytest.mark.parametrize("command", ["backup FILE --force", "restore FILE"])
def test_release_url_of_another_database_is_refused(
    demijohn: Demijohn, file: Path, filled: str, empty: str, command: str
) -> None:
    before = file.read_bytes(), dump(empty)
    words = command.replace("FILE", str(file))
    result = demijohn(words, DATABASE_URL=filled, RELEASE_DATABASE_URL=empty)
    assert result.status == 78
    assert "RELEASE_DATABASE_URL leads to another database" in result.message()
    assert (file.read_bytes(), dump(empty)) == before


@pytest.mark.pgbouncer
def test_backup_through_a_pooler_is_refused_without_a_direct_url(
    demijohn: Demijohn, filled: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    pooled = request.getfixturevalue("pgbouncer").url(filled)
    result = demijohn("backup", tmp_path / "a", DATABASE_URL=pooled)
    assert result.status == 78
    assert "leads through a pooler" in result.message()
    assert "Set RELEASE_DATABASE_URL to the direct URL" in result.message()
    result = demijohn("backup", tmp_path / "a", DATABASE_URL=pooled, RELEASE_DATABASE_URL=filled)
    assert result.status == 0
