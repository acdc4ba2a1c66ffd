"""`demijohn serve`: boots in phases from the environment variables to a running site.

Each phase logs one line with its duration. The first phase that fails ends the boot with one line
that says what to do.
"""

import errno
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path

from psycopg2.extensions import connection as Connection

from demijohn import __version__
from demijohn.common.exit_codes import CommandError, Exit
from demijohn.common.log import log_info
from demijohn.common.run_dir import DRAIN_MARKER, LOADED_MARKER, WARNED_MARKER
from demijohn.common.write_errors import is_on_volume
from demijohn.config import gunicorn_args, resource_limits, settings
from demijohn.config.database_url import SQLITE, DatabaseUrl, OtherDatabase
from demijohn.config.environment import app_driver, child_environment
from demijohn.config.nginx_program import NginxProgram
from demijohn.config.settings import Settings
from demijohn.database import connect
from demijohn.database.encryption import plain_text_risk
from demijohn.database.identity import check_same_database
from demijohn.serve import data_dir, nginx, release

# The free space that the boot requires, so that no program fails later for the lack of it.
RUN_DIR_BYTES = 1 << 20
# The packages of drivers whose names differ.
PACKAGES = {"psycopg2": "psycopg2-binary", "psycopg": "psycopg[binary]"}


class Phase:
    """One phase of the boot; `result` is the text of its line."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.result = ""

    def log(self, text: str) -> None:
        """Log a line before the phase is over."""
        log_info(self.name, text)


@contextmanager
def phase(name: str) -> Iterator[Phase]:
    started = time.perf_counter()
    current = Phase(name)
    yield current
    log_info(name, f"{(time.perf_counter() - started) * 1000:5.0f} ms  {current.result}")


def serve() -> int:
    """Boot, then run until a signal or a failure. Returns the exit status."""
    config = _load_settings()
    limits = _apply_limits(config)
    _prepare_data_dir(config)
    _configure_nginx(config, limits)  # first: an error here must come before a migration
    if config.database_url:
        _prepare_database(config)
    elif config.other_database:
        _prepare_other_database(config, config.other_database)
    else:
        log_info("database", "DATABASE_URL is not set: the app has no Postgres")
        _export(config)

    # Import supervisord last, so that the phases above do not wait for it.
    from demijohn.serve import supervisor

    programs = supervisor.load(Path("supervisord.conf").resolve(), *_lock_place(config))
    return programs.run(Path(config.run_dir) / DRAIN_MARKER, config.drain_seconds)


def _prepare_database(config: Settings) -> None:
    """Wait for the database, export the settings, and release."""
    connection, server = _connect_database(config)
    try:
        _check_budget(config, server)
        _export(config)
        if config.release_on_boot:
            _release(config, connection)
    finally:
        connection.close()


def _prepare_other_database(config: Settings, other: OtherDatabase) -> None:
    """Leave a database that is not Postgres to the app: export the settings, and release."""
    log_info(
        "database",
        f"DATABASE_URL is a {other.kind} URL, left to the app: "
        "the image waits for Postgres only, and /healthz/database says nothing of it",
    )
    _export(config)
    if config.release_on_boot:
        _release_without_lock(config)


def _release_without_lock(config: Settings) -> None:
    with phase("release") as now:
        now.result = release.run_without_lock(config)


def _check_file(config: Settings, other: OtherDatabase) -> None:
    """Raise CommandError(78) if SQLite's file would be in the container itself."""
    file = other.file()
    if not file or config.dotenv:  # on a laptop
        return
    folder = (Path(config.app_dir).resolve() / file).parent
    while not folder.exists():
        folder = folder.parent
    if not is_on_volume(folder):
        why = str(other).replace(SQLITE, f"{SQLITE}, which is lost with its container")
        move = f"mount one at {folder}: docker run --volume app-data:{folder}"
        if config.data_dir != str(folder):
            move = "set DEMIJOHN_DATA_DIR=/data and DATABASE_URL=sqlite:////data/app.db"
        raise CommandError(Exit.CONFIGURATION, f"DATABASE_URL {why}. Or use a volume: {move}.")


def run_worker(name: str) -> int:
    """`demijohn worker NAME`: boot, then run only one program of programs.d until a signal or its
    end. Returns the exit status.

    Waits for the release, which the website or a separate step runs.
    """
    config = _load_settings()
    _apply_limits(config)
    _prepare_data_dir(config)
    _check_prerequisites(config)
    run_dir = Path(config.run_dir + re.sub(r"\W", "-", f"-{name}"))  # `serve` may run beside it
    _make_run_dir(run_dir)
    _export(config)
    os.environ["DEMIJOHN_RUN_DIR"] = str(run_dir)

    from demijohn.serve import supervisor

    programs = supervisor.load(Path("supervisord.conf").resolve(), *_lock_place(config), only=name)
    if config.database_url:
        connection, _ = _connect_database(config)
        try:
            with phase("release") as now:
                now.result = release.wait(config, connection, now.log)
        finally:
            connection.close()
    return programs.run(run_dir / DRAIN_MARKER, 0)


def _lock_place(config: Settings) -> tuple[DatabaseUrl | None, str]:
    """The database that has the locks of single-instance programs, and this instance's name."""
    url = config.release_database_url or config.database_url  # the one without a pooler
    return url, config.instance or socket.gethostname()


def release_once() -> int:
    """`demijohn release`: run the release and nothing else. Returns the exit status."""
    config = _load_settings()
    _apply_limits(config)
    _prepare_data_dir(config)
    if config.other_database:
        _export(config)
        _release_without_lock(config)
        return Exit.OK
    connection, _ = _connect_database(config)
    try:
        _export(config)
        _release(config, connection)
    finally:
        connection.close()
    return Exit.OK


def _load_settings() -> Settings:
    with phase("settings") as now:
        config = settings.load()
        given = sum(source != "default" for source in config.sources.values())
        now.result = f"demijohn {__version__} on {config.platform}, {given} settings given"
        if config.release:
            now.result += f", release {config.release}"
        for line in config.typos + config.warnings:
            now.log(f"warning: {line}")
        if line := gunicorn_args.unread_file(Path(config.app_dir), config.app_module):
            now.log(f"warning: {line}")
        for line in config.notes:
            now.log(line)
    if config.other_database:
        _check_file(config, config.other_database)
    return config


def _apply_limits(config: Settings) -> resource_limits.Capacity:
    with phase("capacity") as now:
        limits = resource_limits.measure()
        limits.apply(config)
        now.result = (
            f"{limits}: {config.web_concurrency} workers, {config.web_threads} threads each"
        )
    return limits


def _prepare_data_dir(config: Settings) -> None:
    if config.data_dir:
        with phase("data") as now:
            path = Path(config.data_dir).resolve()
            data_dir.prepare(path)
            if not config.dotenv and not is_on_volume(path):  # in the image
                now.log(f"warning: {path} is not on a volume: each deploy deletes its files")
            now.result = f"{path} can be written"
    elif not config.dotenv and data_dir.MOUNTS.exists():  # in the image
        for line in data_dir.unwritable_volumes(Path(config.app_dir)):
            log_info("data", f"warning: {line}")


def _connect_database(config: Settings) -> tuple[Connection, connect.Server]:
    with phase("database") as now:
        url = config.database
        connection, server = _connect(url, "DATABASE_URL", config, now)
        now.result = f"{server}, at {url.place()} with {app_driver(url, config)}"
    return connection, server


def _connect(
    url: DatabaseUrl, name: str, config: Settings, now: Phase
) -> tuple[Connection, connect.Server]:
    """Connect to the database whose URL is in the variable `name`."""
    if url.ignored:
        now.log(f"ignoring parameters of {name} unknown to libpq: {', '.join(url.ignored)}")
    connection, server = connect.wait(url, config, now.log, name)
    if risk := plain_text_risk(connection, url, name):
        now.log(f"warning: {risk}")
    return connection, server


def _check_budget(config: Settings, server: connect.Server) -> None:
    """Warn if this instance alone could use more connections than the server allows."""
    wanted = config.web_concurrency * config.database_pool_size
    if wanted > server.max_connections and not server.pooled:
        log_info(
            "database",
            f"warning: this instance may open {wanted} connections, "
            f"but the server allows {server.max_connections}. "
            "Lower DATABASE_POOL_SIZE or WEB_CONCURRENCY.",
        )


def _release(config: Settings, connection: Connection) -> None:
    """Release through `connection`, or through one to RELEASE_DATABASE_URL if that is set."""
    with phase("release") as now:
        if config.release_database_url is None:
            now.result = release.run(config, config.database, connection, now.log)
            return
        url = config.release_database_url
        direct, _ = _connect(url, "RELEASE_DATABASE_URL", config, now)
        with closing(direct):
            check_same_database(connection, direct, config)
            connection.close()  # not needed during the release
            result = release.run(config, url, direct, now.log)
        now.result = f"{result}, at {url.place()}"


def _configure_nginx(config: Settings, limits: resource_limits.Capacity) -> None:
    with phase("nginx") as now:
        _check_port(config.port)
        _check_prerequisites(config)
        _make_run_dir(Path(config.run_dir))
        program = NginxProgram.find(config.nginx_program)
        os.environ["DEMIJOHN_NGINX_PROGRAM"] = program.path  # for supervisord.conf
        workers = max(1, min(int(limits.cpus), 4))
        try:
            now.result = nginx.write(config, program, Path.cwd(), workers, limits.memory)
        except OSError as error:
            raise _unwritable(Path(config.run_dir), error) from None
        program.check(Path(config.run_dir))


def _check_prerequisites(config: Settings) -> None:
    """Raise CommandError(78) if supervisord.conf, the app's folder or its driver is missing."""
    if not Path("supervisord.conf").is_file():
        raise CommandError(
            Exit.CONFIGURATION,
            f"no supervisord.conf in {Path.cwd()}. Run demijohn in the folder that has it.",
        )
    if not Path(config.app_dir).is_dir():
        raise CommandError(
            Exit.CONFIGURATION,
            f"APP_DIR={config.app_dir!r} is not a folder. Set it to the folder of the app.",
        )
    if not shutil.which(config.python):
        raise CommandError(
            Exit.CONFIGURATION,
            f"DEMIJOHN_PYTHON={config.python!r} is not a program. Set it to the app's Python.",
        )
    if url := config.database_url:
        _check_driver(app_driver(url, config), config.python)


def _check_driver(driver: str, python: str) -> None:
    """Raise CommandError(78) if the app's Python does not have the driver, by SQLAlchemy's name."""
    module = driver.removesuffix("_async")
    if not _app_has(module, python):
        package = PACKAGES.get(module, module)
        raise CommandError(
            Exit.CONFIGURATION,
            f"the app's driver, {driver}, is not installed. Add {package} to its requirements.txt, "
            "or set DATABASE_DRIVER to the one that it has.",
        )


def _app_has(module: str, python: str) -> bool:
    """Whether the app's `python` finds a module: in our own environment, or in the app's."""
    if find_spec(module) or python == sys.executable:
        return find_spec(module) is not None
    code = "import importlib.util as i, sys; sys.exit(i.find_spec(sys.argv[1]) is None)"
    return subprocess.run([python, "-P", "-c", code, module]).returncode == 0


def _check_port(port: int) -> None:
    """Raise CommandError(78) if the port cannot be bound, before anything starts."""
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
                    continue  # IPv6 is disabled
                raise CommandError(
                    Exit.CONFIGURATION,
                    f"cannot listen on port {port}: {error.strerror}. Set PORT to a free one.",
                ) from None


def _make_run_dir(path: Path) -> None:
    """Create a run directory that only this user can read. Raises CommandError(73 or 78)."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise PermissionError(0, "it belongs to another user")
        probe = path / "probe"
        probe.write_bytes(bytes(RUN_DIR_BYTES))
        probe.unlink()
        for marker in (DRAIN_MARKER, LOADED_MARKER, WARNED_MARKER):
            (path / marker).unlink(missing_ok=True)
        shutil.rmtree(path / "cache", ignore_errors=True)  # may be of another database
    except OSError as error:
        raise _unwritable(path, error) from None
    if len(str(path / "gunicorn.sock")) > 100:  # the kernel's limit is 107 bytes
        raise CommandError(
            Exit.CONFIGURATION,
            f"DEMIJOHN_RUN_DIR={str(path)!r} is too long for a Unix socket. Set a shorter one.",
        )


def _unwritable(path: Path, error: OSError) -> CommandError:
    if error.errno == errno.ENOSPC:
        text = f"the run directory {path} needs 1 MB, and its disk is full. Free some space"
    else:
        text = (
            f"the run directory {path} cannot be written: {error.strerror}. "
            "Give the container a writable /tmp (--tmpfs /tmp)"
        )
    return CommandError(Exit.CANNOT_WRITE, f"{text}, or set DEMIJOHN_RUN_DIR.")


def _export(config: Settings) -> None:
    """Put the settings and the database into the environment of child processes."""
    environment = child_environment(config, os.environ)
    os.environ.clear()
    os.environ.update(environment)
