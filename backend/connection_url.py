"""Parses DATABASE_URL, in any form that hosts hand out, into libpq's connection parameters.

https://www.postgresql.org/docs/current/libpq-connect.html lists the parameters. psycopg2 takes them
as they are; pg8000_connect translates them for pg8000.
"""

import logging
import re
from collections.abc import Mapping
from urllib.parse import unquote

logger = logging.getLogger(__name__)

# The variables from which libpq takes parameters that are not in DATABASE_URL.
ENVIRONMENT = {
    "PGHOST": "host",
    "PGPORT": "port",
    "PGUSER": "user",
    "PGPASSWORD": "password",
    "PGDATABASE": "dbname",
    "PGSSLMODE": "sslmode",
    "PGSSLROOTCERT": "sslrootcert",
}

# libpq's parameters. Hosts add parameters of other languages' libraries (`pgbouncer`,
# `connection_limit`, `schema`), and libpq rejects a URL with an unknown parameter.
KNOWN = frozenset(
    """application_name channel_binding client_encoding connect_timeout dbname
    fallback_application_name gssencmode host hostaddr keepalives keepalives_count keepalives_idle
    keepalives_interval options passfile password port require_auth service
    ssl_max_protocol_version ssl_min_protocol_version sslcert sslcertmode sslcrl sslkey sslmode
    sslnegotiation sslpassword sslrootcert sslsni target_session_attrs tcp_user_timeout
    user""".split()  # noqa: SIM905 — a page of quotes and commas reads worse
)

SCHEME = re.compile(r"postgres(ql)?(\+\w+)?://", re.IGNORECASE)
HOST = r"(?:\[[0-9A-Fa-f:.%]+\]|[^\[\]@:/?,]*)(?::\d*)?"
ADDRESS = re.compile(
    rf"(?P<hosts>{HOST}(?:,{HOST})*)(?:/(?P<dbname>[^@?]*))?(?:\?(?P<query>.*))?", re.DOTALL
)


def connection_parameters(environ: Mapping[str, str]) -> dict[str, str]:
    """The parameters from DATABASE_URL, completed from PGHOST and similar variables as in libpq.

    Raises ValueError, whose message continues "DATABASE_URL …" and contains no secret.
    """
    given = {name: environ[key] for key, name in ENVIRONMENT.items() if environ.get(key)}
    url = (environ.get("DATABASE_URL") or "").strip()
    return given | (parse(url) if url else {})


def parse(url: str) -> dict[str, str]:
    """The parameters in a URL such as `postgres://user:p@ss@host/database?sslmode=require`."""
    scheme = SCHEME.match(url)
    if not scheme:
        raise ValueError("must be a Postgres URL: postgresql://user:password@host:5432/database")
    user, password, address = _split_login(url[scheme.end() :])
    found = {"user": user, "password": password, "dbname": address["dbname"] or ""}
    found |= _hosts_and_ports(address["hosts"])
    found = {name: unquote(value) for name, value in found.items()}
    found |= _query(address["query"] or "")
    return {name: value for name, value in found.items() if value}


def _split_login(rest: str) -> tuple[str, str, re.Match[str]]:
    """User, password and address; the password may contain a bare @, / or ?."""
    if address := ADDRESS.fullmatch(rest):
        return "", "", address
    for at in (found.start() for found in re.finditer("@", rest)):
        if address := ADDRESS.fullmatch(rest[at + 1 :]):
            user, _, password = rest[:at].partition(":")
            return user, password, address
    raise ValueError("has no valid host; percent-encode special characters in the password")


def _hosts_and_ports(text: str) -> dict[str, str]:
    """`[::1]:5433,two` as libpq's lists: host `::1,two`, port `5433,`."""
    pairs = [re.fullmatch(r"\[?(.*?)\]?(?::(\d*))?", part) for part in text.split(",")]
    hosts, ports = zip(*(pair.groups(default="") for pair in pairs if pair), strict=True)
    return {"host": ",".join(hosts).strip(","), "port": ",".join(ports) if any(ports) else ""}


def _query(text: str) -> dict[str, str]:
    """libpq's parameters in a query string, in which + is not a space; others are dropped."""
    pairs = (pair.partition("=") for pair in text.split("&") if pair)
    given = {unquote(name): unquote(value) for name, _, value in pairs}
    if given.pop("ssl", None) == "true":  # JDBC's form, which libpq accepts too
        given.setdefault("sslmode", "require")
    if ignored := sorted(given.keys() - KNOWN):
        logger.info("DATABASE_URL: ignoring unknown parameters: %s", ", ".join(ignored))
    return {name: value for name, value in given.items() if name in KNOWN}


def each_host(parameters: Mapping[str, str]) -> list[dict[str, str]]:
    """One copy of the parameters per listed host, with its host and port."""
    hosts = parameters.get("host", "localhost").split(",")
    ports = parameters.get("port", "").split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    return [
        {**parameters, "host": host or "localhost", "port": port or "5432"}
        for host, port in zip(hosts, ports, strict=False)
    ]
