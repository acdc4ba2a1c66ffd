"""Parses the database URLs that hosts hand out and turns them into ones that libpq accepts.

Hosts hand out `postgres://`, SQLAlchemy's `postgresql+driver://`, parameters of other languages'
pools, and passwords that are not percent-encoded. Only this module handles these variants.
"""

import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode

# libpq's connection parameters (https://www.postgresql.org/docs/current/libpq-connect.html).
# libpq rejects a URL that has any other.
LIBPQ_PARAMETERS = frozenset(
    [
        "application_name",
        "channel_binding",
        "client_encoding",
        "connect_timeout",
        "dbname",
        "fallback_application_name",
        "gssdelegation",
        "gssencmode",
        "gsslib",
        "host",
        "hostaddr",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "krbsrvname",
        "load_balance_hosts",
        "max_protocol_version",
        "min_protocol_version",
        "options",
        "passfile",
        "password",
        "port",
        "require_auth",
        "requirepeer",
        "requiressl",
        "service",
        "ssl_max_protocol_version",
        "ssl_min_protocol_version",
        "sslcert",
        "sslcertmode",
        "sslcompression",
        "sslcrl",
        "sslcrldir",
        "sslkey",
        "sslmode",
        "sslnegotiation",
        "sslpassword",
        "sslrootcert",
        "sslsni",
        "target_session_attrs",
        "tcp_user_timeout",
        "user",
    ]
)

FORM = "postgres://user:password@host:5432/database"
SQLITE = "is a SQLite file"  # the beginning of the message about such a URL

TLS_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")

SYSTEM_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"

QUOTES = "'\"`\N{LEFT DOUBLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}"
# Databases that an app may use instead, by the beginning of their URL's scheme.
OTHER = re.compile(
    r"(sqlite3?|mysql|mariadb|mssql|oracle|mongodb|redis|rediss|cockroachdb|db2|duckdb|snowflake)"
    r"(\+[\w.]+)?",
    re.IGNORECASE,
)
# Drivers whose URLs have libpq's parameters, pg8000's for apps that translate them.
LIBPQ_DRIVERS = ("psycopg2", "psycopg", "psycopg_async", "pg8000")
SCHEMES = re.compile(r"postgres(?:ql)?(?:\+(?P<driver>\w+))?", re.IGNORECASE)
# The percent-encoded folder of a socket may contain colons: %2Fcloudsql%2Fproject:region:instance.
SOCKET_FOLDER = r"%2[Ff][^\s/?#@\[\],]*"
HOST = rf"({SOCKET_FOLDER}|\[[\w:.%-]+\]|[^\s:/?#@\[\],]*)(:[0-9]*)?"
AUTHORITY_TAIL = re.compile(rf"{HOST}(,{HOST})*(/[^?#]*)?(\?.*)?")


@dataclass(frozen=True)
class DatabaseUrl:
    """The parts of a Postgres URL, percent-decoded; `hosts` is `host:port[,host:port…]`.

    `driver` is SQLAlchemy's name of the driver that the URL names, or "". `given` has the URL's own
    parameters, `parameters` those of them that libpq knows, and defaults.
    """

    user: str
    password: str = field(repr=False)
    hosts: str
    database: str
    parameters: dict[str, str] = field(repr=False)
    driver: str = ""
    given: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def foreign(self) -> dict[str, str]:
        """The parameters that libpq does not know."""
        return {name: text for name, text in self.given.items() if name not in LIBPQ_PARAMETERS}

    @property
    def ignored(self) -> tuple[str, ...]:
        """The names of the parameters that are dropped; those for a named driver are not."""
        return () if self.driver else tuple(self.foreign)

    def libpq(self) -> str:
        """The URL for psycopg2 and psql."""
        return self._url("postgresql", self.parameters)

    def sqlalchemy(self, driver: str) -> str:
        """The URL for SQLAlchemy, which names the driver."""
        parameters = self.parameters
        if driver == self.driver:  # for asyncpg, any parameter of libpq's would be an error
            parameters = parameters | self.foreign if driver in LIBPQ_DRIVERS else self.given
        return self._url(f"postgresql+{driver}", parameters)

    def with_defaults(self, user: str, password: str, sslmode: str | None) -> "DatabaseUrl":
        """A copy whose missing parts come from the arguments, as libpq takes them from PG*."""
        parameters = ({"sslmode": sslmode} if sslmode else {}) | self.parameters
        user, password = self.user or user, self.password or password
        return _complete(replace(self, user=user, password=password, parameters=parameters))

    def without(self, *parameters: str) -> "DatabaseUrl":
        """A copy without the password and without the given parameters."""
        kept = {name: text for name, text in self.parameters.items() if name not in parameters}
        return replace(self, password="", parameters=kept)

    def _url(self, scheme: str, parameters: dict[str, str]) -> str:
        login = quote(self.user, safe="") + (
            ":" + quote(self.password, safe="") if self.password else ""
        )
        # Leave slashes readable: they occur in `?host=/cloudsql/…` and in file names.
        query = urlencode(parameters, quote_via=quote, safe="/:")
        at = "@" if login else ""
        return f"{scheme}://{login}{at}{self.hosts}/{quote(self.database, safe='')}" + (
            "?" + query if query else ""
        )

    def secrets(self) -> list[str]:
        """The password, plain and percent-encoded."""
        known = [self.password, self.parameters.get("password", "")]
        return [form for word in known if word for form in (word, quote(word, safe=""))]

    def place(self) -> str:
        """Host and database for messages, without user and password."""
        return f"{self.hosts or self.parameters.get('host', 'localhost')}/{self.database}"


class OtherDatabase(ValueError):
    """The URL `text` is not of Postgres; `kind` is its scheme without the driver."""

    def __init__(self, message: str, kind: str, text: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.text = text

    def secrets(self) -> list[str]:
        """The URL, and its password as it is written there."""
        login = self.text.partition("://")[2].rpartition("@")[0]
        return [self.text, *filter(None, [login.partition(":")[2]])]

    def file(self) -> Path | None:
        """SQLite's file; None if the database is in memory, or not SQLite."""
        path = unquote(self.text.partition("://")[2].partition("?")[0]).removeprefix("/")
        return Path(path) if self.kind == "sqlite" and path not in ("", ":memory:") else None


def parse(text: str) -> DatabaseUrl:
    """Parse a URL in any form that hosts hand out.

    Raises OtherDatabase, or ValueError; the message says what is wrong and what to do, and contains
    no secret.
    """
    _check_pasted_text(text.strip())
    scheme, separator, rest = text.strip().partition("://")
    known = SCHEMES.fullmatch(scheme)
    if not separator or not known:
        raise _wrong_scheme(text.strip())
    login, tail = _split_login(rest)
    if not AUTHORITY_TAIL.fullmatch(tail):
        raise ValueError(
            f"has no valid host. Write it as {FORM}, with special characters of the password "
            "percent-encoded: %40 for @"
        )
    address, _, query = tail.partition("?")
    hosts, _, database = address.partition("/")
    user, _, password = login.partition(":")
    # As in libpq, + is not a space, and ssl=true means sslmode=require.
    given = dict(parse_qsl(query.replace("+", "%2B"), keep_blank_values=True))
    if given.get("ssl") == "true":
        del given["ssl"]
        given.setdefault("sslmode", "require")
    parameters = {name: value for name, value in given.items() if name in LIBPQ_PARAMETERS}
    return _complete(
        DatabaseUrl(
            user=_unquote(user),
            password=_unquote(password),
            hosts=hosts,
            database=_unquote(database),
            parameters=parameters,
            driver=(known.group("driver") or "").lower(),
            given=given,
        )
    )


def from_parts(
    *, host: str, port: int, user: str, password: str, database: str | None, sslmode: str | None
) -> DatabaseUrl:
    """The URL that the PG* variables describe; a `host` with a slash is a socket's folder.

    Raises ValueError if `host` is not a host.
    """
    parameters = {"sslmode": sslmode} if sslmode else {}
    if host.startswith("/"):
        hosts, parameters["host"], parameters["port"] = "", host, str(port)
    else:
        hosts = ",".join(f"{_bracketed(name)}:{port}" for name in host.split(","))
    return _complete(DatabaseUrl(user, password, hosts, database or user, parameters))


def _bracketed(host: str) -> str:
    """A host as it is written in a URL: an IPv6 address in brackets."""
    if re.fullmatch(r"[^\s:/?#@\[\]]+", host):
        return host
    if host.count(":") > 1 and re.fullmatch(r"[0-9A-Fa-f:.]+(%[\w-]+)?", host):
        return f"[{host.replace('%', '%25')}]"
    raise ValueError("must be a host name or an address, without a port")


def _complete(url: DatabaseUrl) -> DatabaseUrl:
    """Fill in the parts for which libpq's defaults are unsuitable. Raises ValueError."""
    parameters = dict(url.parameters)
    if re.fullmatch(SOCKET_FOLDER, url.hosts):
        # The last part is a port only if it is a number: the name of a Cloud SQL instance begins
        # with a letter (https://cloud.google.com/sql/docs/postgres/instance-settings).
        folder, _, port = url.hosts.rpartition(":")
        if not port.isdigit():
            folder, port = url.hosts, ""
        parameters.setdefault("host", _unquote(folder.rstrip(":")))
        if port:
            parameters.setdefault("port", port)
        url = replace(url, hosts="")
    if not url.hosts and "host" not in parameters:
        raise ValueError(f"does not contain a host. Write it as {FORM}")
    if not url.database and "dbname" not in parameters:
        raise ValueError(f"does not contain a database name. Write it as {FORM}")
    if "," in url.hosts or "," in parameters.get("host", ""):
        parameters.setdefault("target_session_attrs", "read-write")  # never the standby
    if parameters.get("sslmode", "prefer") not in TLS_MODES:
        raise ValueError(
            f"has sslmode={parameters['sslmode']}. Choose one of: {', '.join(TLS_MODES)}"
        )
    if parameters.get("sslmode", "").startswith("verify-"):
        # libpq looks in ~/.postgresql only, and does not connect without a certificate there.
        bundle = os.environ.get("SSL_CERT_FILE", SYSTEM_CERTIFICATES)
        if Path(bundle).is_file():
            parameters.setdefault("sslrootcert", bundle)
    return replace(url, parameters=parameters)


def _split_login(rest: str) -> tuple[str, str]:
    """`user:password`, and the part after the @. The password may contain a bare @, /, ? or #.

    The separator is the last @ that is followed by a host, before the query if there is one there.
    """
    for scope in (rest.partition("?")[0], rest):
        for match in reversed(list(re.finditer("@", scope))):
            at = match.start()
            tail = rest[at + 1 :]
            if tail.startswith("?"):
                continue  # no host and no database: this @ is part of the password
            if AUTHORITY_TAIL.fullmatch(tail) and not _is_query(rest, at):
                return rest[:at], tail
    return "", rest


def _is_query(rest: str, at: int) -> bool:
    """Whether the @ belongs to a parameter of a URL that has no login: `host/db?user=a@b`."""
    question = rest.find("?")
    return 0 <= question < at and bool(AUTHORITY_TAIL.fullmatch(rest[:question]))


def _unquote(text: str) -> str:
    """Percent-decode, unless there is a bare % as in the password `100%`."""
    return unquote(text) if not re.search(r"%(?![0-9A-Fa-f]{2})", text) else text


def _check_pasted_text(text: str) -> None:
    """Raise ValueError if more than the URL was pasted; the message quotes none of it."""
    if re.match(r"psql\b", text):
        raise ValueError(
            "is a psql command. Set it to the URL alone: remove `psql`, its options and the quotes"
        )
    if named := re.match(r"(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=", text):
        raise ValueError(
            f"begins with `{named[1]}=`. Set it to the URL alone: remove the name and any quotes"
        )
    if text[:1] and text[0] in QUOTES:
        raise ValueError(
            "has quotes around it, which docker's --env-file and "
            '`- NAME="…"` in YAML keep as part of the value. Remove them'
        )
    if re.match(r"\$\{|\$\(|\{\{|<", text):
        raise ValueError(
            "is a placeholder that was not replaced. Check the name it refers to,"
            f" or write the URL itself: {FORM}"
        )
    if re.search(r"[\r\n\t]", text):
        raise ValueError("contains a line break or a tab. Write the URL on one line, without them")


def _wrong_scheme(text: str) -> ValueError:
    """The error for a text that does not begin like a Postgres URL.

    It quotes known schemes only: what stands there may be a password.
    """
    scheme = text.partition("://")[0] if "://" in text else text.partition(":")[0]
    if not (known := OTHER.fullmatch(scheme)):
        return ValueError(f"is not a Postgres URL. Write it as {FORM}")
    kind = known[1].lower().removesuffix("3")
    if kind == "sqlite":
        message = f"{SQLITE}. Set it to a Postgres URL: {FORM}"
    else:
        message = f"is a {scheme} URL. Only Postgres is supported: {FORM}"
    return OtherDatabase(message, kind, text)
