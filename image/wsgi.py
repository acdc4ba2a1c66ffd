"""What stands around the app in every worker: its health, and the truth about the client."""

import json
import os
import select
import sys
import threading
import time
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import psycopg2
from psycopg2.extensions import POLL_OK, POLL_READ, POLL_WRITE

from . import watchdog
from .exits import Exit
from .log import complain

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

DRAIN_MARKER = "draining"
READINESS_SECONDS = 1.0  # for how long an answer of the database counts, however many ask


class WrongName(Exception):
    """APP_MODULE names nothing that could be the app; the message says why."""


def load(module_and_object: str, folder: str) -> App:
    """The WSGI app that `module:object` or `module:factory()` names, imported from `folder`.

    Raises WrongName; whatever the app's own code raises passes through, for its traceback helps.
    """
    sys.path.insert(0, folder)
    module_name, _, attribute = module_and_object.partition(":")
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and (module_name + ".").startswith(error.name + "."):
            raise WrongName(f"there is no module {error.name} in {folder}") from None
        raise
    name, call, rest = (attribute or "app").partition("(")
    target = getattr(module, name.strip(), None)
    if target is None:
        raise WrongName(f"module {module_name} has no {name}")
    if call and rest.strip() != ")":
        raise WrongName("a factory is called without arguments")
    app = target() if call else target
    if not callable(app):
        raise WrongName(f"{attribute} is no WSGI app")
    return app  # type: ignore[no-any-return]


class Readiness:
    """Whether this instance should get requests: the database answers, and no drain has begun.

    Asks the database over a connection of its own, so that a pool in trouble shows too, and at
    most once in READINESS_SECONDS.
    """

    def __init__(self, marker: Path, url: str, timeout: int) -> None:
        self._marker = marker
        self._url = url
        self._timeout = timeout
        self._lock = threading.Lock()
        self._asked = -READINESS_SECONDS
        self._away = False

    def reason(self) -> str | None:
        """None if ready, else why not."""
        if self._marker.exists():
            return "draining"
        # One thread asks. The others take its last answer: a database that hangs must not have
        # every thread of the worker wait for it. Before the first, the boot's answer counts.
        if self._lock.acquire(blocking=False):
            try:
                if time.monotonic() - self._asked >= READINESS_SECONDS:
                    self._away = not self._database_answers()
                    self._asked = time.monotonic()
            finally:
                self._lock.release()
        return "database away" if self._away else None

    def _database_answers(self) -> bool:
        """Connect and ask, within the timeout for both: a database that hangs is away."""
        deadline = time.monotonic() + self._timeout
        connection = None
        try:
            connection = psycopg2.connect(
                self._url, async_=True, application_name="demijohn readyz"
            )
            _finish(connection, deadline)
            cursor = connection.cursor()  # by this name: the connection keeps no hold of it
            cursor.execute("SELECT 1")
            _finish(connection, deadline)
            return True
        except (psycopg2.Error, TimeoutError):
            return False
        finally:
            if connection is not None:
                connection.close()


def _finish(connection: Any, deadline: float) -> None:
    """Wait until an asynchronous connection is done; raises TimeoutError."""
    ready = {POLL_READ: select.POLLIN, POLL_WRITE: select.POLLOUT}
    while (state := connection.poll()) != POLL_OK:
        poller = select.poll()
        poller.register(connection.fileno(), ready[state])
        if not poller.poll(max(deadline - time.monotonic(), 0) * 1000):
            raise TimeoutError


class Wrapper:
    """The app, with /healthz and /readyz before it and the client's address put right."""

    def __init__(self, app: App, readiness: Readiness) -> None:
        self.app = app
        self.readiness = readiness

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/healthz":
            return _answer(start_response, "200 OK", {"status": "ok"})
        if path == "/readyz":
            reason = self.readiness.reason()
            if reason:
                return _answer(
                    start_response,
                    "503 Service Unavailable",
                    {"status": "not ready", "reason": reason},
                )
            return _answer(start_response, "200 OK", {"status": "ready"})
        # Nginx set this header, and nobody else can: on a Unix socket the peer has no address.
        environ["REMOTE_ADDR"] = environ.get("HTTP_X_FORWARDED_FOR", "")

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            if any(
                n.lower() == "content-type" and v.startswith("text/event-stream")
                for n, v in headers
            ):
                headers = [
                    *headers,
                    ("X-Accel-Buffering", "no"),
                ]  # Nginx passes each event on at once
            return start_response(status, headers, *rest)

        if environ.get("HTTP_UPGRADE", "").lower() != "websocket":  # one talks for hours
            watchdog.begin()
        try:
            answer = self.app(environ, start)
        except BaseException:
            watchdog.end()
            raise
        if isinstance(answer, environ.get("wsgi.file_wrapper", ())):
            watchdog.end()  # Gunicorn sends a file by itself, if nothing is wrapped around it
            return cast("Iterable[bytes]", answer)
        return watchdog.Answer(answer)


def _answer(start_response: StartResponse, status: str, body: dict[str, str]) -> Iterable[bytes]:
    data = json.dumps(body).encode() + b"\n"
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(data))),
        ("Cache-Control", "no-store"),
    ]
    start_response(status, headers)
    return [data]


def _wrapped() -> Wrapper:
    """The app of the environment that the boot made."""
    name = os.environ["APP_MODULE"]
    try:
        app = load(name, os.environ["APP_DIR"])
    except WrongName as error:
        complain(
            f"APP_MODULE={name!r}: {error}. Name the app as module:object, or module:factory()."
        )
        sys.exit(Exit.CONFIGURATION)
    readiness = Readiness(
        Path(os.environ["RUN_DIR"]) / DRAIN_MARKER,
        os.environ["DATABASE_URL"],
        int(os.environ["DATABASE_CONNECT_TIMEOUT"]),
    )
    return Wrapper(app, readiness)


def __getattr__(name: str) -> Wrapper:
    """Load the app when Gunicorn asks for `application`, not when a test imports this module."""
    if name == "application":
        globals()[name] = _wrapped()
        return globals()[name]  # type: ignore[no-any-return]
    raise AttributeError(name)
