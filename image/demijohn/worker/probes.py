"""The answers to a host's probes, independent of the app.

Each probe has one meaning, so that the host reacts correctly: a restart helps if Gunicorn is dead,
but not if the database is away, and without the database an instance still serves pages and cached
responses.
"""

import json
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from demijohn.worker.database_probe import DatabaseProbe
from demijohn.worker.thread_pool import ThreadPool

ANSWER_SECONDS = 3.0  # less than Nginx's limit for a probe


@dataclass(frozen=True)
class Answer:
    """The response to a probe: `status` with its reason phrase, and a JSON body."""

    status: str
    body: bytes

    def headers(self) -> list[tuple[str, str]]:
        return [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(self.body))),
            ("Cache-Control", "no-store"),
        ]


class Probes:
    """The probes of this instance, which drains while the file `drain_marker` exists."""

    def __init__(
        self, drain_marker: Path, database: DatabaseProbe | None, patience: float = 31
    ) -> None:
        self._drain_marker = drain_marker
        self._database = database
        self._patience = patience
        self._pool: ThreadPool | None = None

    def watch(self, pool: ThreadPool) -> None:
        """From now on, /livez fails if no worker has had a free thread for `patience` seconds."""
        self._pool = pool

    def answer(self, path: str) -> Answer | None:
        """The answer to a path, None if it is not a probe. Nginx rewrites the aliases."""
        match path:
            case "/livez":
                busy = self._pool.seconds_full() if self._pool else 0.0
                if busy > self._patience and not self._is_anyone_free():
                    return _unavailable("unavailable", f"no thread has been free for {busy:.0f} s")
                return _ok("ok")
            case "/readyz":
                draining = self._drain_marker.exists()
                return _unavailable("not ready", "draining") if draining else _ok("ready")
            case "/healthz/database":
                if self._database is None:
                    return _ok("no database")
                answers = self._database.answers()
                return _ok("ok") if answers else _unavailable("unavailable", "database away")
        return None

    def _is_anyone_free(self) -> bool:
        """Whether a worker takes a request that comes as all others come."""
        with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ANSWER_SECONDS)
            connection.connect(str(self._drain_marker.parent / "gunicorn.sock"))
            connection.sendall(b"GET /readyz HTTP/1.0\r\n\r\n")
            return bool(connection.recv(1))
        return False


def _ok(status: str) -> Answer:
    return Answer("200 OK", _json(status=status))


def _unavailable(status: str, reason: str) -> Answer:
    return Answer("503 Service Unavailable", _json(status=status, reason=reason))


def _json(**members: str) -> bytes:
    return json.dumps(members).encode() + b"\n"
