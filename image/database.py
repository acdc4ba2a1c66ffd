"""The database as the boot sees it: which one, whether it answers, and if not, why not.

libpq speaks here whatever driver the app uses: it takes every parameter that hosts hand out.
"""

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg2
from psycopg2.extensions import connection as Connection

from .database_url import DatabaseUrl, parse
from .exits import Exit, Stop
from .settings import Settings


def configured(settings: Settings) -> DatabaseUrl:
    """The database that DATABASE_URL names, or else the PG* variables. Raises Stop(78)."""
    if settings.database_url:
        try:
            return parse(settings.database_url)
        except ValueError as mistake:
            raise Stop(Exit.CONFIGURATION, f"DATABASE_URL {mistake}.") from None
    if not settings.pghost:
        raise Stop(
            Exit.CONFIGURATION,
            "DATABASE_URL is not set. Set it to your Postgres: postgres://user:password@host:5432/database",
        )
    host = settings.pghost
    parameters = {"sslmode": settings.pgsslmode} if settings.pgsslmode else {}
    if host.startswith("/"):  # the folder of a Unix socket
        parameters["host"], host = host, ""
    elif ":" in host:
        host = f"[{host}]"
    user = settings.pguser or "postgres"
    return DatabaseUrl(
        user=user,
        password=settings.pgpassword or "",
        hosts=f"{host}:{settings.pgport}" if host else "",
        database=settings.pgdatabase or user,
        parameters=parameters,
    )


def export(url: DatabaseUrl, settings: Settings) -> None:
    """Hand the database to child processes, in the forms that their drivers take."""
    os.environ["DATABASE_URL"] = url.libpq()
    os.environ["SQLALCHEMY_DATABASE_URI"] = url.sqlalchemy(settings.database_driver)
    # libpq reads these by itself for whatever a URL leaves open: one source is enough.
    for name in (
        "PGHOST",
        "PGPORT",
        "PGUSER",
        "PGPASSWORD",
        "PGDATABASE",
        "PGSSLMODE",
        "PGPASSWORD_FILE",
    ):
        os.environ.pop(name, None)
    os.environ.pop("DATABASE_URL_FILE", None)


def connect(url: DatabaseUrl, timeout: int) -> Connection:
    """A new connection, in autocommit mode; `timeout` in seconds. Raises psycopg2.OperationalError."""
    made = psycopg2.connect(url.libpq(), connect_timeout=timeout, application_name="demijohn")
    made.autocommit = True
    return made


@dataclass(frozen=True)
class Ailment:
    """A way in which connecting fails. `sign` is looked for in libpq's message, in lower case."""

    sign: str
    diagnosis: str
    remedy: str
    heals: bool = False


HEALS = True

# The first that matches counts. Words in braces come from the URL.
AILMENTS = (
    Ailment(
        r"password authentication failed|no password supplied|wrong password|sasl authentication failed",
        'password refused for user "{user}" at {place}', "Check the password in DATABASE_URL",
    ),
    Ailment(
        r'role ".*" does not exist|no such user',
        'no user "{user}" at {place}', "Check the user in DATABASE_URL",
    ),
    Ailment(
        r'database ".*" does not exist|no such database',
        'no database "{database}" at {place}', "Create it, or correct the name in DATABASE_URL",
    ),
    Ailment(
        r"server does not support ssl|ssl negotiation|does not support ssl",
        "TLS is required, but {place} offers none", "Use sslmode=prefer, or turn TLS on there",
    ),
    Ailment(
        r"certificate verify failed|root certificate|does not match host name|certificate has expired|self.signed",
        "the TLS certificate of {place} was not accepted ({message})",
        "Use the host name that it was issued for, or name its authority with sslrootcert=",
    ),
    Ailment(
        r"channel binding", "{place} offers no channel binding", "Take channel_binding=require out of DATABASE_URL",
    ),
    Ailment(
        r"no pg_hba.conf entry.*no encryption|ssl required|requires? ssl|ssl/tls required|require.*encryption",
        "{place} wants TLS", "Add sslmode=require to DATABASE_URL",
    ),
    Ailment(
        r"no pg_hba.conf entry|pg_hba.conf rejects",
        'user "{user}" may not connect to {place} from here', "Allow this host there (pg_hba.conf, IP allow list)",
    ),
    Ailment(
        r"invalid connection option|invalid .*sslmode|invalid sslmode|invalid port|invalid .* value",
        "DATABASE_URL has a parameter that libpq does not take ({message})", "Correct it",
    ),
    Ailment(
        r"could not translate host name|name or service not known|nodename nor servname",
        "no address is known for {hosts}", "Check the host in DATABASE_URL", HEALS,
    ),
    Ailment(
        r"starting up|shutting down|recovery|not accepting connections",
        "{place} is starting up", "Wait for it, or raise DATABASE_WAIT", HEALS,
    ),
    Ailment(
        r"too many|remaining connection slots|max_client_conn|no more connections",
        "{place} has no connection to spare",
        "Lower DATABASE_POOL_SIZE or WEB_CONCURRENCY, or raise its max_connections", HEALS,
    ),
    Ailment(
        r"timeout expired|timed out|no route|unreachable",
        "{hosts} does not answer", "Check the host, the port and the firewall between", HEALS,
    ),
    Ailment(
        r"connection refused|no such file|connection reset|closed the connection|eof detected",
        "nothing answers at {hosts}", "Start the database, or check host and port in DATABASE_URL", HEALS,
    ),
    Ailment(r"", "{place}: {message}", "Check DATABASE_URL", HEALS),
)  # fmt: skip


def diagnose(error: Exception, url: DatabaseUrl) -> tuple[str, bool]:
    """One line on why connecting failed, and whether waiting may heal it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [
        type(error).__name__
    ]
    message = redact(re.sub(r"^.*?(FATAL|ERROR|failed|error):\s+", "", lines[-1]), [url.password])
    # Attempt by attempt (each address, with TLS and without) libpq adds a line.
    # What cannot heal says more than what can, wherever it stands.
    text = " ".join(lines).lower()
    ailment = next(a for a in AILMENTS if re.search(a.sign, text))
    words = {
        "user": url.user,
        "database": url.database,
        "place": url.place(),
        "hosts": url.hosts or url.parameters.get("host", ""),
        "message": message,
    }
    return f"database away: {ailment.diagnosis.format(**words)}. {ailment.remedy}.", ailment.heals


def redact(text: str, secrets: list[str]) -> str:
    """`text` with every secret of four characters or more made unreadable."""
    for secret in secrets:
        if len(secret) >= 4:
            text = text.replace(secret, "•••")
    return text


def wait(url: DatabaseUrl, settings: Settings, say: Callable[[str], None]) -> Connection:
    """A connection, as soon as there is one to be had.

    Tries with growing pauses for DATABASE_WAIT seconds where time may heal it. Raises Stop(69).
    """
    deadline = time.monotonic() + settings.database_wait
    pause = 0.1
    told = ""
    while True:
        try:
            return connect(url, settings.database_connect_timeout)
        except (psycopg2.OperationalError, psycopg2.ProgrammingError) as error:
            line, heals = diagnose(error, url)
        left = deadline - time.monotonic()
        if not heals or left <= 0:
            raise Stop(Exit.UNAVAILABLE, line)
        if line != told:
            say(f"{line} Trying for {left:.0f} s more.")
            told = line
        time.sleep(min(pause, left))
        pause = min(pause * 2, 2.0)


@dataclass(frozen=True)
class Server:
    """What the server tells of itself."""

    version: str
    tls: str | None
    max_connections: int
    connections: int
    read_only: bool

    def __str__(self) -> str:
        return f"PostgreSQL {self.version}, {self.tls or 'no TLS'}"


def inspect(connection: Connection) -> Server:
    """Ask for version, TLS and the connection budget, in one round trip."""
    with connection.cursor() as cursor:
        # Reserved slots are not for us. pg_stat_activity shows everybody's rows, if not their queries.
        cursor.execute(
            """SELECT current_setting('server_version'),
                      current_setting('max_connections')::int
                        - current_setting('superuser_reserved_connections')::int,
                      (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
                      pg_is_in_recovery() OR current_setting('transaction_read_only')::bool"""
        )
        version, most, used, read_only = cursor.fetchone()
    info = connection.info
    tls = info.ssl_attribute("protocol") if info.ssl_in_use else None
    return Server(version.split()[0], tls, most, used, read_only)
