"""The WSGI wrapper around the app: probes, the client's address and the watchdog."""

import os
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from demijohn.common.exit_codes import Exit
from demijohn.common.log import log_error
from demijohn.common.run_dir import DRAIN_MARKER
from demijohn.worker import untrusted_proxy, watchdog
from demijohn.worker.database_probe import DatabaseProbe
from demijohn.worker.probes import Probes

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
App = Callable[[Environ, StartResponse], Iterable[bytes]]


class AppNotFound(Exception):
    """APP_MODULE does not name a WSGI app; the message says why."""


def load(module_and_object: str, folder: str) -> App:
    """Import the WSGI app `module:object` or `module:factory()` from `folder`.

    Raises AppNotFound. Exceptions of the app's own code pass through with their traceback.
    """
    sys.path.insert(0, folder)
    module_name, _, attribute = module_and_object.partition(":")
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and (module_name + ".").startswith(error.name + "."):
            raise AppNotFound(f"the module {error.name} does not exist in {folder}") from None
        raise
    name, call, rest = (attribute or "app").partition("(")
    target = getattr(module, name.strip(), None)
    if target is None:
        raise AppNotFound(f"module {module_name} has no {name}")
    if call and rest.strip() != ")":
        raise AppNotFound("a factory is called without arguments")
    app = target() if call else target
    if not callable(app):
        raise AppNotFound(f"{attribute} is not a WSGI app")
    return app  # type: ignore[no-any-return]


class Wrapper:
    """The app, which gets the client's address and no probes."""

    def __init__(self, app: App, probes: Probes) -> None:
        self.app = app
        self.probes = probes

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if probed := self.probes.answer(environ["PATH_INFO"]):
            start_response(probed.status, probed.headers())
            return [] if environ["REQUEST_METHOD"] == "HEAD" else [probed.body]
        # Only Nginx can set these headers: on a Unix socket the peer has no address.
        environ["REMOTE_ADDR"] = environ.get("HTTP_X_FORWARDED_FOR", "")
        if peer := environ.pop("HTTP_X_UNTRUSTED_PROXY", None):
            untrusted_proxy.report(peer)

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

        if environ.get("HTTP_UPGRADE", "").lower() != "websocket":  # which may be open for hours
            watchdog.begin()
        try:
            answer = self.app(environ, start)
        except BaseException:
            watchdog.end()
            raise
        if isinstance(answer, environ.get("wsgi.file_wrapper", ())):
            watchdog.end()  # unwrapped, so that Gunicorn uses sendfile
            return cast("Iterable[bytes]", answer)
        return watchdog.Answer(answer)


def _load_wrapped() -> Wrapper:
    """Load and wrap the app that the environment names."""
    name = os.environ["DEMIJOHN_APP_MODULE"]
    try:
        app = load(name, os.environ["DEMIJOHN_APP_DIR"])
    except AppNotFound as error:
        log_error(
            f"APP_MODULE={name!r}: {error}. Name the app as module:object, or module:factory()."
        )
        sys.exit(Exit.CONFIGURATION)
    database = DatabaseProbe(
        os.environ["DATABASE_URL"], int(os.environ["DEMIJOHN_DATABASE_CONNECT_TIMEOUT"])
    )
    drain_marker = Path(os.environ["DEMIJOHN_RUN_DIR"]) / DRAIN_MARKER
    return Wrapper(app, Probes(drain_marker, database))


def __getattr__(name: str) -> Wrapper:
    """Load the app when Gunicorn reads `application`, not when this module is imported."""
    if name == "application":
        globals()[name] = _load_wrapped()
        return globals()[name]  # type: ignore[no-any-return]
    raise AttributeError(name)
