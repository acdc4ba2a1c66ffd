"""`demijohn doctor`: report everything that the boot checks, and what to do about each problem."""

import os
import shutil
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection as Connection

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.common.run_dir import LOADED_MARKER, UNTRUSTED_PROXIES
from demijohn.common.write_errors import why_not_writable
from demijohn.config import resource_limits, settings
from demijohn.config.database_url import DatabaseUrl
from demijohn.config.nginx_program import NginxProgram
from demijohn.config.parsers import EVERYTHING
from demijohn.config.settings import SETTINGS, Settings
from demijohn.database import connect
from demijohn.database.connection_errors import diagnose, redact
from demijohn.database.encryption import plain_text_risk
from demijohn.database.identity import Identity, identify

LATENCY_SAMPLES = 5
SLOW_MS = 20  # a page with five queries would be a tenth of a second slower


class Report:
    """Prints the lines of the report and counts the problems."""

    def __init__(self, secrets: list[str]) -> None:
        self.problems = 0
        self._secrets = secrets

    def heading(self, text: str) -> None:
        print(f"\n{text}")

    def fact(self, name: str, value: object, source: str = "") -> None:
        shown = redact(str(value), self._secrets)
        print(f"  {name:<27} {shown}" + (f"  ({source})" if source else ""))

    def problem(self, text: str) -> None:
        """Print a problem and its remedy, in one line."""
        self.problems += 1
        print(f"  ✗ {redact(text, self._secrets)}")


def run() -> int:
    """Print the report. Returns 0 without problems, else 1. Raises CommandError(78)."""
    config = settings.load()
    limits = resource_limits.measure()
    limits.apply(config)
    report = Report(config.secrets())
    _report_settings(report, config)
    _report_machine(report, config, limits)
    _report_proxies(report, config)
    app = _report_database(report, config)
    if config.release_database_url:
        _report_release_database(report, config, config.release_database_url, app)
    found = report.problems
    print(f"\n{found or 'no'} problem{'' if found == 1 else 's'} found")
    return Exit.FAILED if found else Exit.OK


def _report_settings(report: Report, config: Settings) -> None:
    report.heading("Settings")
    for setting in SETTINGS:
        value = getattr(config, setting.name.lower())
        if value is None:
            continue
        shown = "•••" if setting.secret else settings.text(value) or "none"
        report.fact(setting.variable, shown, config.sources[setting.name])
    for name in config.public:
        report.fact(name, config.public[name], "public")
    if config.secret_key is None:
        report.fact("SECRET_KEY", "not set; an app that signs sessions needs it")
    for line in config.notes:
        report.fact("", line)
    for line in config.typos + config.warnings:
        report.problem(line)


def _report_machine(report: Report, config: Settings, limits: resource_limits.Capacity) -> None:
    report.heading("Machine")
    report.fact("limits", limits)
    planned = f"{config.web_concurrency} workers with {config.web_threads} threads each"
    running = filter(None, read_markers(config, LOADED_MARKER))
    report.fact("Gunicorn", next(running, f"{planned}, unless the app needs other numbers"))
    if config.web_concurrency > limits.max_workers_in_memory():
        report.problem(
            f"WEB_CONCURRENCY={config.web_concurrency} needs more memory than the container has. "
            f"Lower it to {limits.max_workers_in_memory()}, or give the container more memory."
        )
    try:
        report.fact("Nginx", NginxProgram.find(config.nginx_program).version)
    except CommandError as stop:
        report.problem(stop.message)
    static = Path(config.static_dir)
    if not (static / "index.html").is_file() and EVERYTHING not in config.api_paths:
        report.problem(
            f"no index.html in {static}. Build the frontend, or set DEMIJOHN_STATIC_DIR; "
            "for an app without a frontend, set API_PATHS=/."
        )
    if config.data_dir and (reason := why_not_writable(Path(config.data_dir).resolve(), None)):
        report.problem(f"DEMIJOHN_DATA_DIR={config.data_dir!r} cannot be written: {reason}.")
    parent = Path(config.run_dir).parent
    if not os.access(parent, os.W_OK):
        report.problem(f"{parent} cannot be written. Add --tmpfs /tmp, or set DEMIJOHN_RUN_DIR.")
    elif shutil.disk_usage(parent).free < 32 * resource_limits.MB:
        report.problem(f"less than 32 MB are free in {parent}. Make that file system larger.")
    budget = config.drain_seconds + config.stop_seconds + 5
    report.fact("stops within", f"{budget} s of SIGTERM; set the host's kill timeout above that")
    for name in ("DATABASE_CONNECT_TIMEOUT", "DATABASE_STATEMENT_TIMEOUT"):
        seconds = getattr(config, name.lower())
        if seconds >= config.request_timeout:
            report.problem(
                f"{name}={seconds} is not less than DEMIJOHN_REQUEST_TIMEOUT="
                f"{config.request_timeout}: clients get a 504 without a reason. "
                "Lower the first, or raise the second."
            )


def read_markers(config: Settings, name: str) -> set[str]:
    """The contents of the files of that name in the run directories of all users.

    Another user may run the server: `fly ssh console` opens a shell of root.
    """
    folders = [Path(config.run_dir)]
    if config.sources["RUN_DIR"] == "default":
        folders += folders[0].parent.glob(f"demijohn-*-{config.port}")
    found = set()
    for folder in folders:
        with suppress(OSError):
            found.add((folder / name).read_text(encoding="utf-8"))
    return found


def _report_proxies(report: Report, config: Settings) -> None:
    """Report the untrusted proxies that the workers of this container have logged."""
    report.heading("Proxies")
    trusted = ", ".join(config.trusted_proxies) or "none"
    report.fact("trusted", trusted, config.sources["TRUSTED_PROXIES"])
    for kind, marker in UNTRUSTED_PROXIES.items():
        for line in read_markers(config, marker):
            if kind == "private":
                report.problem(line)
            else:  # perhaps a client that forges headers, which is not a problem of this setup
                report.fact("not trusted", line)


@dataclass(frozen=True)
class Inspection:
    """What one connection showed about its database."""

    server: connect.Server
    identity: Identity
    latency: float  # milliseconds


def _inspect(report: Report, config: Settings, url: DatabaseUrl, name: str) -> Inspection | None:
    """Connect to the URL in the variable `name` and report what applies to any database.

    Returns None if the connection fails, and reports why.
    """
    report.fact("place", url.place())
    if url.ignored:
        report.fact("ignored parameters", ", ".join(url.ignored))
    try:
        connection, server = connect.connect_and_inspect(url, config.database_connect_timeout)
        with closing(connection):
            found = Inspection(server, identify(connection), _measure_latency(connection))
            risk = plain_text_risk(connection, url, name)
    except psycopg2.Error as error:
        report.problem(diagnose(error, url, name)[0])
        return None
    report.fact("version", server.version)
    report.fact("TLS", _describe_tls(server, url))
    report.fact("latency", f"{found.latency:.1f} ms")
    if risk:
        report.problem(risk)
    if server.unwritable:
        report.problem(f"the database {server.unwritable}.")
    return found


def _describe_tls(server: connect.Server, url: DatabaseUrl) -> str:
    if not server.tls:
        return "none"
    mode = url.parameters.get("sslmode", "prefer")
    checked = {"verify-full": "", "verify-ca": ", the host name is not verified"}
    return server.tls + checked.get(mode, f", the certificate is not verified (sslmode={mode})")


def _report_release_database(
    report: Report, config: Settings, url: DatabaseUrl, app: Inspection | None
) -> None:
    report.heading("Database for releases and backups")
    found = _inspect(report, config, url, "RELEASE_DATABASE_URL")
    if app and found and app.identity.differs(found.identity):
        report.problem(
            f"RELEASE_DATABASE_URL leads to another database ({url.place()}) than DATABASE_URL "
            f"({config.database.place()}). Set it to the direct URL of the same database."
        )


def _report_database(report: Report, config: Settings) -> Inspection | None:
    report.heading("Database")
    if config.other_database:
        report.fact("DATABASE_URL", f"a {config.other_database.kind} URL, left to the app")
        return None
    if config.database_url is None:
        report.fact("DATABASE_URL", "not set: the app has no Postgres")
        return None
    found = _inspect(report, config, config.database_url, "DATABASE_URL")
    if not found:
        return None
    server, latency = found.server, found.latency
    wanted = config.web_concurrency * config.database_pool_size
    report.fact("connections", f"{server.connections} of {server.max_connections} in use")
    of_which = "the pooler's" if server.pooled else "them"
    report.fact("this instance takes", f"up to {wanted} of {of_which}")
    if server.major < 13:
        report.problem(
            f"PostgreSQL {server.version} gets no security updates any more. Upgrade it."
        )
    if wanted > server.max_connections and not server.pooled:
        report.problem(
            f"{wanted} connections are more than the server allows ({server.max_connections}). "
            "Lower DATABASE_POOL_SIZE or WEB_CONCURRENCY."
        )
    if latency > SLOW_MS:
        report.problem(
            f"every query takes {latency:.0f} ms or more. Put the app and the database into one "
            "region."
        )
    return found


def _measure_latency(connection: Connection) -> float:
    """The median time of a query that does nothing, in milliseconds."""
    times = []
    for _ in range(LATENCY_SAMPLES):
        started = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        times.append((time.perf_counter() - started) * 1000)
    return sorted(times)[LATENCY_SAMPLES // 2]
