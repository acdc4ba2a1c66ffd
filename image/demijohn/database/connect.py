"""The database as the boot sees it: which one, whether it answers, and if not, why not.

libpq speaks here whatever driver the app uses: it takes every parameter that hosts hand out.
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
    """A new connection in autocommit mode, to a server that answers.

    `timeout` is in seconds, for connecting, and later for each query. Raises psycopg2.Error.
    """
    set_wait_callback(None)  # libpq keeps to connect_timeout in its own way of waiting only
    made = psycopg2.connect(url.libpq(), connect_timeout=timeout, application_name="demijohn")
    set_wait_callback(_finish)
    made.autocommit = True
    return made


def _finish(connection: Connection) -> None:
    """Wait for the answer to a query, for as long as connecting may take.

    A pooler lets one in whose database is away. In libpq, which psycopg2 waits in by default, there
    is no such limit, and no signal reaches us.
    """
    seconds = int(connection.info.dsn_parameters["connect_timeout"])
    try:
        finish(connection, time.monotonic() + seconds)
    except TimeoutError:
        raise psycopg2.OperationalError("no answer to a query") from None


def take_time() -> None:
    """Let queries from here on take as long as they need, and let there be COPY, which psycopg2 has
    in libpq's own way of waiting only.
    """
    set_wait_callback(None)


def wait(
    url: DatabaseUrl, settings: Settings, say: Callable[[str], None], name: str = "DATABASE_URL"
) -> tuple[Connection, "Server"]:
    """A connection, as soon as there is one to be had, and what the server tells of itself.

    Tries with growing pauses for DATABASE_WAIT seconds where time may heal it. `name` is the
    variable that has the URL. Raises CommandError(69).
    """
    deadline = time.monotonic() + settings.database_wait
    pause = 0.1
    told = ""
    while True:
        try:
            return connect_and_inspect(url, settings.database_connect_timeout)
        except (psycopg2.OperationalError, psycopg2.ProgrammingError) as error:
            line, heals = diagnose(error, url, name)
        left = deadline - time.monotonic()
        if not heals or left <= 0:
            raise CommandError(Exit.UNAVAILABLE, line)
        if line != told:
            say(f"{line} Trying for {left:.0f} s more.")
            told = line
        time.sleep(min(pause, left))
        pause = min(pause * 2, 2.0)


@dataclass(frozen=True)
class Server:
    """What the server tells of itself; `pooled` says whether a pooler stands before it."""

    version: str
    tls: str | None
    max_connections: int
    connections: int
    unwritable: str  # why it takes no writing, and what to do; empty if it does
    pooled: bool

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def __str__(self) -> str:
        way = ", through a pooler" if self.pooled else ""
        return f"PostgreSQL {self.version}, {self.tls or 'no TLS'}{way}"


def connect_and_inspect(url: DatabaseUrl, timeout: int) -> tuple[Connection, Server]:
    """A new connection, as of `connect`, and what the server tells of itself."""
    connection = connect(url, timeout)
    try:
        return connection, _inspect(connection)
    except BaseException:
        connection.close()
        raise


def _inspect(connection: Connection) -> Server:
    """Ask for version, TLS and the connection budget, in one round trip."""
    with connection.cursor() as cursor:
        # Reserved slots are not for us. pg_stat_activity shows a row for everybody's connection.
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
    # A pooler's clients get a number of its own in the place of a server's process.
    pooled = pid != info.backend_pid
    why = unwritable(name, standby=standby, read_only=read_only)
    return Server(version.split()[0], tls, most, used, why, pooled)


def unwritable(name: str, *, standby: bool, read_only: bool) -> str:
    """Why the database of that name takes no writing, and what to do; empty if it does."""
    if standby:
        return "is a read-only standby. Name the primary, or both hosts"
    if not read_only:
        return ""
    quoted = '"' + name.replace('"', '""') + '"'
    return (
        "takes no writing: default_transaction_read_only is on, which some hosts see to where the "
        "disk is full. Turn it off where it was turned on: SET default_transaction_read_only = off;"
        f" ALTER DATABASE {quoted} RESET default_transaction_read_only; or the same with ALTER "
        "ROLE, or in postgresql.conf"
    )
