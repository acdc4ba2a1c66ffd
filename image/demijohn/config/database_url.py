"""Turns what hosts call a database URL into one that libpq takes.

Hosts hand out `postgres://`, SQLAlchemy's `postgresql+driver://`, parameters that belong to other
languages' pools, passwords that nobody escaped. All of it is put right here, once.
"""

import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode

# libpq's connection parameters (https://www.postgresql.org/docs/current/libpq-connect.html).
# Anything else would make it refuse the whole URL.
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
NOT_TO_STAY = ", which goes when its container goes"  # what is wrong with a file for a database

TLS_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")

SYSTEM_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"

QUOTES = "'\"`\N{LEFT DOUBLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}"
SCHEMES = re.compile(r"postgres(ql)?(\+\w+)?", re.IGNORECASE)
# A socket's folder, escaped, may contain colons: %2Fcloudsql%2Fproject:region:instance.
SOCKET_FOLDER = r"%2[Ff][^\s/?#@\[\],]*"
HOST = rf"({SOCKET_FOLDER}|\[[\w:.%-]+\]|[^\s:/?#@\[\],]*)(:[0-9]*)?"
AUTHORITY_TAIL = re.compile(rf"{HOST}(,{HOST})*(/[^?#]*)?(\?.*)?")


@dataclass(frozen=True)
class DatabaseUrl:
    """The parts of a Postgres URL, none of them escaped; `hosts` is `host:port[,host:port…]`.

    `ignored` names the parameters that were dropped because libpq has no such thing.
    """

    user: str
    password: str = field(repr=False)
    hosts: str
    database: str
    parameters: dict[str, str] = field(repr=False)
    ignored: tuple[str, ...] = ()

    def libpq(self) -> str:
        """The URL that psycopg2 and psql take."""
        return self._url("postgresql")

    def sqlalchemy(self, driver: str) -> str:
        """The URL with the driver named, as SQLAlchemy wants it."""
        return self._url(f"postgresql+{driver}")

    def with_defaults(self, user: str, password: str, sslmode: str | None) -> "DatabaseUrl":
        """The same, where what the URL leaves open is as libpq would find it in PG* variables."""
        parameters = ({"sslmode": sslmode} if sslmode else {}) | self.parameters
        user, password = self.user or user, self.password or password
        return _complete(replace(self, user=user, password=password, parameters=parameters))

    def without(self, *parameters: str) -> "DatabaseUrl":
        """The same without its password and without some parameters."""
        kept = {name: text for name, text in self.parameters.items() if name not in parameters}
        return replace(self, password="", parameters=kept)

    def _url(self, scheme: str) -> str:
        login = quote(self.user, safe="") + (
            ":" + quote(self.password, safe="") if self.password else ""
        )
        # Slashes stay readable: `?host=/cloudsql/…` and file names are what has them.
        query = urlencode(self.parameters, quote_via=quote, safe="/:")
        at = "@" if login else ""
        return f"{scheme}://{login}{at}{self.hosts}/{quote(self.database, safe='')}" + (
            "?" + query if query else ""
        )

    def secrets(self) -> list[str]:
        """The password, as it is and as it stands in the URL."""
        known = [self.password, self.parameters.get("password", "")]
        return [form for word in known if word for form in (word, quote(word, safe=""))]

    def place(self) -> str:
        """Where the database is, for people: no user, no password."""
        return f"{self.hosts or self.parameters.get('host', 'localhost')}/{self.database}"


def parse(text: str) -> DatabaseUrl:
    """Read a URL in any form that hosts hand out.

    Raises ValueError, whose message says what is wrong and what to do, and holds no secret.
    """
    _check_copying(text.strip())
    scheme, separator, rest = text.strip().partition("://")
    if not separator or not SCHEMES.fullmatch(scheme):
        raise ValueError(_wrong_scheme(scheme if separator else text.strip().partition(":")[0]))
    login, tail = _split_login(rest)
    if not AUTHORITY_TAIL.fullmatch(tail):
        raise ValueError(f"has no host that can be read. Write it as {FORM}")
    address, _, query = tail.partition("?")
    hosts, _, database = address.partition("/")
    user, _, password = login.partition(":")
    # As in libpq, a + is a plus, and ssl=true is short for sslmode=require.
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
            ignored=tuple(name for name in given if name not in LIBPQ_PARAMETERS),
        )
    )


def from_parts(
    *, host: str, port: int, user: str, password: str, database: str | None, sslmode: str | None
) -> DatabaseUrl:
    """The same from the PG* variables; as in libpq, a `host` with a slash is a socket's folder.

    Raises ValueError where `host` is none.
    """
    parameters = {"sslmode": sslmode} if sslmode else {}
    if host.startswith("/"):
        hosts, parameters["host"], parameters["port"] = "", host, str(port)
    else:
        hosts = ",".join(f"{_bracketed(name)}:{port}" for name in host.split(","))
    return _complete(DatabaseUrl(user, password, hosts, database or user, parameters))


def _bracketed(host: str) -> str:
    """A host as it stands in a URL, an IPv6 address in brackets."""
    if re.fullmatch(r"[^\s:/?#@\[\]]+", host):
        return host
    if host.count(":") > 1 and re.fullmatch(r"[0-9A-Fa-f:.]+(%[\w-]+)?", host):
        return f"[{host.replace('%', '%25')}]"
    raise ValueError("must be a host name or an address, without a port")


def _complete(url: DatabaseUrl) -> DatabaseUrl:
    """What the URL leaves open, and libpq would decide badly."""
    parameters = dict(url.parameters)
    if re.fullmatch(SOCKET_FOLDER, url.hosts):
        # Only a last part in digits is a port: the name of a Cloud SQL instance begins with a
        # letter (https://cloud.google.com/sql/docs/postgres/instance-settings).
        folder, _, port = url.hosts.rpartition(":")
        if not port.isdigit():
            folder, port = url.hosts, ""
        parameters.setdefault("host", _unquote(folder.rstrip(":")))
        if port:
            parameters.setdefault("port", port)
        url = replace(url, hosts="")
    if not url.hosts and "host" not in parameters:
        raise ValueError(f"names no host. Write it as {FORM}")
    if not url.database and "dbname" not in parameters:
        raise ValueError(f"names no database. Write it as {FORM}")
    if "," in url.hosts or "," in parameters.get("host", ""):
        parameters.setdefault("target_session_attrs", "read-write")  # never the standby
    if parameters.get("sslmode", "prefer") not in TLS_MODES:
        raise ValueError(
            f"says sslmode={parameters['sslmode']}. libpq knows: {', '.join(TLS_MODES)}"
        )
    if parameters.get("sslmode", "").startswith("verify-"):
        # libpq looks in ~/.postgresql only, and refuses to connect where nothing is there.
        bundle = os.environ.get("SSL_CERT_FILE", SYSTEM_CERTIFICATES)
        if Path(bundle).is_file():
            parameters.setdefault("sslrootcert", bundle)
    return replace(url, parameters=parameters)


def _split_login(rest: str) -> tuple[str, str]:
    """`user:password` and what follows the @, where the password may hold an unescaped @ / ? #.

    The last @ that something like a host follows is the one; those of the parameters come last.
    """
    for scope in (rest.partition("?")[0], rest):
        for match in reversed(list(re.finditer("@", scope))):
            at = match.start()
            tail = rest[at + 1 :]
            if tail.startswith("?"):
                continue  # no host, no database: this @ and what follows is the password's
            if AUTHORITY_TAIL.fullmatch(tail) and not _is_query(rest, at):
                return rest[:at], tail
    return "", rest


def _is_query(rest: str, at: int) -> bool:
    """Whether the @ belongs to a parameter of a URL that has no login: `host/db?user=a@b`."""
    question = rest.find("?")
    return 0 <= question < at and bool(AUTHORITY_TAIL.fullmatch(rest[:question]))


def _unquote(text: str) -> str:
    """Percent-decoding that leaves a bare % alone, as in the password `100%`."""
    return unquote(text) if not re.search(r"%(?![0-9A-Fa-f]{2})", text) else text


def _check_copying(text: str) -> None:
    """Raise ValueError where something was copied along with the URL; the message quotes none."""
    if re.match(r"psql\b", text):
        raise ValueError(
            "is a psql command. Set it to the URL alone: remove `psql`, its options and the quotes"
        )
    if named := re.match(r"(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=", text):
        raise ValueError(
            f"begins with `{named[1]}=`, which is part of the value here. Remove it"
            " and any quotes, and keep the URL"
        )
    if text[:1] and text[0] in QUOTES:
        raise ValueError(
            "has quotes around it. They are part of the value here (docker's --env-file and "
            '`- NAME="…"` in YAML keep them). Remove them'
        )
    if re.match(r"\$\{|\$\(|\{\{|<", text):
        raise ValueError(
            "is a placeholder that was not replaced. Check the name it refers to,"
            f" or write the URL itself: {FORM}"
        )
    if re.search(r"[\r\n\t]", text):
        raise ValueError("contains a line break or a tab. Write the URL on one line, without them")


def _wrong_scheme(scheme: str) -> str:
    """`scheme` may be anything, a password too: what is not a known word is not repeated."""
    if scheme.lower().startswith("sqlite"):
        return f"is a SQLite file{NOT_TO_STAY}. Name a Postgres: {FORM}"
    if re.fullmatch(r"(mysql|mariadb|mssql|oracle|mongodb|redis)\b.*", scheme.lower()):
        return f"is of another kind ({scheme}). Only Postgres is served: {FORM}"
    return f"is no URL of a Postgres. Only Postgres is served: {FORM}"
