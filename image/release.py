"""What must happen once a deploy, and once only, however many instances start: the migrations."""

import re
import shlex
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection as Connection

from .exits import Exit, Stop
from .settings import Settings

# Any number that no one else uses; the first bytes of SHA-256("demijohn release").
LOCK = 0x6A1D_0E5B_2C47

REVISION = re.compile(r"^revision\b[^=\n]*=\s*['\"]([^'\"]+)['\"]", re.MULTILINE)
DOWN_REVISION = re.compile(
    r"^down_revision\b[^=\n]*=\s*(.+?)$(?:\n(?=\S|$)|\Z)", re.MULTILINE | re.DOTALL
)


def run(settings: Settings, connection: Connection, say: Callable[[str], None]) -> str:
    """Bring the schema to the head of this release, unless it is there; a line on what was done.

    Holds a lock in the database meanwhile, so that of many instances one works and the others wait.
    Raises Stop(70) if RELEASE_COMMAND fails, Stop(69) if the lock cannot be had.
    """
    wanted = heads(Path(settings.alembic_versions))
    if wanted and current(connection) == wanted:
        return f"schema at {_names(wanted)}, nothing to do"
    deadline = time.monotonic() + settings.release_timeout
    connection.autocommit = (
        False  # the lock is the transaction's: it goes with it, whatever happens
    )
    try:
        _lock(connection, settings.release_timeout, say)
        if wanted and current(connection) == wanted:
            return f"schema at {_names(wanted)}, done by another instance"
        started = time.monotonic()
        _execute(settings.release_command, deadline - started)
        return f"{settings.release_command} took {time.monotonic() - started:.1f} s"
    except psycopg2.Error as error:
        raise Stop(
            Exit.UNAVAILABLE,
            f"release: the database was lost ({_first_line(error)}). Deploy again.",
        ) from None
    finally:
        if not connection.closed:
            connection.rollback()
            connection.autocommit = True


def heads(versions: Path) -> frozenset[str]:
    """The revisions that no other one builds on, read as text: loading Alembic takes 0.3 s."""
    texts = [path.read_text(encoding="utf-8") for path in versions.glob("*.py")]
    revisions = {found[1] for text in texts if (found := REVISION.search(text))}
    built_on: set[str] = set()
    for text in texts:
        if found := DOWN_REVISION.search(text):
            built_on.update(re.findall(r"['\"]([^'\"]+)['\"]", found[1]))
    return frozenset(revisions - built_on)


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


def _lock(connection: Connection, timeout: float, say: Callable[[str], None]) -> None:
    """Take the release lock for this transaction, which also holds through a transaction pooler."""
    with connection.cursor() as cursor:
        # The transaction idles while the command works, which some servers do not allow for long.
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", (LOCK,))
        if cursor.fetchone() == (True,):
            return
        say("another instance is releasing; waiting for it.")
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", (f"{int(timeout)}s",))
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))


def _execute(command: str, timeout: float) -> None:
    """Run the command in the root; its output goes where ours goes."""
    try:
        words = shlex.split(command)
        done = subprocess.run(words, timeout=max(timeout, 1), check=False)
    except ValueError as error:
        raise Stop(Exit.CONFIGURATION, f"RELEASE_COMMAND cannot be read: {error}.") from None
    except OSError as error:
        raise Stop(
            Exit.CONFIGURATION, f"RELEASE_COMMAND cannot be run: {error.strerror}: {words[0]}."
        ) from None
    except subprocess.TimeoutExpired:
        raise Stop(
            Exit.SOFTWARE,
            f"release failed: `{command}` took longer than RELEASE_TIMEOUT={int(timeout)}.",
        ) from None
    if done.returncode:
        raise Stop(
            Exit.SOFTWARE,
            f"release failed: `{command}` ended with {done.returncode}. Its own words stand above.",
        )


def _names(revisions: frozenset[str]) -> str:
    return ", ".join(sorted(revisions))


def _first_line(error: psycopg2.Error) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
