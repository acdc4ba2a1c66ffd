"""Runs the migrations once per deploy, under a lock, however many instances start."""

import os
import re
import shlex
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection as Connection

from demijohn.common import program
from demijohn.common.exit_codes import CommandError, Exit
from demijohn.config import default_migration
from demijohn.config.database_url import DatabaseUrl
from demijohn.config.environment import database_variables, flask_app
from demijohn.config.settings import Settings
from demijohn.database import connect
from demijohn.database.connection_errors import redact

NO_TABLES = (
    "no migrations, and the database has no tables: unless the app creates them, run "
    "`flask db init` and `flask db migrate`, and commit the folder migrations, or set "
    'MIGRATION_COMMAND, such as "python create_tables.py"'
)
STILL_EMPTY = (
    "; but the database of DATABASE_URL has no tables: does the app connect to another one? "
    "It must read os.environ['SQLALCHEMY_DATABASE_URI']"
)

# An arbitrary key that no other program uses: the first bytes of SHA-256("demijohn release").
LOCK = 0x6A1D_0E5B_2C47

IMPORT_SECONDS = 60.0  # for the import of the app, after a command that has failed

LOCK_PAUSE = 0.2  # seconds between two tries for the lock
WAIT_PAUSE = 1.0  # seconds between two checks of the schema

FLASK = re.compile(r"\bflask\b")  # the command, which imports the app
NO_COMMAND = (
    " If Flask does not know the command 'db': list Flask-Migrate in requirements.txt, and call "
    "Migrate(app, db) where the app is made."
)
QUOTED = re.compile(r"""'[^']*'|"(\\.|[^"\\])*"|\\.""", re.DOTALL)
SHELL_OPERATOR = re.compile(r"(?<!\S)(&&|\|\||\||&|>>?|<)(?!\S)|;(?!\S)")

REVISION = re.compile(r"^revision\b[^=\n]*=\s*['\"]([^'\"]+)['\"]", re.MULTILINE)
DOWN_REVISION = re.compile(
    r"^down_revision\b[^=\n]*=\s*(.+?)$(?:\n(?=\S|$)|\Z)", re.MULTILINE | re.DOTALL
)


def run(
    settings: Settings, url: DatabaseUrl, connection: Connection, log: Callable[[str], None]
) -> str:
    """Upgrade the schema to the head of this release. Returns a summary for the log.

    `connection` leads to `url`, which MIGRATION_COMMAND finds in its environment. Holds a lock in
    the database, so that one instance works while the others wait. Closes `connection`. Raises
    CommandError(70) if MIGRATION_COMMAND fails, CommandError(69) if the database does not answer or
    the lock is not free in time.
    """
    if not settings.migration_command:
        return "no migrations" if _has_tables(connection) else NO_TABLES
    versions = _versions(settings)
    deadline = time.monotonic() + settings.release_timeout
    try:
        if done := _why_done(versions, connection):
            return done
        connection = _acquire_lock(settings, url, connection, deadline, log)
        if done := _why_done(versions, connection):
            return f"{done}: another instance did it"
        summary = _migrate(settings, database_variables(url, settings), deadline)
        is_empty = versions and not _has_tables(connection)
        return summary + STILL_EMPTY if is_empty else summary
    except psycopg2.Error as error:
        raise CommandError(
            Exit.UNAVAILABLE,
            f"release failed: database error: {_first_line(error)}. "
            "Check the database, then deploy again.",
        ) from None
    finally:
        with suppress(psycopg2.Error):
            connection.rollback()
        connection.close()


def _has_tables(connection: Connection) -> bool:
    """Whether the database has a table; an error counts as one, since this is for a hint only."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT FROM pg_catalog.pg_tables"
                " WHERE schemaname NOT IN ('pg_catalog', 'information_schema') LIMIT 1"
            )
            return cursor.fetchone() is not None
    except psycopg2.Error:
        return True


def run_without_lock(settings: Settings) -> str:
    """Run MIGRATION_COMMAND on a database that is not Postgres. Returns a summary for the log.

    Raises CommandError(70) if it fails.
    """
    if not settings.migration_command:
        return "no migrations"
    deadline = time.monotonic() + settings.release_timeout
    return _migrate(settings, {}, deadline) + ", without a lock: start one container at a time"


def _migrate(settings: Settings, database: dict[str, str], deadline: float) -> str:
    started = time.monotonic()
    _execute(settings, os.environ | flask_app(settings, os.environ) | database, deadline)
    command = redact(settings.migration_command, settings.secrets())
    return f"{command} took {time.monotonic() - started:.1f} s"


def wait(settings: Settings, connection: Connection, log: Callable[[str], None]) -> str:
    """Wait until the schema is at the head of this release, or unknown. Returns a summary.

    Without Alembic revisions, returns at once. Raises CommandError(69) after RELEASE_TIMEOUT, or if
    the connection fails.
    """
    versions = _versions(settings)
    if not (versions and heads(versions)):
        return "no Alembic revisions, not waiting"
    try:
        return _wait(versions, settings.release_timeout, connection, log)
    except psycopg2.Error as error:
        raise CommandError(
            Exit.UNAVAILABLE,
            f"waiting for the release failed: database error: {_first_line(error)}. "
            "Check the database, then start the worker again.",
        ) from None


def _wait(versions: Path, seconds: int, connection: Connection, log: Callable[[str], None]) -> str:
    deadline = time.monotonic() + seconds
    logged = False
    while not (done := _why_done(versions, connection)):
        if time.monotonic() > deadline:
            raise CommandError(
                Exit.UNAVAILABLE,
                f"the schema is still older than this release after RELEASE_TIMEOUT={seconds}. "
                "Run demijohn release.",
            )
        if not logged:
            log("waiting for demijohn release or the website to upgrade the schema.")
            logged = True
        time.sleep(WAIT_PAUSE)
    return done


def _versions(settings: Settings) -> Path | None:
    """Alembic's folder of revisions, None if there is none."""
    given = settings.alembic_versions
    return Path(settings.app_dir) / given if given else None


def _why_done(versions: Path | None, connection: Connection) -> str:
    """Why no upgrade is needed; empty if it is needed, or if there are no Alembic revisions."""
    wanted = heads(versions) if versions else None
    if not (versions and wanted):
        return ""
    found = current(connection)
    if found == wanted:
        return f"schema at {_names(wanted)}, nothing to do"
    if found - _revisions(versions).keys():
        # A newer release has migrated already, if this is an old instance or a rollback.
        return (
            f"schema at {_names(found)}, which is not in {versions}, and not changed: it is that "
            "of a newer release, or of another app (start with an empty database), or its "
            "migration was deleted"
        )
    return ""


def heads(versions: Path) -> frozenset[str]:
    """The revisions that no other one builds on, read as text: importing Alembic takes 0.3 s."""
    revisions = _revisions(versions)
    return frozenset(revisions.keys() - {name for below in revisions.values() for name in below})


def _revisions(versions: Path) -> dict[str, list[str]]:
    """Map each revision in Alembic's folder to those that it builds on."""
    found = {}
    for path in versions.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        if revision := REVISION.search(text):
            below = DOWN_REVISION.search(text)
            found[revision[1]] = re.findall(r"['\"]([^'\"]+)['\"]", below[1]) if below else []
    return found


def current(connection: Connection) -> frozenset[str]:
    """The revisions that the database is at; empty where Alembic has never run."""
    with connection.cursor() as cursor:
        # Check that the table exists: an error would end the transaction that may be open. Not with
        # to_regclass, which caches that it did not exist before the wait for the lock.
        cursor.execute(
            "SELECT FROM pg_catalog.pg_class"
            " WHERE relname = 'alembic_version' AND pg_catalog.pg_table_is_visible(oid)"
        )
        if cursor.fetchone() is None:
            return frozenset()
        cursor.execute("SELECT version_num FROM alembic_version")
        return frozenset(row[0] for row in cursor.fetchall())


def _acquire_lock(
    settings: Settings,
    url: DatabaseUrl,
    connection: Connection,
    deadline: float,
    log: Callable[[str], None],
) -> Connection:
    """Return the connection, or a new one, in a transaction that holds the release lock.

    Polls instead of waiting in the server, which could not be interrupted, and uses a new
    transaction for each try: behind a pooler, an open one would occupy a connection that the
    releasing instance may need.
    """
    logged = False
    while True:
        try:
            if _try_lock(connection):
                return connection
        except psycopg2.OperationalError:  # the connection was lost during the wait
            connection.close()
            connection, _ = connect.wait(url, settings, log)
        if time.monotonic() > deadline:
            connection.close()
            raise CommandError(
                Exit.UNAVAILABLE,
                "another instance has been releasing for longer than "
                f"RELEASE_TIMEOUT={settings.release_timeout}. Check its log, or deploy again.",
            )
        if not logged:
            log("another instance is releasing; waiting for it.")
            logged = True
        time.sleep(LOCK_PAUSE)


def _try_lock(connection: Connection) -> bool:
    """Try to take the lock; on success, the transaction that holds it stays open."""
    connection.autocommit = False
    with connection.cursor() as cursor:
        # The transaction is idle while the command runs, which some servers limit.
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", (LOCK,))
        locked: bool = cursor.fetchone() == (True,)
    if not locked:
        connection.rollback()
    return locked


def _execute(settings: Settings, environment: Mapping[str, str], deadline: float) -> None:
    """Run the command in APP_DIR, as the app runs. Its output goes to the log."""
    command = redact(settings.migration_command, settings.secrets())
    words = _split(settings.migration_command, command)
    left = max(deadline - time.monotonic(), 1)
    try:
        done = program.run(words, cwd=settings.app_dir, timeout=left, env=environment)
    except OSError as error:
        raise CommandError(
            Exit.CONFIGURATION,
            f"MIGRATION_COMMAND cannot be run: {error.strerror}: {words[0]}. "
            "Correct it; an app without migrations sets MIGRATION_COMMAND=true.",
        ) from None
    except subprocess.TimeoutExpired:
        raise CommandError(
            Exit.SOFTWARE,
            f"release failed: `{command}` took longer than "
            f"RELEASE_TIMEOUT={settings.release_timeout}. Raise it, or make the migration faster.",
        ) from None
    if done.returncode:
        if FLASK.search(settings.migration_command):
            _check_import(settings, environment, deadline)
        hint = NO_COMMAND if command == default_migration.FLASK and done.returncode == 2 else ""
        raise CommandError(
            Exit.SOFTWARE,
            f"release failed: `{command}` exited with {done.returncode}. "
            f"Its output is above.{hint}",
        )


def _check_import(settings: Settings, environment: Mapping[str, str], deadline: float) -> None:
    """Raise CommandError(78) with the app's own error if its import must fail.

    Flask's command reports such an error as a missing command, after its list of commands.
    """
    left = min(max(deadline - time.monotonic(), 1), IMPORT_SECONDS)
    check = [settings.python, "-P", "-m", "demijohn.worker.check_import"]
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with suppress(OSError, subprocess.TimeoutExpired):
        done = program.run(check, cwd=settings.app_dir, timeout=left, env=environment, **streams)
        if done.returncode == Exit.CONFIGURATION:
            line = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1]
            raise CommandError(Exit.CONFIGURATION, line.removeprefix("demijohn: "))


def _split(command: str, shown: str) -> list[str]:
    """Split the command as a shell would. Raises CommandError(78), whose message has the redacted
    command `shown`.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise CommandError(
            Exit.CONFIGURATION,
            f"MIGRATION_COMMAND={shown!r} is not a valid command line: {error}. "
            "Correct its quotes and backslashes.",
        ) from None
    if not words:
        raise CommandError(
            Exit.CONFIGURATION,
            "MIGRATION_COMMAND is blank. Set it to a command; "
            "an app without migrations sets MIGRATION_COMMAND=true.",
        )
    if SHELL_OPERATOR.search(QUOTED.sub("quoted", command)):
        raise CommandError(
            Exit.CONFIGURATION,
            f"MIGRATION_COMMAND={shown!r} needs a shell. Write it as sh -c '…'.",
        )
    return words


def _names(revisions: frozenset[str]) -> str:
    return ", ".join(sorted(revisions))


def _first_line(error: psycopg2.Error) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
