"""The registry of every environment variable that the image reads, and its only reader.

Each setting is declared once, in one line of Settings, which determines its type, its validation,
its row in the docs and its name for child processes. `drain_seconds` is read from DRAIN_SECONDS, or
from DEMIJOHN_DRAIN_SECONDS, which wins.
"""

import os
import re
import sys
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Any

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.config import database_url, default_migration, gunicorn_args, platforms
from demijohn.config import parsers as parse
from demijohn.config.database_url import TLS_MODES, DatabaseUrl, OtherDatabase
from demijohn.config.setting import (
    AT_BOOT,
    DOTENV,
    PREFIX,
    Known,
    Setting,
    Values,
    find,
    read,
    with_dotenv,
)
from demijohn.config.typo_hints import find_typos

seconds = parse.integer(1, 3600)
postgres_url = database_url.parse  # in the body of Settings, `database_url` is the setting

# The variables that Kubernetes sets if a Service is called `demijohn`.
SERVICE_LINK = re.compile(rf"{PREFIX}(SERVICE|PORT)_\w+|{PREFIX}PORT")

URLS = ("DATABASE_URL", "RELEASE_DATABASE_URL")
NO_DATABASE = f"DATABASE_URL is not set. Set it to your Postgres: {database_url.FORM}."
SQLITE_ON_VOLUME = "sqlite:////data/app.db"


class Settings(Values):
    """The values of all settings, as typed attributes: `settings.drain_seconds`.

    `sources` has the source of each setting's value; `given` has the names of those that the user
    has set; `public` holds the PUBLIC_* variables;
    `gunicorn_args` is the GUNICORN_CMD_ARGS for Gunicorn. `other_database` is what DATABASE_URL
    names if that is not Postgres: it is the app's alone. `typos`, `warnings` and `notes` are
    lines for people: about variables whose names are nearly a setting's, about variables that
    should be changed, and about variables that are left to the app.
    """

    # fmt: off
    # The app
    app_module = Setting(parse.app_module, "backend:create_app()", "The WSGI app: `module:object`, or a call of a factory", everyday=True)
    app_dir = Setting(str, ".", "Folder that the app is imported from and runs in")
    python = Setting(str, AT_BOOT, "The Python that runs the app; default: the one that runs Demijohn", prefixed=True)
    data_dir = Setting(str, None, "Folder on a volume that the app may write; the app gets it as `DATA_DIR`", prefixed=True)
    static_dir = Setting(str, "/static", "Folder of the built frontend", prefixed=True)
    api_paths = Setting(parse.api_paths, ["/api"], "Paths that go to the app; all others are the frontend's. `/`: all but the frontend's files and pages", everyday=True)
    strip_prefix = Setting(parse.path_prefix, AT_BOOT, "Part of API_PATHS that the app does not see: with `/api`, it gets `/users` for `/api/users`")
    secret_key = Setting(str, None, "Passed to the app, for signing sessions", secret=True, everyday=True)
    max_body_size = Setting(parse.size, AT_BOOT, "Largest request body; a larger one is answered 413; default: 16m, or 4m where /tmp is in memory", everyday=True, prefixed=True)
    max_cached_size = Setting(parse.size, "128k", "Largest response that the shared cache keeps", prefixed=True)
    request_timeout = Setting(seconds, 30, "Seconds that the app may take to answer", prefixed=True)
    content_security_policy = Setting(
        parse.header_value,
        "object-src 'self'; base-uri 'self'; frame-ancestors 'self'",
        "Sent with every response that has none of its own",
        prefixed=True,
    )
    security_headers = Setting(parse.boolean, True, "Whether Nginx adds the security headers that a response of the app lacks", prefixed=True)
    # The database
    database_url = Setting(postgres_url, None, "URL of the Postgres database, in any form that hosts hand out", secret=True, everyday=True)
    release_database_url = Setting(postgres_url, None, "The same database without its pooler, for migrations, backup and restore; default: DATABASE_URL", secret=True)
    pghost = Setting(str, None, "If DATABASE_URL is unset: the database's host")
    pgport = Setting(parse.integer(1, 65535), 5432, "… its port")
    pguser = Setting(str, None, "… the user")
    pgpassword = Setting(str, None, "… the password", secret=True)
    pgdatabase = Setting(str, None, "… the database")
    pgsslmode = Setting(parse.choice(*TLS_MODES), None, "… libpq's sslmode; also used if the URL has none")
    database_driver = Setting(parse.choice("psycopg2", "psycopg", "pg8000"), "psycopg2", "The app's driver: `psycopg2`, `psycopg` (3) or `pg8000`. One that DATABASE_URL names is used", everyday=True)
    database_wait = Setting(parse.integer(0, 3600), 30, "Seconds to wait at boot for a database that does not answer yet")
    database_connect_timeout = Setting(parse.integer(2, 60), 3, "Seconds that one connection attempt may take")
    database_statement_timeout = Setting(seconds, 3, "Seconds that one statement of the app may take")
    database_pool_size = Setting(parse.integer(1, 100), AT_BOOT, "Connections per worker; default: one per thread")
    # The release
    migration_command = Setting(
        str,
        AT_BOOT,
        "Brings the schema up to date; runs in APP_DIR once per deploy, under a lock; default: Alembic or Flask-Migrate, if APP_DIR has one",
        everyday=True,
        formerly="RELEASE_COMMAND",
    )
    release_on_boot = Setting(parse.boolean, True, "Whether `serve` runs the release; costs one query if it is already done")
    release_timeout = Setting(seconds, 600, "Seconds that a release may take, including the wait for another instance's")
    alembic_versions = Setting(
        str,
        AT_BOOT,
        "Folder of Alembic's revisions in APP_DIR; the release is skipped if the database is at their head; default: that of the default MIGRATION_COMMAND",
    )
    # The machine
    port = Setting(parse.integer(1, 65535), 8080, "Port to listen on, IPv4 and IPv6", everyday=True)
    web_concurrency = Setting(parse.integer(1, 64), AT_BOOT, "Gunicorn workers; default: from the CPU quota and memory", everyday=True)
    web_threads = Setting(parse.integer(1, 64), 4, "Threads per worker", everyday=True)
    preload = Setting(parse.boolean, False, "Whether the app is imported once, before workers are forked: saves memory, if all that the app opens or starts in its import survives a fork")
    worker_memory_mb = Setting(parse.integer(32, 1048576), AT_BOOT, "MB that a worker may use before it is replaced; default: its share of the memory")
    drain_seconds = Setting(parse.integer(0, 600), 5, "Seconds to keep serving after SIGTERM, while /readyz says 503", everyday=True)
    stop_seconds = Setting(parse.integer(2, 600), 18, "Seconds after the drain for requests in flight to complete")
    rate_limit = Setting(parse.integer(0, 100000), 3000, "API requests per second from one address; 0 for no limit", prefixed=True)
    platform = Setting(parse.choice(*platforms.NAMES), AT_BOOT, "The hosting platform, if it is not detected; `fly`, `digitalocean` and others", prefixed=True)
    trusted_proxies = Setting(parse.networks, AT_BOOT, "Proxies whose forwarded headers count: addresses, networks, `private`, `cloudflare` or `none`; default: the platform's")
    client_ip_header = Setting(parse.header_name, AT_BOOT, "Header in which they name the client; default: the platform's")
    log_level = Setting(parse.choice("debug", "info", "warning", "error"), "info", "`debug`, `info`, `warning` or `error`", prefixed=True)
    release = Setting(str, None, "Name of this release, for logs and status pages; default: the host's own", prefixed=True)
    region = Setting(str, None, "Where this instance runs; default: the host's own", prefixed=True)
    instance = Setting(str, None, "Which instance this is; default: the host's own", prefixed=True)
    run_dir = Setting(str, AT_BOOT, "Folder of sockets, configuration and temporary files; default: below /tmp", prefixed=True)
    nginx_program = Setting(str, "nginx", "The nginx to run: a name on PATH or a path")
    dotenv = Setting(str, ".env", "File with further variables; the environment wins. Empty in the image: none", prefixed=True)
    # fmt: on

    def __init__(
        self,
        values: dict[str, Any],
        sources: dict[str, str],
        public: dict[str, str],
        typos: list[str],
    ) -> None:
        self.sources = sources
        self.public = public
        self.typos = typos
        self.warnings: list[str] = []
        self.notes: list[str] = []
        self.gunicorn_args = ""
        self.other_database: OtherDatabase | None = None
        self.given: set[str] = set()
        super().__init__(values)

    @property
    def database(self) -> DatabaseUrl:
        """The value of DATABASE_URL. Raises CommandError(78) if it is not set."""
        if self.database_url is None:
            raise CommandError(Exit.CONFIGURATION, NO_DATABASE)
        return self.database_url

    def set_default(self, name: str, value: Any, source: str) -> None:
        """Set a setting that has no value yet, unless `value` is None."""
        if self._values[name] is None and value is not None:
            self._values[name] = value
            self.sources[name] = source

    def apply_platform(self, environ: Mapping[str, str]) -> None:
        """Fill in the platform's defaults: release, region, instance and trusted proxies."""
        platform = platforms.detect(environ, self.platform)
        self.set_default("PLATFORM", platform.name, "detected")
        for name in ("RELEASE", "REGION", "INSTANCE"):
            for variable in getattr(platform, name.lower()):
                self.set_default(name, environ.get(variable) or None, variable)
        self.set_default("TRUSTED_PROXIES", list(platform.trusted_proxies), platform.name)
        self.set_default("CLIENT_IP_HEADER", platform.client_ip_header, platform.name)

    def apply_gunicorn_args(self, text: str) -> None:
        """Apply the allowed options of GUNICORN_CMD_ARGS, and warn about the others."""
        if not text.strip():
            return
        found = gunicorn_args.parse(text)
        self.gunicorn_args = found.kept
        dropped = found.dropped
        for setting in SETTINGS:
            given = found.settings.get(setting.name)
            if given is None or self.sources[setting.name] != "default":
                continue
            try:
                self._values[setting.name] = setting.parse(given)
                self.sources[setting.name] = gunicorn_args.VARIABLE
                self.given.add(setting.name)
            except ValueError:  # --timeout 0, for instance, which Nginx does not support
                dropped.append(f"the value {given} for {setting.name}")
        if found.error:
            self.warnings.append(f"{gunicorn_args.VARIABLE} is ignored: {found.error}.")
        if dropped:
            self.warnings.append(
                f"{gunicorn_args.VARIABLE}: ignoring {', '.join(dropped)}, which cannot be changed here."
            )

    def child_variables(self) -> dict[str, str]:
        """The settings as environment variables of child processes.

        They are called DEMIJOHN_NAME, since the app may use the plain name for something else; a
        secret has the plain name, which the app reads. The databases are not included: see
        `config.environment`.
        """
        ours = [s for s in SETTINGS if not s.name.startswith(("PG", *URLS))]
        return {
            setting.name if setting.secret else PREFIX + setting.name: text(value)
            for setting in ours
            if (value := self._values[setting.name]) is not None
        }

    def secrets(self) -> list[str]:
        """The texts that must never be printed."""
        found = [self._values[setting.name] for setting in SETTINGS if setting.secret]
        words = [value for value in found if isinstance(value, str)]
        for url in (self._values[name] for name in URLS):
            words += url.secrets() if url else []
        return words + (self.other_database.secrets() if self.other_database else [])


SETTINGS = tuple(each for each in vars(Settings).values() if isinstance(each, Setting))


def text(value: Any) -> str:
    """A value as text for an environment variable."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, list) else str(value)


# The settings for commands that need the database only.
CONNECTION = frozenset(s.name for s in SETTINGS if s.name.startswith("PG")) | {
    *URLS,
    "DATABASE_WAIT",
    "DATABASE_CONNECT_TIMEOUT",
}


def load(environ: Mapping[str, str] | None = None, only: Container[str] | None = None) -> Settings:
    """Read every setting from the environment, and from `.env` outside the image.

    With `only`, read these settings; the others keep their defaults. Raises CommandError(78) with
    one line per mistake.
    """
    environ = os.environ if environ is None else environ
    known = with_dotenv(environ)
    values, sources, mistakes, other = _read_all(known, only)
    mistakes += _prefix_mistakes(values)
    mistakes += _complete_database(values)
    if other:
        values["DATABASE_URL"] = None
    is_derived = values.get("MIGRATION_COMMAND", "") is None
    _set_migration(values)
    has_none = values.get("DATABASE_URL", "") is None and not values.get("PGHOST")
    if other and is_derived and _needs_database(values, only):
        mistakes.append(_derived_migration_line(other, values["MIGRATION_COMMAND"]))
    elif not other and has_none and _needs_database(values, only):
        mistakes.append(NO_DATABASE + _why_database(known, values, only))
    typos = _typo_lines(known, sources)
    if mistakes:
        raise CommandError(Exit.CONFIGURATION, "\n".join(mistakes + typos))
    values["DOTENV"] = environ.get(DOTENV, ".env")  # empty means no file
    values["PYTHON"] = values["PYTHON"] or sys.executable
    values["RUN_DIR"] = values["RUN_DIR"] or _default_run_dir(values["PORT"])
    public = {name: text for name, (text, _) in known.items() if name.startswith("PUBLIC_")}
    config = Settings(values, sources, public, typos)
    config.given = {name for name, source in sources.items() if source != "default"}
    config.other_database = other
    config.apply_platform(environ)
    if only is None:
        config.warnings = _renamed_lines(known)
        config.notes = _left_to_app_lines(known)
        config.apply_gunicorn_args(environ.get(gunicorn_args.VARIABLE, ""))
    return config


def _read_all(
    known: Known, only: Container[str] | None
) -> tuple[dict[str, Any], dict[str, str], list[str], OtherDatabase | None]:
    """The values and their sources by name, a line per mistake, and a database that is not Postgres.

    The values have no entry for a mistake, nor for a DATABASE_URL that names another database.
    """
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    mistakes: list[str] = []
    other: OtherDatabase | None = None
    for setting in SETTINGS:
        wanted = only is None or setting.name in only
        variable = find(setting, known) if wanted else None
        try:
            values[setting.name], sources[setting.name] = read(setting, variable, known)
        except ValueError as mistake:
            if isinstance(mistake, OtherDatabase) and only is None and setting.name == URLS[0]:
                other, sources[setting.name] = mistake, "environment"
                continue
            shown = "" if setting.secret else f"={known[variable or ''][0]!r}"
            mistakes.append(f"{variable}{shown} {mistake}.{_prefix_hint(setting, variable)}")
    return values, sources, mistakes, other


def _prefix_hint(setting: Setting[Any], variable: str | None) -> str:
    """What to set if the variable is one of the app's own that has the name of a setting."""
    is_common = setting.everyday or setting.secret or setting.name.startswith("PG")
    if is_common or variable != setting.name:
        return ""
    return f" If it is a variable of the app, set {PREFIX}{variable}, which wins here."


def load_one(name: str, environ: Mapping[str, str] | None = None) -> Any:
    """The value of one setting; the others are not read and may be wrong or missing.

    Raises CommandError(78).
    """
    known = with_dotenv(os.environ if environ is None else environ)
    setting = next(setting for setting in SETTINGS if setting.name == name)
    variable = find(setting, known)
    try:
        return read(setting, variable, known)[0]
    except ValueError as mistake:
        line = f"{variable}={known[variable or ''][0]!r} {mistake}."
        raise CommandError(Exit.CONFIGURATION, line) from None


def _prefix_mistakes(values: Mapping[str, Any]) -> list[str]:
    """A line if STRIP_PREFIX is a path at which no request reaches the app."""
    prefix, paths = values.get("STRIP_PREFIX"), values.get("API_PATHS")
    if not prefix or paths is None or parse.EVERYTHING in paths:
        return []
    if any(f"{prefix}/".startswith(f"{path}/") for path in paths):
        return []
    return [f"STRIP_PREFIX={prefix!r} is not in API_PATHS={text(paths)}. Add it there."]


def _complete_database(values: dict[str, Any]) -> list[str]:
    """Complete the URLs from the PG* variables. Returns the mistakes.

    `values` has no DATABASE_URL if its text was a mistake.
    """
    for name in URLS:
        if url := values.get(name):
            user, password = values.get("PGUSER") or "", values.get("PGPASSWORD") or ""
            values[name] = url.with_defaults(user, password, values.get("PGSSLMODE"))
    if values.get("DATABASE_URL", True):
        return []
    try:
        values["DATABASE_URL"] = _from_parts(values)
    except ValueError as mistake:
        host = str(values["PGHOST"])
        shown = "" if "@" in host else f"={host!r}"  # a whole URL may hold a password
        return [f"PGHOST{shown} {mistake}."]
    return []


def _set_migration(values: dict[str, Any]) -> None:
    """Set MIGRATION_COMMAND and ALEMBIC_VERSIONS if they are valid but not set."""
    command, versions = default_migration.find(Path(values.get("APP_DIR", ".")))
    if values.get("MIGRATION_COMMAND", "") is None:
        values["MIGRATION_COMMAND"] = command
    if values.get("ALEMBIC_VERSIONS", "") is None:
        may_skip = default_migration.only_upgrades(values.get("MIGRATION_COMMAND", ""))
        values["ALEMBIC_VERSIONS"] = versions if may_skip else ""


def _needs_database(values: Mapping[str, Any], only: Container[str] | None) -> bool:
    """Whether nothing works without a database: a command about it, or migrations."""
    return (
        only is not None
        or values.get("MIGRATION_COMMAND", "") not in ("", "true")
        or values.get("RELEASE_DATABASE_URL") is not None
    )


def _derived_migration_line(other: OtherDatabase, command: str) -> str:
    """A derived migration has a lock in Postgres; one that is set runs without, on any database."""
    return (
        f"DATABASE_URL is a {other.kind} URL, but the default MIGRATION_COMMAND needs a lock in "
        f"Postgres. Set MIGRATION_COMMAND={command!r}, which then runs without a lock."
    )


def _why_database(known: Known, values: Mapping[str, Any], only: Container[str] | None) -> str:
    """What else may be set than DATABASE_URL, if the migrations need it."""
    if only is not None or values.get("MIGRATION_COMMAND", "") in ("", "true"):
        return ""
    line = (
        f" MIGRATION_COMMAND needs it. For SQLite, set a file on a volume: {SQLITE_ON_VOLUME}; "
        "without migrations, MIGRATION_COMMAND=true."
    )
    if known.get("SQLALCHEMY_DATABASE_URI", ("", ""))[0]:
        line += " SQLALCHEMY_DATABASE_URI is set: the image reads DATABASE_URL instead."
    return line


def _typo_lines(known: Iterable[str], sources: Mapping[str, str]) -> list[str]:
    """A line for each variable whose name is nearly that of a setting that is not set."""
    unset = [s for s in SETTINGS if sources.get(s.name) == "default"]
    if sources.get("DATABASE_URL", "default") != "default":
        unset = [s for s in unset if not s.name.startswith("PG")]  # DATABASE_URL wins over them
    possible = [PREFIX + s.name for s in unset] + [s.name for s in unset if not s.prefixed]
    names = {name for setting in SETTINGS for name in setting.variables()}
    meant = find_typos(set(known) - names, possible)
    lines = {name: f"{name} is not a setting. Did you mean {meant[name]}?" for name in meant}
    for name in set(known) - names - meant.keys():
        if name.startswith(PREFIX) and not SERVICE_LINK.fullmatch(name):
            lines[name] = f"{name} is not a setting. docs/settings.md lists them."
    return [lines[name] for name in sorted(lines)]


def _renamed_lines(known: Known) -> list[str]:
    """A line for each setting that is given under its former name."""
    return [
        f"{variable} is now called {setting.name}. Rename it."
        for setting in SETTINGS
        if setting.formerly and (variable := find(setting, known) or "").endswith(setting.formerly)
    ]


def _left_to_app_lines(known: Known) -> list[str]:
    """A line about the variables that would be settings if they had the prefix, if any is set."""
    apps = [s.name for s in SETTINGS if s.prefixed and s.name in known and not find(s, known)]
    if not apps:
        return []
    prefixed = ", ".join(PREFIX + name for name in apps)
    return [f"left to the app: {', '.join(apps)}. The settings of Demijohn are {prefixed}."]


def _from_parts(values: Mapping[str, Any]) -> database_url.DatabaseUrl | None:
    """The database that the PG* variables name; None without PGHOST."""
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


def _default_run_dir(port: int) -> str:
    """One folder per user and port. Short: the path of a Unix socket has at most 107 bytes."""
    return str(Path(os.environ.get("TMPDIR") or "/tmp") / f"demijohn-{os.getuid()}-{port}")  # noqa: S108
