"""The WSGI wrapper around the app: probes, the client's address and the watchdog."""

import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from demijohn.common.run_dir import DRAIN_MARKER
from demijohn.config.database_url import OtherDatabase, parse
from demijohn.config.parsers import bytes_of_size
from demijohn.worker import error_response, untrusted_proxy, watchdog, write_error_log
from demijohn.worker.app_loader import App, Environ, StartResponse, load_or_exit
from demijohn.worker.database_probe import DatabaseProbe
from demijohn.worker.probes import Answer, Probes
from demijohn.worker.response_start import Headers, ResponseStart
from demijohn.worker.retried_requests import RetriedRequests
from demijohn.worker.shared_cache import KEPT_PER_SECOND, SharedCache, is_unchanged_shared


class Wrapper:
    """The app, which gets the client's address and no probes; Nginx gets hints about responses."""

    def __init__(
        self,
        app: App,
        probes: Probes,
        shared_cache: SharedCache,
        strip_prefix: str = "",
        data_dir: str = "",
    ) -> None:
        self.app = app
        self.probes = probes
        self.retried: RetriedRequests | None = None  # until the worker serves requests
        self._shared_cache = shared_cache
        self._strip_prefix = strip_prefix
        self._data_dir = data_dir

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if probed := self._probe(environ):
            start_response(probed.status, probed.headers())
            return [] if environ["REQUEST_METHOD"] == "HEAD" else [probed.body]
        self._strip(environ)
        # Only Nginx can set these headers: on a Unix socket the peer has no address.
        environ["REMOTE_ADDR"] = environ.get("HTTP_X_FORWARDED_FOR", "")
        environ["REMOTE_PORT"] = environ.pop("HTTP_X_DEMIJOHN_CLIENT_PORT", "")
        # Nginx takes a 103 for the response.
        environ.pop("wsgi.early_hints", None)
        request_key = environ.pop("HTTP_X_DEMIJOHN_REQUEST_KEY", "")
        if peer := environ.pop("HTTP_X_UNTRUSTED_PROXY", None):
            untrusted_proxy.report(peer)
        if not self._may_serve(environ, request_key):
            body = error_response.problem(502, "Bad Gateway")
            kind = ("Content-Type", "application/problem+json")
            start_response("502 Bad Gateway", [kind, ("Retry-After", "5")])
            return [body]
        if environ.get("HTTP_UPGRADE", "").lower() != "websocket":  # which may be open for hours
            watchdog.begin()
        try:
            answer = self._call_app(environ, start_response)
            write_error_log.explain()
        except watchdog.MISUNDERSTOOD as error:
            watchdog.end()
            raise RuntimeError(f"the app raised {error!r}") from error
        except BaseException:
            watchdog.end()
            raise
        if isinstance(answer, environ.get("wsgi.file_wrapper", ())):
            watchdog.end()  # unwrapped, so that Gunicorn uses sendfile
            return cast("Iterable[bytes]", answer)
        return watchdog.Answer(answer, environ.get("gunicorn.socket"))

    def _probe(self, environ: Environ) -> Answer | None:
        """The answer to a probe; other methods at its path are the app's."""
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return None
        return self.probes.answer(environ["PATH_INFO"])

    def _may_serve(self, environ: Environ, request_key: str) -> bool:
        text = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        return not self.retried or self.retried.may_serve(request_key, text)

    def _strip(self, environ: Environ) -> None:
        """Move STRIP_PREFIX from the path to SCRIPT_NAME, from which apps build their links."""
        prefix, path = self._strip_prefix, environ["PATH_INFO"]
        if prefix and f"{path}/".startswith(f"{prefix}/"):
            environ["SCRIPT_NAME"] += prefix
            environ["PATH_INFO"] = path.removeprefix(prefix)

    def _call_app(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Call the app; once more if it gives a 304 where Nginx's cache needs the response."""
        started = ResponseStart(start_response, self._shared_cache, self._data_dir)
        unconditional = self._shared_cache.unconditional(environ)
        if unconditional is None:
            return started.body(self.app(environ, started))
        held: list[tuple[str, Headers]] = []

        def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
            if is_unchanged_shared(status, headers) and not returned:
                held.append((status, headers))
                return None
            return started(status, headers, exc_info)

        returned = False
        answer = self.app(environ, start)
        returned = True
        if not held:
            return started.body(answer)
        if hasattr(answer, "close"):
            answer.close()
        return started.body(self.app(unconditional, started))


def _probe_database(url: str | None) -> DatabaseProbe | None:
    """The probe of the app's database; None if it has none, or another one than Postgres."""
    if not url:
        return None
    try:
        postgres = parse(url)
    except OtherDatabase:
        return None
    return DatabaseProbe(postgres.libpq(), int(os.environ["DEMIJOHN_DATABASE_CONNECT_TIMEOUT"]))


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end this process: Gunicorn's handler waits for the end of an import."""
    handler = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:  # the app has set none
        signal.signal(signal.SIGTERM, handler)


def _load_wrapped() -> Wrapper:
    """Load and wrap the app that the environment names."""
    # Read first: the app may change its environment.
    database = _probe_database(os.environ.get("DATABASE_URL"))
    with _stopped_by_sigterm():
        app = load_or_exit(os.environ["DEMIJOHN_APP_MODULE"], os.environ["DEMIJOHN_APP_DIR"])
    write_error_log.watch_views()
    drain_marker = Path(os.environ["DEMIJOHN_RUN_DIR"]) / DRAIN_MARKER
    max_bytes = bytes_of_size(os.environ["DEMIJOHN_MAX_CACHED_SIZE"])
    workers = int(os.environ["DEMIJOHN_WEB_CONCURRENCY"])
    shared_cache = SharedCache(max_bytes, KEPT_PER_SECOND / workers)
    patience = int(os.environ["DEMIJOHN_REQUEST_TIMEOUT"]) + 1
    strip_prefix = os.environ.get("DEMIJOHN_STRIP_PREFIX", "")
    data_dir = os.environ.get("DEMIJOHN_DATA_DIR", "")
    probes = Probes(drain_marker, database, patience)
    return Wrapper(app, probes, shared_cache, strip_prefix, data_dir)


def __getattr__(name: str) -> Wrapper:
    """Load the app when Gunicorn reads `application`, not when this module is imported."""
    if name == "application":
        globals()[name] = _load_wrapped()
        return globals()[name]  # type: ignore[no-any-return]
    raise AttributeError(name)
