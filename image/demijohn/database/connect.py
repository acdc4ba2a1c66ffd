"""Connects to the database for the boot and the commands, and inspects its server.

Uses psycopg2, whichever driver the app uses: libpq supports all parameters that hosts hand out.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import set_wait_callback

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.config.database_url import DatabaseUrl
from demijohn.config.settings import Settings
from demijohn.database.async_wait import finish
from demijohn.database.connection_errors import diagnose


def connect(url: DatabaseUrl, timeout: int) -> Connection:
    """Open a connection in autocommit mode.

    `timeout` is in seconds, for connecting, and later for each query. Raises psycopg2.Error.
    """
    set_wait_callback(None)  # libpq honours connect_timeout only without a callback
    made = psycopg2.connect(url.libpq(), connect_timeout=timeout, application_name="demijohn")
    set_wait_callback(_finish)
    made.autocommit = True
    return made


def _finish(connection: Connection) -> None:
    """Wait for the answer to a query, for as long as connecting may take.

    A pooler accepts connections while its database is away. By default psycopg2 waits inside libpq,
    without a limit and without handling signals.
    """
    seconds = int(connection.info.dsn_parameters["connect_timeout"])
    try:
        finish(connection, time.monotonic() + seconds)
    except TimeoutError:
        raise psycopg2.OperationalError("no answer to a query") from None


def lift_query_timeout() -> None:
    """Let queries from here on take as long as they need. Also required for COPY, which psycopg2
    does not support with a wait callback.
    """
    set_wait_callback(None)


def wait(
    url: DatabaseUrl, settings: Settings, log: Callable[[str], None], name: str = "DATABASE_URL"
) -> tuple[Connection, "Server"]:
    """Connect, and inspect the server, as soon as the database accepts connections.

    Retries with growing pauses for DATABASE_WAIT seconds if the failure may be temporary. `name` is
    the variable that has the URL. Raises CommandError(69).
    """
    deadline = time.monotonic() + settings.database_wait
    pause = 0.1
    logged = ""
    while True:
        try:
            return connect_and_inspect(url, settings.database_connect_timeout)
        except (psycopg2.OperationalError, psycopg2.ProgrammingError) as error:
            line, is_temporary = diagnose(error, url, name)
        left = deadline - time.monotonic()
        if not is_temporary or left <= 0:
            raise CommandError(Exit.UNAVAILABLE, line)
        if line != logged:
            log(f"{line} Trying for {left:.0f} s more.")
            logged = line
        time.sleep(min(pause, left))
        pause = min(pause * 2, 2.0)


@dataclass(frozen=True)
class Server:
    """Facts about a server; `pooled`: whether the connection leads through a pooler."""

    version: str
    tls: str | None
    max_connections: int
    connections: int
    unwritable: str  # why the database is read-only, and what to do; empty if it is writable
    pooled: bool

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def __str__(self) -> str:
        pooler = ", through a pooler" if self.pooled else ""
        return f"PostgreSQL {self.version}, {self.tls or 'no TLS'}{pooler}"


def connect_and_inspect(url: DatabaseUrl, timeout: int) -> tuple[Connection, Server]:
    """Open a connection, as `connect` does, and inspect the server. Raises psycopg2.Error."""
    connection = connect(url, timeout)
    try:
        return connection, _inspect(connection)
    except BaseException:
        connection.close()
        raise


def _inspect(connection: Connection) -> Server:
    """Query version, TLS and the connection budget in one round trip."""
    with connection.cursor() as cursor:
        # Reserved slots are not for us. pg_stat_activity has a row for every user's connection.
        cursor.execute(
            """SELECT current_setting('server_version'),
                      current_setting('max_connections')::int
                        - current_setting('superuser_reserved_connections')::int,
                      (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
                      pg_is_in_recovery(), current_setting('transaction_read_only')::bool,
                      current_database(), pg_backend_pid()"""
        )
        row = cursor.fetchone()
        assert row is not None  # noqa: S101  a SELECT without FROM has one row
        version, most, used, standby, read_only, name, pid = row
    info = connection.info
    tls = info.ssl_attribute("protocol") if info.ssl_in_use else None
    # A pooler gives its clients a number of its own instead of the backend's process ID.
    pooled = pid != info.backend_pid
    why = unwritable(name, standby=standby, read_only=read_only)
    return Server(version.split()[0], tls, most, used, why, pooled)


def unwritable(name: str, *, standby: bool, read_only: bool) -> str:
    """Why the database of that name is read-only, and what to do; empty if it is writable."""
    if standby:
        return "is a read-only standby. Name the primary, or both hosts"
    if not read_only:
        return ""
    quoted = '"' + name.replace('"', '""') + '"'
    return (
        "is read-only: default_transaction_read_only is on, which some hosts set when the disk is "
        "full. Turn it off where it was turned on: SET default_transaction_read_only = off;"
        f" ALTER DATABASE {quoted} RESET default_transaction_read_only; or the same with ALTER "
        "ROLE, or in postgresql.conf"
    )
