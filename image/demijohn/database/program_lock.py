"""The lock under which a program runs in only one of several containers.

It is an advisory lock in Postgres that an open transaction holds: a pooler in transaction mode
keeps such a transaction on one connection. The server ends a transaction that is idle for
LEASE_SECONDS, so it frees the lock of a holder that has disappeared, even behind a proxy. The
holder renews the lock with a query; without an answer, it must assume that the lock is lost.
"""

import hashlib
from contextlib import suppress

import psycopg2
from psycopg2.extensions import connection as Connection

from demijohn.config.database_url import DatabaseUrl
from demijohn.database.connect import connect
from demijohn.database.connection_errors import diagnose

RENEW_SECONDS = 2  # between two renewals
ANSWER_SECONDS = 4  # for an answer or a connection; without one, the lock counts as lost
LEASE_SECONDS = 12  # more than both, and the time that the holder takes to stop its program

# transaction_timeout exists from Postgres 17 on. The settings end with the transaction:
# https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-SET
SETTINGS = """
    SELECT set_config(name, value, true)
      FROM (VALUES ('idle_in_transaction_session_timeout', %(lease)s),
                   ('transaction_timeout', '0'),
                   ('application_name', %(holder)s)) AS wanted (name, value)
      JOIN pg_catalog.pg_settings USING (name)"""

# How pg_locks shows a lock whose key is a bigint:
# https://www.postgresql.org/docs/current/view-pg-locks.html
HOLDER = """
    SELECT application_name
      FROM pg_catalog.pg_locks JOIN pg_catalog.pg_stat_activity USING (pid)
     WHERE locktype = 'advisory' AND granted AND objsubid = 1
       AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
       AND (classid::bigint << 32 | objid::bigint) = %s"""

PREFIX = "demijohn: "  # of the application_name of a holder's connection


class LockLost(Exception):
    """Another instance may have the lock by now; the message says why, without a secret."""


class DatabaseUnavailable(Exception):
    """The database does not answer; the message says why and what to do, without a secret."""


class ProgramLock:
    """The lock of `program` in the database of `url`; `instance` names this holder to others."""

    def __init__(self, url: DatabaseUrl, program: str, instance: str) -> None:
        self._url = url
        self._key = lock_key(program)
        self._instance = instance
        self._connection: Connection | None = None

    def try_acquire(self) -> bool:
        """Acquire the lock if it is free. Returns whether it is ours. Raises
        DatabaseUnavailable.
        """
        try:
            if self._connection is None:
                self._connection = connect(self._url, ANSWER_SECONDS)
                self._connection.autocommit = False
            with self._connection.cursor() as cursor:
                holder = PREFIX + self._instance
                cursor.execute(SETTINGS, {"lease": f"{LEASE_SECONDS}s", "holder": holder})
                # A standby has its own locks, which the primary does not know.
                cursor.execute(
                    "SELECT pg_try_advisory_xact_lock(%s), pg_is_in_recovery()", (self._key,)
                )
                taken, standby = cursor.fetchone() or (False, False)
            if standby:
                raise psycopg2.OperationalError("cannot lock on a read-only standby")
            if taken:
                return True
            # Waiting in an open transaction would keep a connection of the pooler busy.
            self._connection.rollback()
        except psycopg2.Error as error:
            self.release()
            raise DatabaseUnavailable(diagnose(error, self._url)[0]) from None
        return False

    def holder(self) -> str:
        """The instance that has the lock; empty if unknown."""
        try:
            assert self._connection is not None  # noqa: S101  try_acquire has just connected
            with self._connection.cursor() as cursor:
                cursor.execute(HOLDER, (self._key,))
                row = cursor.fetchone()
            self._connection.rollback()
        except psycopg2.Error:
            return ""
        name = (row and row[0]) or ""
        return name.removeprefix(PREFIX) if name.startswith(PREFIX) else ""

    def renew(self) -> None:
        """Renew the lock. Raises LockLost."""
        try:
            assert self._connection is not None  # noqa: S101  it is held
            with self._connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except psycopg2.Error as error:
            self.release()
            raise LockLost(diagnose(error, self._url)[0]) from None

    def fileno(self) -> int:
        """The socket to the server; it becomes readable when the server ends the connection."""
        assert self._connection is not None  # noqa: S101  it is held
        return int(self._connection.fileno())

    def release(self) -> None:
        """Close the connection, which frees the lock at once if the database can be reached."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg2.Error):
                connection.close()


def lock_key(program: str) -> int:
    """The key of a program's lock: 63 bits, because an advisory lock's key is a signed bigint."""
    digest = hashlib.sha256(f"demijohn program {program}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
