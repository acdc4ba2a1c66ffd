"""The registry of every environment variable that the image reads, and the only reader of them.

A setting is declared once, in SETTINGS; validation, the documentation's table and the handing-on
to child processes follow from that line.
"""

import os
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.config import database_url, platforms
from demijohn.config.parsers import (
    Parser,
    api_paths,
    app_module,
    boolean,
    choice,
    header_name,
    header_value,
    integer,
    networks,
    size,
)
from demijohn.config.typo_hints import misspelt


@dataclass(frozen=True)
class Setting:
    """One environment variable: `parse` turns its text into a value or raises ValueError.

    `default` is the value (not the text) where the variable is unset or empty; None means that
    the boot works it out. A `secret` may also come from a file named by NAME_FILE, and is never
    printed. The README lists those for `everyday`, docs/settings.md all of them.
    """

    name: str
    parse: Parser
    default: Any
    meaning: str
    secret: bool = False
    everyday: bool = False


second = integer(1, 3600)

SETTINGS = (
    # The app
    Setting("APP_MODULE", app_module, "backend:create_app()", "The WSGI app: `module:object`, or a call of a factory", everyday=True),
    Setting("APP_DIR", str, ".", "Folder that the app is imported from and runs in"),
    Setting("STATIC_DIR", str, "static", "Folder of the built frontend"),
    Setting("API_PATHS", api_paths, ["/api"], "Paths that go to the app; all others are the frontend's", everyday=True),
    Setting("SECRET_KEY", str, None, "Handed to the app, to sign what it signs", secret=True, everyday=True),
    Setting("MAX_BODY_SIZE", size, "1m", "Largest request body; a larger one is answered 413", everyday=True),
    Setting("REQUEST_TIMEOUT", second, 30, "Seconds that the app may take to answer"),
    Setting(
        "CONTENT_SECURITY_POLICY",
        header_value,
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; "
        "form-action 'self'; frame-ancestors 'none'",
        "Sent with every response that brings none of its own",
    ),
    # The database
    Setting("DATABASE_URL", database_url.parse, None, "The Postgres database, in any form that hosts hand out", secret=True, everyday=True),
    Setting("PGHOST", str, None, "Where DATABASE_URL is unset: the database's host"),
    Setting("PGPORT", integer(1, 65535), 5432, "… its port"),
    Setting("PGUSER", str, None, "… the user"),
    Setting("PGPASSWORD", str, None, "… the password", secret=True),
    Setting("PGDATABASE", str, None, "… the database"),
    Setting("PGSSLMODE", choice(*database_url.TLS_MODES), None, "… how TLS is used, as libpq's sslmode"),
    Setting("DATABASE_DRIVER", choice("psycopg2", "pg8000"), "psycopg2", "The app's driver: `psycopg2` or `pg8000`", everyday=True),
    Setting("DATABASE_WAIT", integer(0, 3600), 30, "Seconds to wait at boot for a database that may yet come up"),
    Setting("DATABASE_CONNECT_TIMEOUT", integer(2, 60), 3, "Seconds that one connection attempt may take"),
    Setting("DATABASE_STATEMENT_TIMEOUT", second, 3, "Seconds that one statement of the app may take"),
    Setting("DATABASE_POOL_SIZE", integer(1, 100), None, "Connections a worker may hold; default: one a thread"),
    # The release
    Setting(
        "RELEASE_COMMAND",
        str,
        "alembic -c backend/alembic.ini upgrade head",
        "Brings the schema up to date; runs once a deploy, under a lock",
        everyday=True,
    ),
    Setting("RELEASE_ON_BOOT", boolean, True, "Whether `serve` releases too; costs one query where it is done"),
    Setting("RELEASE_TIMEOUT", second, 600, "Seconds that a release may take, waiting for another's included"),
    Setting(
        "ALEMBIC_VERSIONS",
        str,
        "backend/migrations/versions",
        "Alembic's revisions; where the database is at their head, the release is skipped",
    ),
    # The machine
    Setting("PORT", integer(1, 65535), 8080, "Port to listen on, IPv4 and IPv6", everyday=True),
    Setting("WEB_CONCURRENCY", integer(1, 64), None, "Gunicorn workers; default: from the CPU quota and memory", everyday=True),
    Setting("WEB_THREADS", integer(1, 64), 4, "Threads a worker", everyday=True),
    Setting("WORKER_MEMORY_MB", integer(32, 1048576), None, "MB that a worker may grow to before it is replaced; default: its share"),
    Setting("DRAIN_SECONDS", integer(0, 600), 5, "Seconds to keep serving after SIGTERM, while /readyz says 503", everyday=True),
    Setting("STOP_SECONDS", integer(2, 600), 18, "Seconds after the drain for requests in flight to complete"),
    Setting("RATE_LIMIT", integer(0, 100000), 3000, "API requests a second from one address; 0 for no limit"),
    Setting("TRUSTED_PROXIES", networks, None, "Networks whose forwarded headers count; default: the host's own"),
    Setting("CLIENT_IP_HEADER", header_name, None, "Header in which they name the client; default: the host's own"),
    Setting("LOG_LEVEL", choice("debug", "info", "warning", "error"), "info", "`debug`, `info`, `warning` or `error`"),
    Setting("RELEASE", str, None, "Name of this release, for logs and status pages; default: the host's own"),
    Setting("REGION", str, None, "Where this instance runs; default: the host's own"),
    Setting("INSTANCE", str, None, "Which instance this is; default: the host's own"),
    Setting("RUN_DIR", str, None, "Where sockets, fragments and temporary files go; default: below /tmp"),
    Setting("NGINX_PROGRAM", str, "nginx", "The nginx to run: a name on PATH or a path"),
    Setting("DOTENV", str, ".env", "File to read further variables from; real ones win. Empty in the image: none"),
)  # fmt: skip


class Settings:
    """The values of all settings, as attributes in lower case: `settings.drain_seconds`.

    `sources` tells for each name where its value came from; `public` holds the PUBLIC_* variables;
    `misspelt` has a line for each variable that seems to have been meant as one; `host` is where
    we run.
    """

    def __init__(
        self,
        values: dict[str, Any],
        sources: dict[str, str],
        public: dict[str, str],
        misspelt: list[str],
        host: platforms.Host,
    ) -> None:
        self.sources = sources
        self.public = public
        self.misspelt = misspelt
        self.host = host
        self._values = values

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[name.upper()]
        except KeyError:
            raise AttributeError(name) from None

    def set_default(self, name: str, value: Any, source: str) -> None:
        """Fill in a setting that nobody set, as the boot learns its value."""
        if self._values[name] is None and value is not None:
            self._values[name] = value
            self.sources[name] = source

    def ask_host(self, environ: Mapping[str, str]) -> None:
        """Fill in what the host knows: names for this release and instance, and whom to believe."""
        for name in ("RELEASE", "REGION", "INSTANCE"):
            variable = getattr(self.host, name.lower())
            self.set_default(name, environ.get(variable) or None, variable)
        self.set_default("TRUSTED_PROXIES", list(self.host.trusted_proxies), self.host.name)
        self.set_default("CLIENT_IP_HEADER", self.host.client_ip_header, self.host.name)

    def texts(self) -> dict[str, str]:
        """The settings as a child process finds them. The database has its own ways to hand on."""
        values = {s.name: self._values[s.name] for s in SETTINGS if not s.name.startswith("PG")}
        del values["DATABASE_URL"]
        return {name: text(value) for name, value in values.items() if value is not None}

    def secrets(self) -> list[str]:
        """The words that must never be printed."""
        found = [self._values[setting.name] for setting in SETTINGS if setting.secret]
        url: database_url.DatabaseUrl = self._values["DATABASE_URL"]
        return [value for value in found if isinstance(value, str)] + url.secrets()


def text(value: Any) -> str:
    """A value as one would write it into the environment."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, list) else str(value)


# What it takes to reach the database, for commands that want nothing else.
CONNECTION = frozenset(s.name for s in SETTINGS if s.name.startswith("PG")) | {
    "DATABASE_URL",
    "DATABASE_WAIT",
    "DATABASE_CONNECT_TIMEOUT",
}


def load(environ: Mapping[str, str] | None = None, only: Container[str] | None = None) -> Settings:
    """Read every setting from the environment, and on a laptop from `.env`.

    Those that are not in `only`, if it is given, keep their defaults, whatever the environment
    says. Raises CommandError(78) with a line for each mistake, all of them at once.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    mistakes: list[str] = []
    known = _with_dotenv(environ)
    for setting in SETTINGS:
        if only is not None and setting.name not in only:
            values[setting.name], sources[setting.name] = setting.default, "default"
            continue
        try:
            text, source = _find(setting, known)
            values[setting.name] = setting.default if text is None else setting.parse(text)
            sources[setting.name] = source
        except ValueError as mistake:
            shown = "" if setting.secret else f"={known[setting.name][0]!r}"
            mistakes.append(f"{setting.name}{shown} {mistake}.")
    if url := values.get("DATABASE_URL"):  # what it leaves open, libpq would find there too
        values["DATABASE_URL"] = replace(
            url,
            user=url.user or values.get("PGUSER") or "",
            password=url.password or values.get("PGPASSWORD") or "",
        )
    elif not any("DATABASE_URL" in line for line in mistakes):
        try:
            values["DATABASE_URL"] = _from_parts(values)
        except ValueError as mistake:
            mistakes.append(f"PGHOST={values['PGHOST']!r} {mistake}.")
        if not values["DATABASE_URL"] and not values.get("PGHOST"):
            mistakes.append(
                f"DATABASE_URL is not set. Set it to your Postgres: {database_url.FORM}."
            )
    unset = [name for name, source in sources.items() if source == "default"]
    slips = [
        f"{name} is no setting. Did you mean {meant}?"
        for name, meant in misspelt(known.keys() - sources.keys(), unset).items()
    ]
    if mistakes:
        raise CommandError(Exit.CONFIGURATION, "\n".join(mistakes + slips))
    values["DOTENV"] = environ.get("DOTENV", ".env")  # where empty means none
    values["RUN_DIR"] = values["RUN_DIR"] or _default_run_dir(values["PORT"])
    public = {name: text for name, (text, _) in known.items() if name.startswith("PUBLIC_")}
    config = Settings(values, sources, public, slips, platforms.detect(environ))
    config.ask_host(environ)
    return config


def _from_parts(values: Mapping[str, Any]) -> database_url.DatabaseUrl | None:
    """The database that the PG* variables name; None where they name no host."""
    if not values.get("PGHOST"):
        return None
    return database_url.from_parts(
        host=values["PGHOST"],
        port=values.get("PGPORT") or 5432,
        user=values.get("PGUSER") or "postgres",
        password=values.get("PGPASSWORD") or "",
        database=values.get("PGDATABASE"),
        sslmode=values.get("PGSSLMODE"),
    )


def _with_dotenv(environ: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Each variable's text and where it stands; the environment wins over the file."""
    path = environ.get("DOTENV", ".env")
    found: dict[str, tuple[str, str]] = {}
    if path and Path(path).is_file():
        found = {
            name: (text, path) for name, text in dotenv_values(path).items() if text is not None
        }
    return found | {name: (text, "environment") for name, text in environ.items()}


def _find(setting: Setting, known: Mapping[str, tuple[str, str]]) -> tuple[str | None, str]:
    """The text of a setting, or None, and its source. An empty variable counts as unset."""
    text, source = known.get(setting.name, ("", ""))
    file, _ = known.get(f"{setting.name}_FILE", ("", ""))
    if setting.secret and file:
        if text:
            raise ValueError(f"and {setting.name}_FILE are both set; unset one of them")
        try:
            return Path(file).read_text(encoding="utf-8").strip(), file
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise ValueError(f"cannot be read from {setting.name}_FILE={file!r}: {why}") from None
    return (text, source) if text else (None, "default")


def _default_run_dir(port: int) -> str:
    """One a user and port, and short: a Unix socket's path may have 107 bytes."""
    return str(Path(os.environ.get("TMPDIR") or "/tmp") / f"demijohn-{os.getuid()}-{port}")  # noqa: S108
