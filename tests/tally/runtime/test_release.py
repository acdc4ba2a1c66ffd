"""The release: runs once per deploy, with several instances, repeated calls and failures."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from local.postgres import Postgres
from tests.support.front_door import MIRROR
from tests.support.sql import Query
from tests.support.stack import ROOT, TIMEOUT_SECONDS, Release, Stack, wait_for_exit
from tests.tally.support import slow_migration

# If the schema is at the head of these revisions, the command is not run.
NOT_AGAIN = {"MIGRATION_COMMAND": "false", "ALEMBIC_VERSIONS": "backend/migrations/versions"}


def database_name(database: str) -> str:
    return database.rpartition("/")[2]


def tables(postgres: Postgres, database: str) -> set[str]:
    sql = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    return set(postgres.execute(sql, database_name(database)).splitlines())


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("command", ["true", "false"])
def test_password_in_the_migration_command_is_not_logged(
    release: Release, database: str, tmp_path: Path, command: str
) -> None:
    settings = {"MIGRATION_COMMAND": f"{command} {database}", "ALEMBIC_VERSIONS": str(tmp_path)}
    status, out, err = wait_for_exit(release(**settings))
    assert status == (0 if command == "true" else 70)
    assert str(urlsplit(database).password) not in out + err


def test_ten_releases_at_once_migrate_once(
    release: Release, postgres: Postgres, database: str
) -> None:
    results = [wait_for_exit(process) for process in [release() for _ in range(10)]]
    assert [status for status, _, _ in results] == [0] * 10, results
    release_lines = [
        re.findall(r"^release +[0-9]+ ms  (.*)$", out, re.MULTILINE) for _, out, _ in results
    ]
    assert all(len(lines) == 1 for lines in release_lines)
    migrating = [lines[0] for lines in release_lines if " took " in lines[0]]
    assert len(migrating) == 1, release_lines
    assert all("schema at " in lines[0] for lines in release_lines if lines[0] not in migrating)
    assert {"alembic_version", "polls"} <= tables(postgres, database)


def test_releases_without_alembic_run_one_after_another(
    release: Release, tmp_path: Path, postgres: Postgres, database: str
) -> None:
    """Without Alembic a release cannot detect an earlier one, so each runs, one at a time."""
    busy = tmp_path / "busy"
    command = f"sh -c 'mkdir {busy} && sleep 0.1 && rmdir {busy}'"
    settings = {"MIGRATION_COMMAND": command, "ALEMBIC_VERSIONS": str(tmp_path)}
    results = [wait_for_exit(process) for process in [release(**settings) for _ in range(5)]]
    assert [status for status, _, _ in results] == [0] * 5, results


def test_release_at_head_starts_no_migration(release: Release) -> None:
    assert wait_for_exit(release())[0] == 0
    status, out, err = wait_for_exit(release(**NOT_AGAIN))
    assert (status, err) == (0, "")
    assert re.search(r"^release +\d+ ms  schema at \w+, nothing to do$", out, re.MULTILINE)


def test_failed_release_is_a_one_line_error(
    release: Release, postgres: Postgres, database: str
) -> None:
    status, _, err = wait_for_exit(release(MIGRATION_COMMAND="sh -c 'exit 3'"))
    assert status == 70
    assert err == (
        "demijohn: release failed: `sh -c 'exit 3'` exited with 3. Its output is above.\n"
    )
    assert tables(postgres, database) == set()
    assert wait_for_exit(release())[0] == 0  # the next one works


def test_failed_release_shows_the_output_of_its_command(release: Release) -> None:
    status, _, err = wait_for_exit(
        release(MIGRATION_COMMAND="sh -c 'echo no such column >&2; exit 1'")
    )
    assert status == 70
    first, second = err.splitlines()
    assert first == "no such column"
    assert second.startswith("demijohn: release failed")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("no-such-program --now", "MIGRATION_COMMAND cannot be run: No such file or directory"),
        (__file__, "MIGRATION_COMMAND cannot be run: Permission denied"),
        ("sh -c 'unfinished", "is not a valid command line: No closing quotation"),
        ("true; false", "needs a shell"),
        ("sh -c 'exit 0'; false", "needs a shell"),
        (" ", "MIGRATION_COMMAND"),
    ],
    ids=["missing", "no-program", "unfinished", "semicolon", "after-quotes", "empty"],
)
def test_invalid_migration_command_is_a_configuration_error(
    release: Release, command: str, expected: str
) -> None:
    status, _, err = wait_for_exit(release(MIGRATION_COMMAND=command))
    assert status == 78, err
    assert err.startswith("demijohn: ") and expected in err
    assert len(err.splitlines()) == 1


def test_release_is_stopped_after_release_timeout(release: Release) -> None:
    status, _, err = wait_for_exit(release(MIGRATION_COMMAND="sleep 600", RELEASE_TIMEOUT="1"))
    assert status == 70
    assert re.fullmatch(
        "demijohn: release failed: `sleep 600` took longer than RELEASE_TIMEOUT=1. "
        "Raise it, or make the migration faster.\n",
        err,
    )


def test_release_gives_up_waiting_after_release_timeout(release: Release, tmp_path: Path) -> None:
    reached = tmp_path / "reached"
    first = release(MIGRATION_COMMAND=f"sh -c 'touch {reached}; exec sleep 600'")
    wait_until(reached.exists)
    status, out, err = wait_for_exit(release(RELEASE_TIMEOUT="1"))
    assert status == 69
    assert "another instance is releasing; waiting for it." in out
    assert len(err.splitlines()) == 1 and "another" in err and "RELEASE_TIMEOUT" in err
    first.kill()


def test_waiting_release_reconnects_after_a_lost_connection(
    release: Release, tmp_path: Path, postgres: Postgres, database: str
) -> None:
    gate, reached = tmp_path / "gate", tmp_path / "reached"
    first = release(
        MIGRATION_COMMAND=f"sh -c 'touch {reached}; until [ -e {gate} ]; do sleep 0.05; done;"
        " exec alembic -c backend/alembic.ini upgrade head'"
    )
    wait_until(reached.exists)
    second = release()
    assert any("waiting for it" in line for line in second.stdout or [])
    sql = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE application_name = 'demijohn' AND state = 'idle'"  # between two attempts
        f" AND datname = '{database_name(database)}'"
    )
    wait_until(lambda: postgres.execute(sql) == "1")
    gate.touch()
    assert wait_for_exit(first)[0] == 0
    status, out, err = wait_for_exit(second)
    assert (status, err) == (0, "")
    assert "another instance did it" in out


def test_serve_without_release_on_boot_migrates_nothing(
    launch: Callable[..., Stack], postgres: Postgres, database: str
) -> None:
    running = launch(RELEASE_ON_BOOT="false", MIGRATION_COMMAND="false").start()
    running.wait_for(lambda: running.get("/livez")[0] == 200, "health")
    assert tables(postgres, database) == set()
    assert not re.search(r"^release ", running.log, re.MULTILINE)


def test_serve_with_a_failed_release_exits_70(launch: Callable[..., Stack]) -> None:
    running = launch(**MIRROR | {"RELEASE_ON_BOOT": "true"}, MIGRATION_COMMAND="false").start()
    assert running.wait() == 70
    assert running.log.splitlines()[-1].startswith("demijohn: release failed: `false`")
    assert "ready" not in running.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_interrupted_release_leaves_no_partial_migration(
    release: Release, postgres: Postgres, database: str, tmp_path: Path, number: signal.Signals
) -> None:
    """It is stopped inside its transaction, while it waits for a lock that the test holds."""
    postgres.execute("CREATE TABLE polls (id int)", database_name(database))
    (tmp_path / "migrate.py").write_text(MIGRATE)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_POLLS, database], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout and holder.stdin
        holder.stdout.readline()
        first = release(
            MIGRATION_COMMAND=f"{sys.executable} {tmp_path / 'migrate.py'}",
            ALEMBIC_VERSIONS=str(tmp_path / "none"),
        )
        wait_until(lambda: waits_for_lock(postgres))
        first.send_signal(number)
        status = first.wait(TIMEOUT_SECONDS)
        holder.stdin.close()
    wait_until(lambda: not waits_for_lock(postgres))
    if number != signal.SIGKILL:  # SIGKILL cannot be handled: its child goes on
        assert tables(postgres, database) == {"polls"}
        _, _, err = wait_for_exit(first)
        assert len(err.splitlines()) == 1 and "stopped by" in err
        assert status != 0, "an interrupted release must not exit 0"
    postgres.execute("DROP TABLE polls", database_name(database))
    assert wait_for_exit(release())[0] == 0
    assert "ballots" in tables(postgres, database)


HOLD_POLLS = """
import sys, psycopg2
connection = psycopg2.connect(sys.argv[1])
connection.cursor().execute("LOCK TABLE polls")
print("held", flush=True)
sys.stdin.read()
"""

MIGRATE = """
import os, psycopg2
connection = psycopg2.connect(os.environ["DATABASE_URL"])
cursor = connection.cursor()
cursor.execute("CREATE TABLE half_done (id int)")
cursor.execute("ALTER TABLE polls ADD COLUMN other int")
connection.commit()
"""


def waits_for_lock(postgres: Postgres) -> bool:
    sql = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'ALTER TABLE polls%'"
    return postgres.execute(sql + " AND wait_event_type = 'Lock'") != "0"


@pytest.mark.parametrize("route", ["direct", pytest.param("pooled", marks=pytest.mark.pgbouncer)])
def test_another_release_migrates_when_the_first_is_killed(
    release: Release,
    tmp_path: Path,
    database: str,
    query: Query,
    route: str,
    request: pytest.FixtureRequest,
) -> None:
    pooled = route == "pooled"
    url = request.getfixturevalue("pgbouncer").url(database) if pooled else database
    shutil.copytree(ROOT / "backend", tmp_path / "backend")
    slow_migration.add_revision(tmp_path / "backend" / "migrations" / "versions")
    slow_migration.create_witness(query)
    ten = [release(tmp_path, DATABASE_URL=url) for _ in range(10)]
    wait_until(lambda: query(slow_migration.IN_THE_MIDDLE) == "1")
    (killed,) = [process for process in ten if psutil.Process(process.pid).children()]
    os.killpg(killed.pid, signal.SIGKILL)
    started_at = time.monotonic()
    results = [wait_for_exit(process) for process in ten if process is not killed]
    assert time.monotonic() - started_at < 20, "the killed release held the lock"
    assert [status for status, _, _ in results] == [0] * 9, results
    assert sum("upgrade head took" in out for _, out, _ in results) == 1
    slow_migration.check(query)
    status, out, _ = wait_for_exit(release(tmp_path, DATABASE_URL=url, **NOT_AGAIN))
    assert (status, "schema at slow, nothing to do" in out) == (0, True)


def test_connection_lost_during_a_release_is_a_one_line_error(
    release: Release, tmp_path: Path, postgres: Postgres, database: str
) -> None:
    """The lock is lost with the connection, so the rest of the release ran without it."""
    gate, reached = tmp_path / "gate", tmp_path / "reached"
    process = release(
        MIGRATION_COMMAND=f"sh -c 'touch {reached}; until [ -e {gate} ]; do sleep 0.05; done'"
    )
    wait_until(reached.exists)
    postgres.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE application_name = 'demijohn' AND datname = '{database_name(database)}'"
    )
    gate.touch()
    status, _, err = wait_for_exit(process)
    assert "Traceback" not in err
    assert (status, len(err.splitlines())) in [(0, 0), (69, 1)]


def test_unreadable_schema_is_a_one_line_error(
    release: Release, postgres: Postgres, database: str, role_name: str
) -> None:
    assert wait_for_exit(release())[0] == 0
    postgres.execute(f"CREATE ROLE {role_name} LOGIN PASSWORD 'w0rdless'")
    place = database.partition("@")[2]
    status, _, err = wait_for_exit(release(DATABASE_URL=f"postgres://{role_name}:w0rdless@{place}"))
    assert status in (69, 70, 78)
    assert "Traceback" not in err
    assert "permission denied" in err and len(err.splitlines()) == 1
    postgres.execute(f"DROP ROLE {role_name}")


def test_schema_newer_than_the_release_is_left_unchanged(
    release: Release, postgres: Postgres, database: str
) -> None:
    """An old instance starts during a deploy, or after a rollback: both must boot."""
    assert wait_for_exit(release())[0] == 0
    postgres.execute("UPDATE alembic_version SET version_num = 'later'", database_name(database))
    status, out, _ = wait_for_exit(release(**NOT_AGAIN))
    assert status == 0
    assert "schema at later, which is not in " in out
    assert "not changed: it is that of a newer release, or of another app" in out
