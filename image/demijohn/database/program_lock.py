"""The right to run a program that may have one instance only, in however many containers.

It is an advisory lock in Postgres that an open transaction holds: a pooler in transaction mode
keeps such a transaction on one connection. The server ends a transaction that is idle for
LEASE_SECONDS, so the lock of a holder that is gone becomes free then, whatever stands between the
two. The holder renews it by asking, and knows that it may be lost when no answer comes.
"""

import hashlib
from contextlib import suppress

import psycopg2
from psycopg2.extensions import connection as Connection

from demijohn.config.database_url import DatabaseUrl
from demijohn.database.connect import connect
from demijohn.database.connection_errors import diagnose

RENEW_SECONDS = 2  # between two questions
ANSWER_SECONDS = 4  # for an answer, and for a connection; without one, the lock counts as lost
LEASE_SECONDS = 12  # more than both, and what the holder then takes to stop its program

# transaction_timeout is there from Postgres 17 on. What is set so ends with the transaction:
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

PREFIX = "demijohn: "  # of the name under which a holder's connection is listed


class LockLost(Exception):
    """The lock may be somebody else's by now; the message says why, without a secret."""


class DatabaseAway(Exception):
    """The database cannot be asked; the message says why and what to do, without a secret."""


class ProgramLock:
    """The lock of `program` in the database of `url`; `instance` is how others name its holder."""

    def __init__(self, url: DatabaseUrl, program: str, instance: str) -> None:
        self._url = url
        self._key = lock_key(program)
        self._instance = instance
        self._connection: Connection | None = None

    def try_to_take(self) -> bool:
        """Take the lock if it is free. Raises DatabaseAway."""
        try:
            if self._connection is None:
                self._connection = connect(self._url, ANSWER_SECONDS)
                self._connection.autocommit = False
            with self._connection.cursor() as cursor:
                holder = PREFIX + self._instance
                cursor.execute(SETTINGS, {"lease": f"{LEASE_SECONDS}s", "holder": holder})
                # A standby has locks of its own.
                cursor.execute(
                    "SELECT pg_try_advisory_xact_lock(%s), pg_is_in_recovery()", (self._key,)
                )
                taken, standby = cursor.fetchone() or (False, False)
            if standby:
                raise psycopg2.OperationalError("cannot lock on a read-only standby")
            if taken:
                return True
            # In an open transaction, those who wait would take all of a pooler's connections.
            self._connection.rollback()
        except psycopg2.Error as error:
            self.give_back()
            raise DatabaseAway(diagnose(error, self._url)[0]) from None
        return False

    def holder(self) -> str:
        """The instance that has the lock; empty if that cannot be seen."""
        try:
            assert self._connection is not None  # noqa: S101  try_to_take has just succeeded
            with self._connection.cursor() as cursor:
                cursor.execute(HOLDER, (self._key,))
                row = cursor.fetchone()
            self._connection.rollback()
        except psycopg2.Error:
            return ""
        name = (row and row[0]) or ""
        return name.removeprefix(PREFIX) if name.startswith(PREFIX) else ""

    def renew(self) -> None:
        """Ask whether the lock is still ours. Raises LockLost."""
        try:
            assert self._connection is not None  # noqa: S101  it is held
            with self._connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except psycopg2.Error as error:
            self.give_back()
            raise LockLost(diagnose(error, self._url)[0]) from None

    def fileno(self) -> int:
        """The socket to the server: readable when the server has ended the connection."""
        assert self._connection is not None  # noqa: S101  it is held
        return int(self._connection.fileno())

    def give_back(self) -> None:
        """Let others have the lock, now if the database can be reached."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg2.Error):
                connection.close()


def lock_key(program: str) -> int:
    """The key of a program's lock: 63 bits, since an advisory lock's key is a signed bigint."""
    digest = hashlib.sha256(f"demijohn program {program}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
