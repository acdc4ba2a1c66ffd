"""Explains why connecting to the database fails, and what to do.

libpq gives no SQLSTATE for a failed connection
(https://www.postgresql.org/docs/current/libpq-status.html), so the causes are recognised by the
texts of its messages.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from demijohn.config.database_url import DatabaseUrl


@dataclass(frozen=True)
class Cause:
    """A cause of failed connections. `pattern` is searched for in libpq's message, in lower case.

    `is_temporary`: whether retrying may succeed.
    """

    pattern: str
    diagnosis: str
    remedy: str
    is_temporary: bool = False


TEMPORARY = True

# Files that container engines create. In a container, the addresses in LOOPBACK lead to itself.
CONTAINER = (Path("/.dockerenv"), Path("/run/.containerenv"))
LOOPBACK = re.compile(r"(?:^|,)(localhost|127\.[\d.]+|\[::1\])(?=[:,]|$)")

# The first match counts. Names in braces are filled in from the URL and the message.
CAUSES = (
    Cause(
        r"password authentication failed|no password supplied|sasl authentication failed",
        'password refused for user "{user}" at {place}',
        "Check the password in DATABASE_URL, where special characters are percent-encoded",
    ),
    Cause(
        r'role ".*" does not exist|no such user',
        'no user "{user}" at {place}',
        "Check the user in DATABASE_URL",
    ),
    Cause(
        r'database ".*" does not exist|no such database',
        'no database "{database}" at {place}',
        "Create it, or correct the name in DATABASE_URL",
    ),
    Cause(
        r"server does not support ssl|does not support ssl",
        "TLS is required, but {place} offers none",
        "Use sslmode=prefer, or turn TLS on there",
    ),
    Cause(
        r'root certificate file ".*" does not exist',
        "sslrootcert= names a file that does not exist, {certificate}",
        "Mount it, or name one that exists",
    ),
    Cause(
        r"certificate verify failed|root certificate|does not match host|has expired|self.signed",
        "the TLS certificate of {place} was not accepted ({message})",
        "Use the host name that it was issued for, or name its authority with sslrootcert=",
    ),
    Cause(
        r"channel binding",
        "{place} offers no channel binding",
        "Remove channel_binding=require from DATABASE_URL",
    ),
    Cause(
        r"no pg_hba.conf entry.*no encryption|ssl required|requires? ssl|tls required",
        "{place} requires TLS",
        "Add sslmode=require to DATABASE_URL",
    ),
    Cause(
        r"no pg_hba.conf entry|pg_hba.conf rejects",
        'user "{user}" may not connect to {place} from here',
        "Allow this host there (pg_hba.conf, IP allow list)",
    ),
    Cause(
        r"invalid connection option|invalid .* value|invalid port",
        "DATABASE_URL has a parameter that libpq does not accept ({message})",
        "Correct it",
    ),
    Cause(
        r"unsupported startup parameter",
        "the pooler at {place} does not accept every parameter in DATABASE_URL ({message})",
        "Remove it, or name it in PgBouncer's ignore_startup_parameters",
    ),
    Cause(
        r"could not translate host name|name or service not known|nodename nor servname",
        "the name {names} does not resolve",
        "Check the host in DATABASE_URL",
        TEMPORARY,
    ),
    Cause(
        r"starting up|shutting down|recovery|not (yet )?accepting connections",
        "{place} is starting up",
        "Wait for it, or raise DATABASE_WAIT",
        TEMPORARY,
    ),
    Cause(
        r"too many|remaining connection slots|max_client_conn|no more connections",
        "{place} has no free connection",
        "Lower DATABASE_POOL_SIZE or WEB_CONCURRENCY, or raise its max_connections "
        "(a PgBouncer's max_client_conn)",
        TEMPORARY,
    ),
    Cause(
        r"query_wait_timeout|login has been failing|cannot connect to server",
        "the pooler at {place} has no connection to its database ({message})",
        "Start the database behind it, or raise its default_pool_size",
        TEMPORARY,
    ),
    Cause(
        r"no answer to a query",
        "{place} accepts connections but does not answer queries",
        "Check the database, or the server behind the pooler",
        TEMPORARY,
    ),
    Cause(
        r"timeout expired|timed out|no route|unreachable",
        "{hosts} does not answer",
        "Check the host, the port and the firewall",
        TEMPORARY,
    ),
    Cause(
        r"connection refused|no such file|connection reset|closed the connection|eof detected",
        "nothing answers at {hosts}",
        "Start the database, or check host and port in DATABASE_URL",
        TEMPORARY,
    ),
    Cause(r"", "{place}: {message}", "Check DATABASE_URL", TEMPORARY),
)


def diagnose(error: Exception, url: DatabaseUrl, name: str = "DATABASE_URL") -> tuple[str, bool]:
    """One line on why connecting failed and what to do, and whether the cause is temporary.

    `name` is the variable that has the URL.
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [
        type(error).__name__
    ]
    message = redact(re.sub(r"^.*?(FATAL|ERROR|failed|error):\s+", "", lines[-1]), url.secrets())
    # libpq adds a line per attempt: each address, with TLS and without. Permanent causes are listed
    # first, since they explain more than temporary ones, in whichever line they are.
    text = " ".join(lines).lower()
    for host in re.split(r"[,:\[\]]+", url.hosts.lower()):  # a host's name must not match a pattern
        text = text.replace(host, "") if len(host) > 3 else text
    hint = _loopback_hint(url) if "refused" in text else ""
    cause = next(each for each in CAUSES if re.search(each.pattern, text))
    words = {
        "user": url.user,
        "database": url.database,
        "place": url.place(),
        "hosts": url.hosts or url.parameters.get("host", ""),
        "names": re.sub(r":[0-9]+(?=,|$)", "", url.hosts),
        "certificate": url.parameters.get("sslrootcert", ""),
        "message": message,
    }
    diagnosis, remedy = (
        text.replace("DATABASE_URL", name) for text in (cause.diagnosis, cause.remedy)
    )
    if cause.pattern.startswith("could not translate"):
        hint = _network_hint(url)
    line = f"cannot connect to the database: {diagnosis.format(**words)}. {remedy}.{hint}"
    return line, cause.is_temporary


def _loopback_hint(url: DatabaseUrl) -> str:
    """A hint if a container looks for the database at its own loopback address, else ""."""
    own = LOOPBACK.search(url.hosts)
    if not own or not _in_container():
        return ""
    return (
        f" In a container, {own[1]} is the container itself: for a database on the host machine "
        "write host.docker.internal (on Linux with --add-host "
        "host.docker.internal:host-gateway), or run the container with --network host."
    )


def _network_hint(url: DatabaseUrl) -> str:
    """A hint about a name such as `db`, which another container has in a network, else ""."""
    names = re.findall(r"(?:^|,)([^:,]+)", url.hosts)
    if not _in_container() or all("." in name or "[" in name for name in names):
        return ""
    return (
        " The name of another container resolves only in a network that both are in: one Compose "
        "file, or docker run --network."
    )


def _in_container() -> bool:
    return any(mark.exists() for mark in CONTAINER)


def redact(text: str, secrets: list[str]) -> str:
    """`text` with bullets in the place of every secret of four characters or more."""
    for secret in secrets:
        if len(secret) >= 4:
            text = text.replace(secret, "•••")
    return text
