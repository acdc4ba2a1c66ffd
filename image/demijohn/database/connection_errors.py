"""Why connecting to the database fails: what libpq says, what it means, and what to do.

libpq gives no SQLSTATE for a connection that was not made
(https://www.postgresql.org/docs/current/libpq-status.html), so its words are all there is.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from demijohn.config.database_url import DatabaseUrl


@dataclass(frozen=True)
class Ailment:
    """A way in which connecting fails. `sign` is looked for in libpq's message, in lower case."""

    sign: str
    diagnosis: str
    remedy: str
    heals: bool = False


HEALS = True

# What engines leave in a container; in one, its own addresses lead to itself.
CONTAINER = (Path("/.dockerenv"), Path("/run/.containerenv"))
ITSELF = re.compile(r"(?:^|,)(localhost|127\.[\d.]+|\[::1\])(?=[:,]|$)")

# The first that matches counts. Words in braces come from the URL.
AILMENTS = (
    Ailment(
        r"password authentication failed|no password supplied|sasl authentication failed",
        'password refused for user "{user}" at {place}',
        "Check the password in DATABASE_URL",
    ),
    Ailment(
        r'role ".*" does not exist|no such user',
        'no user "{user}" at {place}',
        "Check the user in DATABASE_URL",
    ),
    Ailment(
        r'database ".*" does not exist|no such database',
        'no database "{database}" at {place}',
        "Create it, or correct the name in DATABASE_URL",
    ),
    Ailment(
        r"server does not support ssl|does not support ssl",
        "TLS is required, but {place} offers none",
        "Use sslmode=prefer, or turn TLS on there",
    ),
    Ailment(
        r'root certificate file ".*" does not exist',
        "sslrootcert= names a file that is not there, {certificate}",
        "Mount it, or name one that is",
    ),
    Ailment(
        r"certificate verify failed|root certificate|does not match host|has expired|self.signed",
        "the TLS certificate of {place} was not accepted ({message})",
        "Use the host name that it was issued for, or name its authority with sslrootcert=",
    ),
    Ailment(
        r"channel binding",
        "{place} offers no channel binding",
        "Take channel_binding=require out of DATABASE_URL",
    ),
    Ailment(
        r"no pg_hba.conf entry.*no encryption|ssl required|requires? ssl|tls required",
        "{place} wants TLS",
        "Add sslmode=require to DATABASE_URL",
    ),
    Ailment(
        r"no pg_hba.conf entry|pg_hba.conf rejects",
        'user "{user}" may not connect to {place} from here',
        "Allow this host there (pg_hba.conf, IP allow list)",
    ),
    Ailment(
        r"invalid connection option|invalid .* value|invalid port",
        "DATABASE_URL has a parameter that libpq does not take ({message})",
        "Correct it",
    ),
    Ailment(
        r"unsupported startup parameter",
        "the pooler at {place} does not take every parameter in DATABASE_URL ({message})",
        "Take it out, or name it in PgBouncer's ignore_startup_parameters",
    ),
    Ailment(
        r"could not translate host name|name or service not known|nodename nor servname",
        "no address is known for {hosts}",
        "Check the host in DATABASE_URL",
        HEALS,
    ),
    Ailment(
        r"starting up|shutting down|recovery|not (yet )?accepting connections",
        "{place} is starting up",
        "Wait for it, or raise DATABASE_WAIT",
        HEALS,
    ),
    Ailment(
        r"too many|remaining connection slots|max_client_conn|no more connections",
        "{place} has no connection to spare",
        "Lower DATABASE_POOL_SIZE or WEB_CONCURRENCY, or raise its max_connections "
        "(a PgBouncer's max_client_conn)",
        HEALS,
    ),
    Ailment(
        r"query_wait_timeout|login has been failing|cannot connect to server",
        "the pooler at {place} has no connection to its database ({message})",
        "Start the database behind it, or raise its default_pool_size",
        HEALS,
    ),
    Ailment(
        r"no answer to a query",
        "{place} lets us in, and then does not answer",
        "See to the database, or to what stands behind the pooler",
        HEALS,
    ),
    Ailment(
        r"timeout expired|timed out|no route|unreachable",
        "{hosts} does not answer",
        "Check the host, the port and the firewall between",
        HEALS,
    ),
    Ailment(
        r"connection refused|no such file|connection reset|closed the connection|eof detected",
        "nothing answers at {hosts}",
        "Start the database, or check host and port in DATABASE_URL",
        HEALS,
    ),
    Ailment(r"", "{place}: {message}", "Check DATABASE_URL", HEALS),
)


def diagnose(error: Exception, url: DatabaseUrl, name: str = "DATABASE_URL") -> tuple[str, bool]:
    """One line on why connecting failed, and whether waiting may heal it.

    `name` is the variable that has the URL.
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [
        type(error).__name__
    ]
    message = redact(re.sub(r"^.*?(FATAL|ERROR|failed|error):\s+", "", lines[-1]), url.secrets())
    # Attempt by attempt (each address, with TLS and without) libpq adds a line.
    # What cannot heal says more than what can, wherever it stands.
    text = " ".join(lines).lower()
    for host in re.split(r"[,:\[\]]+", url.hosts.lower()):  # a host's name is no symptom
        text = text.replace(host, "") if len(host) > 3 else text
    hint = _itself(url) if "refused" in text else ""
    ailment = next(a for a in AILMENTS if re.search(a.sign, text))
    words = {
        "user": url.user,
        "database": url.database,
        "place": url.place(),
        "hosts": url.hosts or url.parameters.get("host", ""),
        "certificate": url.parameters.get("sslrootcert", ""),
        "message": message,
    }
    diagnosis, remedy = (
        text.replace("DATABASE_URL", name) for text in (ailment.diagnosis, ailment.remedy)
    )
    line = f"database away: {diagnosis.format(**words)}. {remedy}.{hint}"
    return line, ailment.heals


def _itself(url: DatabaseUrl) -> str:
    """What to know where a container looks for the database in itself."""
    own = ITSELF.search(url.hosts)
    if not own or not any(mark.exists() for mark in CONTAINER):
        return ""
    return (
        f" In a container, {own[1]} is the container itself: for a database on the machine around "
        "it write host.docker.internal, or run it with --network host."
    )


def redact(text: str, secrets: list[str]) -> str:
    """`text` with every secret of four characters or more made unreadable."""
    for secret in secrets:
        if len(secret) >= 4:
            text = text.replace(secret, "•••")
    return text
