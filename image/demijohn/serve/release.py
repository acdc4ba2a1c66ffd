"""What must happen once a deploy, and once only, however many instances start: the migrations."""

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

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.config.database_url import DatabaseUrl
from demijohn.config.environment import database_variables
from demijohn.config.settings import Settings
from demijohn.database import connect
from demijohn.database.connection_errors import redact

# Any number that no one else uses; the first bytes of SHA-256("demijohn release").
LOCK = 0x6A1D_0E5B_2C47

LOCK_PAUSE = 0.2  # seconds between two tries for the lock
WAIT_PAUSE = 1.0  # seconds between two looks at the schema

QUOTED = re.compile(r"""'[^']*'|"(\\.|[^"\\])*"|\\.""", re.DOTALL)
SHELL_OPERATOR = re.compile(r"(?<!\S)(&&|\|\||\||&|>>?|<)(?!\S)|;(?!\S)")

REVISION = re.compile(r"^revision\b[^=\n]*=\s*['\"]([^'\"]+)['\"]", re.MULTILINE)
DOWN_REVISION = re.compile(
    r"^down_revision\b[^=\n]*=\s*(.+?)$(?:\n(?=\S|$)|\Z)", re.MULTILINE | re.DOTALL
)


def run(
    settings: Settings, url: DatabaseUrl, connection: Connection, say: Callable[[str], None]
) -> str:
    """Bring the schema to the head of this release, unless it is there; a line on what was done.

    `connection` leads to `url`, which is also the database that the command finds in its
    environment: the release's own, where there is one.

    Holds a lock in the database meanwhile, so that of many instances one works and the others wait.
    Closes `connection`. Raises CommandError(70) if MIGRATION_COMMAND fails, CommandError(69) if the
    lock or the database cannot be had.
    """
    versions = Path(settings.alembic_versions)
    deadline = time.monotonic() + settings.release_timeout
    try:
        if done := _nothing_to_do(versions, connection):
            return done
        connection = _lock(settings, url, connection, deadline, say)
        if done := _nothing_to_do(versions, connection):
            return f"{done}: another instance did it"
        started = time.monotonic()
        database = database_variables(url, settings)
        _execute(settings, database, deadline)
        command = redact(settings.migration_command, settings.secrets())
        return f"{command} took {time.monotonic() - started:.1f} s"
    except psycopg2.Error as error:
        raise CommandError(
            Exit.UNAVAILABLE, f"release: {_first_line(error)}. Deploy again."
        ) from None
    finally:
        with suppress(psycopg2.Error):
            connection.rollback()
        connection.close()


def wait(settings: Settings, connection: Connection, say: Callable[[str], None]) -> str:
    """Return once the schema is at the head of this release, or ahead; a line on what was found.

    Without revisions of Alembic nobody can tell, so it returns at once. Raises CommandError(69)
    after RELEASE_TIMEOUT, or if the database goes away.
    """
    versions = Path(settings.alembic_versions)
    if not heads(versions):
        return "no revisions of Alembic, not waiting"
    try:
        return _wait(versions, settings.release_timeout, connection, say)
    except psycopg2.Error as error:
        raise CommandError(
            Exit.UNAVAILABLE, f"release: {_first_line(error)}. Start the worker again."
        ) from None


def _wait(versions: Path, seconds: int, connection: Connection, say: Callable[[str], None]) -> str:
    deadline = time.monotonic() + seconds
    told = False
    while not (done := _nothing_to_do(versions, connection)):
        if time.monotonic() > deadline:
            raise CommandError(
                Exit.UNAVAILABLE,
                "the schema is not at this release after RELEASE_TIMEOUT. Run demijohn release.",
            )
        if not told:
            say("waiting until the schema is at this release: demijohn release, or the website.")
            told = True
        time.sleep(WAIT_PAUSE)
    return done


def _nothing_to_do(versions: Path, connection: Connection) -> str:
    """Why there is nothing to do; empty if there is, or if it takes the release to find out."""
    wanted = heads(versions)
    if not wanted:
        return ""
    found = current(connection)
    if found == wanted:
        return f"schema at {_names(wanted)}, nothing to do"
    if found - _revisions(versions).keys():
        # A newer release has migrated already, and this is an old instance, or a way back.
        return f"schema at {_names(found)}, ahead of this release; left as it is"
    return ""


def heads(versions: Path) -> frozenset[str]:
    """The revisions that no other one builds on, read as text: loading Alembic takes 0.3 s."""
    revisions = _revisions(versions)
    return frozenset(revisions.keys() - {name for below in revisions.values() for name in below})


def _revisions(versions: Path) -> dict[str, list[str]]:
    """Each revision in Alembic's folder, and those that it builds on."""
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
        # Asked first whether it is there: an error would end the transaction we may be in. Not by
        # to_regclass, which remembers that it was not, from before we waited for the lock.
        cursor.execute(
            "SELECT FROM pg_catalog.pg_class"
            " WHERE relname = 'alembic_version' AND pg_catalog.pg_table_is_visible(oid)"
        )
        if cursor.fetchone() is None:
            return frozenset()
        cursor.execute("SELECT version_num FROM alembic_version")
        return frozenset(row[0] for row in cursor.fetchall())


def _lock(
    settings: Settings,
    url: DatabaseUrl,
    connection: Connection,
    deadline: float,
    say: Callable[[str], None],
) -> Connection:
    """The connection, or another in its place, in a transaction that has the release lock.

    Asks again and again instead of waiting in the server, where nobody could end it, and each time
    in a new transaction: behind a pooler an open one keeps a connection from whoever is releasing.
    """
    told = False
    while True:
        try:
            if _has_locked(connection):
                return connection
        except psycopg2.OperationalError:  # lost while we waited: no reason to give up
            connection.close()
            connection, _ = connect.wait(url, settings, say)
        if time.monotonic() > deadline:
            connection.close()
            raise CommandError(
                Exit.UNAVAILABLE,
                "another instance has been releasing for longer than RELEASE_TIMEOUT. "
                "See to it, or deploy again.",
            )
        if not told:
            say("another instance is releasing; waiting for it.")
            told = True
        time.sleep(LOCK_PAUSE)


def _has_locked(connection: Connection) -> bool:
    """Try to take the lock for a transaction, which then stays open, and the lock with it."""
    connection.autocommit = False
    with connection.cursor() as cursor:
        # The transaction idles while the command works, which some servers do not allow for long.
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", (LOCK,))
        locked: bool = cursor.fetchone() == (True,)
    if not locked:
        connection.rollback()
    return locked


def _execute(settings: Settings, database: Mapping[str, str], deadline: float) -> None:
    """Run the command in the root; its output goes where ours goes.

    `database` are the environment variables that name the database.
    """
    command = redact(settings.migration_command, settings.secrets())
    words = _words(settings.migration_command, command)
    left = max(deadline - time.monotonic(), 1)
    try:
        done = subprocess.run(words, timeout=left, check=False, env=os.environ | database)
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
            f"RELEASE_TIMEOUT={settings.release_timeout}.",
        ) from None
    if done.returncode:
        raise CommandError(
            Exit.SOFTWARE,
            f"release failed: `{command}` ended with {done.returncode}. Its own words stand above.",
        )


def _words(command: str, shown: str) -> list[str]:
    """The command, split as a shell would, but without a shell. Raises CommandError(78), whose
    message has the command as it is `shown`.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise CommandError(
            Exit.CONFIGURATION, f"MIGRATION_COMMAND cannot be read: {error}."
        ) from None
    if not words:
        raise CommandError(
            Exit.CONFIGURATION, "MIGRATION_COMMAND is blank. Set it to `true` for no release."
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
