"""`demijohn backup` and `restore`: what is written comes back, or nothing changes."""

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
from tests.sqlite_import.helpers import connected
from tests.support import secrecy
from tests.support.finished_command import Boot, Ended
from tests.support.stack import PATIENCE_SECONDS

Demijohn = Callable[..., Ended]

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


def name_of(url: str) -> str:
    return urlsplit(url).path[1:]


def dumped(url: str) -> str:
    """All of a database as SQL, without what pg_dump makes anew each time."""
    command = [programs() / "bin" / "pg_dump", "-xO", "-d", url]
    sql = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return re.sub(r"^\\(un)?restrict .*$|^COMMENT ON EXTENSION .*$", "", sql, flags=re.M)


@pytest.fixture
def demijohn(boot: Boot) -> Demijohn:
    """A function that runs a command where the embedded server's pg_dump is on PATH."""
    path = f"{programs() / 'bin'}:{os.defpath}"
    return lambda *words, **settings: boot(" ".join(map(str, words)), PATH=path, **settings)


@pytest.fixture
def full(database: str, postgres: Postgres) -> str:
    """The URL of `database`, in which something is."""
    postgres.execute(SCHEMA, name_of(database))
    return database


@pytest.fixture
def empty(postgres: Postgres) -> Iterator[str]:
    """The URL of a second database, which is empty."""
    yield postgres.create_database("empty")
    postgres.drop_database("empty")


@pytest.fixture
def file(demijohn: Demijohn, full: str, tmp_path: Path) -> Path:
    """A backup of `full`."""
    path = tmp_path / "app.dump"
    ended = demijohn("backup", path)
    assert (ended.status, ended.err) == (0, ""), ended
    assert re.search(r"is in .*app\.dump: \d+\.\d MB, PostgreSQL \d+", ended.out)
    return path


def test_backup_comes_back_as_it_was(demijohn: Demijohn, file: Path, full: str, empty: str) -> None:
    ended = demijohn("restore", file, DATABASE_URL=empty)
    assert (ended.status, ended.err) == (0, "")
    assert dumped(empty) == dumped(full)


def test_backup_is_restored_by_a_user_who_only_owns_the_database(
    demijohn: Demijohn, file: Path, full: str, postgres: Postgres
) -> None:
    """As on managed hosts: extensions are there already, and belong to somebody else."""
    user = f"owner{os.getpid()}"
    postgres.execute(f"CREATE ROLE {user} LOGIN PASSWORD 'pw'")
    postgres.execute(f"CREATE DATABASE owned OWNER {user}")
    try:
        postgres.execute("CREATE EXTENSION pg_trgm", "owned")
        url = f"postgres://{user}:pw@127.0.0.1:{postgres.port}/owned"
        for options in ([], ["--clean"]):
            ended = demijohn("restore", file, *options, DATABASE_URL=url)
            assert (ended.status, ended.err) == (0, "")
            assert dumped(postgres.url("owned")) == dumped(full)
    finally:
        postgres.drop_database("owned")
        postgres.execute(f"DROP ROLE {user}")


def test_backup_of_one_schema_is_restored_beside_its_public_schema(
    demijohn: Demijohn, full: str, empty: str, tmp_path: Path, postgres: Postgres
) -> None:
    postgres.execute("ALTER TABLE people DROP COLUMN mood CASCADE", name_of(full))
    postgres.execute("DROP INDEX people_name_idx", name_of(full))
    assert demijohn("backup", tmp_path / "one", "--schema=public").status == 0
    ended = demijohn("restore", tmp_path / "one", DATABASE_URL=empty)
    assert (ended.status, ended.err) == (0, "")
    assert postgres.execute("SELECT count(*) FROM people", "empty") == "1000"


def test_backup_goes_to_standard_output(
    demijohn: Demijohn, full: str, empty: str, tmp_path: Path
) -> None:
    environment = {"DATABASE_URL": full, "PATH": f"{programs() / 'bin'}", "DOTENV": ""}
    command = [sys.executable, "-m", "demijohn", "backup"]
    with (tmp_path / "out").open("wb") as out:
        done = subprocess.run(command, env=environment, stdout=out, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (0, b"")
    assert demijohn("restore", tmp_path / "out", DATABASE_URL=empty).status == 0
    assert dumped(empty) == dumped(full)
    with Path("/dev/full").open("wb") as nowhere:
        done = subprocess.run(command, env=environment, stdout=nowhere, stderr=subprocess.PIPE)
    assert done.returncode == 73
    assert re.fullmatch(rb"demijohn: backup failed: .*No space left.*\n", done.stderr)


def test_backup_keeps_a_file_that_exists(demijohn: Demijohn, file: Path) -> None:
    file.write_text("precious")
    ended = demijohn("backup", file)
    assert ended.status == 73 and "exists. Choose another name, or replace" in ended.line()
    assert file.read_text() == "precious"
    assert demijohn("backup", file, "--force").status == 0
    assert file.read_bytes().startswith(b"PGDMP")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_backup_that_is_stopped_leaves_no_file(
    full: str, tmp_path: Path, number: signal.Signals
) -> None:
    environment = {"DATABASE_URL": full, "PATH": f"{programs() / 'bin'}", "DOTENV": ""}
    folder = tmp_path / "backups"
    folder.mkdir()
    command = [sys.executable, "-m", "demijohn", "backup", str(folder / "app.dump")]
    with connected(full) as cursor:
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE people")  # for which pg_dump waits
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (child := psutil.Process(process.pid).children()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        while not any(folder.iterdir()):
            time.sleep(0.02)
        process.send_signal(number)
        _, err = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 70
        assert re.fullmatch(r"demijohn: stopped by SIG\w+ before it was done\.?\n", err)
        assert not child[0].is_running()
        assert not list(folder.iterdir())
        cursor.execute("ROLLBACK")


def test_restore_into_a_database_with_tables_changes_nothing(
    demijohn: Demijohn, file: Path, full: str
) -> None:
    before = dumped(full)
    ended = demijohn("restore", file)
    assert ended.status == 65
    assert re.search(r"is not empty: it has .* and \d+ more\. Restore into a new", ended.line())
    assert dumped(full) == before


def test_restore_with_clean_replaces_what_is_there(
    demijohn: Demijohn, file: Path, full: str, postgres: Postgres
) -> None:
    before = dumped(full)
    postgres.execute("DELETE FROM people WHERE id > 10; DROP VIEW glad", name_of(full))
    ended = demijohn("restore", file, "--clean")
    assert (ended.status, ended.err) == (0, "")
    assert dumped(full) == before


def test_restore_with_clean_keeps_what_the_backup_lacks(
    demijohn: Demijohn, file: Path, full: str, postgres: Postgres
) -> None:
    postgres.execute("CREATE TABLE later (id int)", name_of(full))
    before = dumped(full)
    ended = demijohn("restore", file, "--clean")
    assert ended.status == 65
    assert "has public.later, which is not in the backup" in ended.line()
    assert dumped(full) == before


def test_restore_that_fails_changes_nothing(
    demijohn: Demijohn, file: Path, empty: str, postgres: Postgres
) -> None:
    postgres.execute("CREATE TYPE mood AS ENUM ('other')", "empty")
    before = dumped(empty)
    ended = demijohn("restore", file, DATABASE_URL=empty)
    assert ended.status == 65
    assert "restore failed: " in ended.line() and '"mood" already exists' in ended.line()
    assert "was not changed" in ended.line()
    assert dumped(empty) == before


def test_restore_of_half_a_backup_changes_nothing(
    demijohn: Demijohn, file: Path, empty: str
) -> None:
    before = dumped(empty)
    for part in (7, file.stat().st_size * 3 // 4):
        half = file.with_suffix(".half")
        half.write_bytes(file.read_bytes()[:part])
        ended = demijohn("restore", half, DATABASE_URL=empty)
        assert ended.status == 65 and ended.line()
        assert dumped(empty) == before


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        ("restore /nowhere.dump", 65, "/nowhere.dump cannot be read: No such file"),
        (f"restore {__file__}", 65, "is not in pg_dump's custom format"),
        ("restore", 64, "restore: the following arguments are required: FILE"),
        ("backup /nowhere/app.dump", 73, "/nowhere/app.dump cannot be written: No such file"),
        ("backup --sometimes", 64, "backup: unrecognized arguments: --sometimes"),
    ],
)
def test_mistake_is_one_line(demijohn: Demijohn, words: str, status: int, says: str) -> None:
    ended = demijohn(words)
    assert (ended.status, says in ended.line()) == (status, True), ended


@pytest.mark.parametrize("command", ["backup FILE", "restore FILE"])
def test_program_that_is_missing_or_too_old_is_named(
    boot: Boot, file: Path, empty: str, command: str
) -> None:
    word = command.replace("FILE", str(file))
    word += " --force" if "backup" in word else ""
    ended = boot(word, DATABASE_URL=empty)
    assert ended.status == 78
    name = "pg_dump" if "backup" in word else "pg_restore"
    assert re.match(
        rf"this image has (no {name}|{name} 1[0-7]), and the server is PostgreSQL 18\. Build the "
        r"image with --build-arg POSTGRES_CLIENT=18",
        ended.line(),
    )
    assert file.read_bytes().startswith(b"PGDMP")


def test_password_is_in_no_list_of_processes(
    boot: Boot, full: str, postgres: Postgres, tmp_path: Path
) -> None:
    """Whatever its letters; pg_dump is one that writes down how it was called."""
    user, password = f"u{os.getpid()}", "secret @/:' %41 word"
    postgres.execute(
        f"CREATE ROLE {user} SUPERUSER LOGIN PASSWORD '{password.replace(chr(39), chr(39) * 2)}'"
    )
    real = programs() / "bin" / "pg_dump"
    wrapper = tmp_path / "pg_dump"
    wrapper.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/calls\nexec {real} "$@"\n')
    wrapper.chmod(0o755)
    try:
        place = full.partition("@")[2]
        url = f"postgres://{user}:{quote(password, safe='')}@{place}?application_name=x"
        ended = boot(f"backup {tmp_path}/a", DATABASE_URL=url, PATH=f"{tmp_path}:{os.defpath}")
        assert (ended.status, ended.err) == (0, "")
        calls = (tmp_path / "calls").read_text()
        assert f"{user}@" in calls and "application_name=x" in calls
        secrecy.assert_kept([password], calls)
    finally:
        postgres.execute(f"DROP ROLE {user}")


@pytest.mark.parametrize("command", ["backup FILE --force", "restore FILE"])
def test_release_url_of_another_database_is_refused(
    demijohn: Demijohn, file: Path, full: str, empty: str, command: str
) -> None:
    before = file.read_bytes(), dumped(empty)
    words = command.replace("FILE", str(file))
    ended = demijohn(words, DATABASE_URL=full, RELEASE_DATABASE_URL=empty)
    assert ended.status == 78
    assert "RELEASE_DATABASE_URL leads to another database" in ended.line()
    assert (file.read_bytes(), dumped(empty)) == before


@pytest.mark.pgbouncer
def test_pooler_is_not_dumped_through_unless_it_is_named_for_it(
    demijohn: Demijohn, full: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    pooled = request.getfixturevalue("pgbouncer").url(full)
    ended = demijohn("backup", tmp_path / "a", DATABASE_URL=pooled)
    assert ended.status == 78
    assert "leads through a pooler" in ended.line()
    assert "Set RELEASE_DATABASE_URL to the direct URL" in ended.line()
    ended = demijohn("backup", tmp_path / "a", DATABASE_URL=pooled, RELEASE_DATABASE_URL=full)
    assert ended.status == 0
