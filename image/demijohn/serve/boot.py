"""`demijohn serve`: from a list of environment variables to a running site, phase by phase.

Each phase is timed and printed as one line; the first that fails ends the boot with one line on
what to do.
"""

import errno
import os
import re
import shutil
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path

from psycopg2.extensions import connection as Connection

from demijohn import __version__
from demijohn.common.exit_codes import CommandError, Exit
from demijohn.common.log import log_info
from demijohn.common.run_dir import DRAIN_MARKER
from demijohn.config import resource_limits, settings
from demijohn.config.database_url import DatabaseUrl
from demijohn.config.environment import child_environment
from demijohn.config.nginx_program import NginxProgram
from demijohn.config.settings import Settings
from demijohn.database import connect
from demijohn.database.encryption import plain_text_risk
from demijohn.database.identity import check_same_database
from demijohn.serve import nginx, release

# What is written at the least: with less, one program would start and another not.
RUN_DIR_BYTES = 1 << 20


class Phase:
    """One phase of the boot; `result` is what its line says."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.result = ""

    def log(self, text: str) -> None:
        """Print a line before the phase is over: it waits for something."""
        log_info(self.name, text)


@contextmanager
def phase(name: str) -> Iterator[Phase]:
    started = time.perf_counter()
    current = Phase(name)
    yield current
    log_info(name, f"{(time.perf_counter() - started) * 1000:5.0f} ms  {current.result}")


def serve() -> int:
    """Boot, then run until told to stop. Returns the exit status."""
    config = _settings()
    limits = _capacity(config)
    _nginx(config, limits)  # before the database: what is wrong here stops us before it changes
    connection, server = _database(config)
    try:
        _check_budget(config, server)
        _export(config)
        if config.release_on_boot:
            _release(config, connection)
    finally:
        connection.close()

    # supervisord's modules are loaded last: the phases before do not wait for them.
    from demijohn.serve import supervisor

    programs = supervisor.load(Path("supervisord.conf").resolve(), *_lock_of(config))
    return programs.run(Path(config.run_dir) / DRAIN_MARKER, config.drain_seconds)


def work(name: str) -> int:
    """`demijohn worker NAME`: boot, then run one program of programs.d, and nothing else, until
    told to stop. Returns the exit status.

    It waits for the release, which is done by the website or by a step of its own.
    """
    config = _settings()
    _capacity(config)
    _check_pieces(config)
    run_dir = Path(config.run_dir + re.sub(r"\W", "-", f"-{name}"))  # a website may run beside it
    _make_run_dir(run_dir)
    _export(config)
    os.environ["DEMIJOHN_RUN_DIR"] = str(run_dir)

    from demijohn.serve import supervisor

    programs = supervisor.load(Path("supervisord.conf").resolve(), *_lock_of(config), only=name)
    connection, _ = _database(config)
    try:
        with phase("release") as now:
            now.result = release.wait(config, connection, now.log)
    finally:
        connection.close()
    return programs.run(run_dir / DRAIN_MARKER, 0)


def _lock_of(config: Settings) -> tuple[DatabaseUrl, str]:
    """Where the locks of single-instance programs are, and how others name this instance."""
    url = config.release_database_url or config.database_url  # the one without a pooler
    return url, config.instance or socket.gethostname()


def release_once() -> int:
    """`demijohn release`: the settings, the database, and the release. Returns the exit status."""
    config = _settings()
    _capacity(config)
    connection, _ = _database(config)
    try:
        _export(config)
        _release(config, connection)
    finally:
        connection.close()
    return Exit.OK


def _settings() -> Settings:
    with phase("settings") as now:
        config = settings.load()
        given = sum(source != "default" for source in config.sources.values())
        now.result = f"demijohn {__version__} on {config.platform}, {given} settings given"
        if config.release:
            now.result += f", release {config.release}"
        for line in config.misspelt + config.warnings:
            now.log(f"warning: {line}")
        for line in config.notes:
            now.log(line)
    return config


def _capacity(config: Settings) -> resource_limits.Capacity:
    with phase("capacity") as now:
        limits = resource_limits.measure()
        limits.apply(config)
        now.result = (
            f"{limits}: {config.web_concurrency} workers, {config.web_threads} threads each"
        )
    return limits


def _database(config: Settings) -> tuple[Connection, connect.Server]:
    with phase("database") as now:
        url = config.database_url
        connection, server = _connect(url, "DATABASE_URL", config, now)
        now.result = f"{server}, at {url.place()} with {config.database_driver}"
    return connection, server


def _connect(
    url: DatabaseUrl, name: str, config: Settings, now: Phase
) -> tuple[Connection, connect.Server]:
    """Connect to the database that the variable `name` has the URL of."""
    if url.ignored:
        now.log(f"ignoring what libpq does not know in {name}: {', '.join(url.ignored)}")
    connection, server = connect.wait(url, config, now.log, name)
    if risk := plain_text_risk(connection, url, name):
        now.log(f"warning: {risk}")
    return connection, server


def _check_budget(config: Settings, server: connect.Server) -> None:
    """Say so if this one instance could take more connections than the server has."""
    wanted = config.web_concurrency * config.database_pool_size
    if wanted > server.max_connections and not server.pooled:
        has = (
            f"this instance may take {wanted} connections, the server has {server.max_connections}"
        )
        log_info("database", f"warning: {has}. Lower DATABASE_POOL_SIZE or WEB_CONCURRENCY.")


def _release(config: Settings, connection: Connection) -> None:
    """Release through `connection`, or through one to RELEASE_DATABASE_URL where that is set."""
    with phase("release") as now:
        if config.release_database_url is None:
            now.result = release.run(config, config.database_url, connection, now.log)
            return
        url = config.release_database_url
        direct, _ = _connect(url, "RELEASE_DATABASE_URL", config, now)
        with closing(direct):
            check_same_database(connection, direct, config)
            connection.close()  # it is not needed for as long as the release takes
            did = release.run(config, url, direct, now.log)
        now.result = f"{did}, at {url.place()}"


def _nginx(config: Settings, limits: resource_limits.Capacity) -> None:
    with phase("nginx") as now:
        _check_port(config.port)
        _check_pieces(config)
        _make_run_dir(Path(config.run_dir))
        program = NginxProgram.find(config.nginx_program)
        os.environ["DEMIJOHN_NGINX_PROGRAM"] = program.path  # which supervisord.conf starts
        workers = max(1, min(int(limits.cpus), 4))
        try:
            now.result = nginx.write(config, program, Path.cwd(), workers)
        except OSError as error:
            raise _unwritable(Path(config.run_dir), error) from None
        program.check(Path(config.run_dir))


def _check_pieces(config: Settings) -> None:
    """Raise CommandError(78) unless what we are about to start is there."""
    if not Path("supervisord.conf").is_file():
        raise CommandError(
            Exit.CONFIGURATION,
            f"no supervisord.conf in {Path.cwd()}. Run demijohn in the folder that has it.",
        )
    if not Path(config.app_dir).is_dir():
        raise CommandError(
            Exit.CONFIGURATION, f"APP_DIR={config.app_dir!r}: there is no such folder."
        )
    if not find_spec(config.database_driver):
        raise CommandError(
            Exit.CONFIGURATION,
            f"DATABASE_DRIVER={config.database_driver} is not installed. "
            "Put it into the app's requirements.txt.",
        )


def _check_port(port: int) -> None:
    """Raise CommandError(78) where the port cannot be had, before anything is started for it."""
    for family, address in ((socket.AF_INET, ""), (socket.AF_INET6, "::")):
        try:
            probe = socket.socket(family)
        except OSError:
            continue  # a kernel without IPv6
        with probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind((address, port))
            except OSError as error:
                if error.errno == errno.EADDRNOTAVAIL:
                    continue  # IPv6 is switched off
                raise CommandError(
                    Exit.CONFIGURATION,
                    f"port {port} cannot be had: {error.strerror}. Set PORT to a free one.",
                ) from None


def _make_run_dir(path: Path) -> None:
    """A run directory that is ours alone. Raises CommandError(73) where there can be none."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise PermissionError(0, "it belongs to someone else")
        probe = path / "probe"
        probe.write_bytes(bytes(RUN_DIR_BYTES))
        probe.unlink()
        (path / DRAIN_MARKER).unlink(missing_ok=True)
        shutil.rmtree(path / "cache", ignore_errors=True)  # of another time, and perhaps database
    except OSError as error:
        raise _unwritable(path, error) from None
    if len(str(path / "gunicorn.sock")) > 100:  # the kernel's limit is 107 bytes
        raise CommandError(
            Exit.CONFIGURATION,
            f"DEMIJOHN_RUN_DIR={str(path)!r} is too long for a Unix socket. Set a shorter one.",
        )


def _unwritable(path: Path, error: OSError) -> CommandError:
    if error.errno == errno.ENOSPC:
        what = f"the run directory {path} needs 1 MB, and there is no room. Make some"
    else:
        what = (
            f"the run directory {path} cannot be written: {error.strerror}. "
            "Give the container a writable /tmp (--tmpfs /tmp)"
        )
    return CommandError(Exit.CANNOT_WRITE, f"{what}, or set DEMIJOHN_RUN_DIR.")


def _export(config: Settings) -> None:
    """Hand the settings and the database to child processes."""
    environment = child_environment(config, os.environ)
    os.environ.clear()
    os.environ.update(environment)
