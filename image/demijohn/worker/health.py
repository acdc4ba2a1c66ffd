"""/healthz and /readyz, which a thread of each worker answers on a socket of its own.

A worker takes a request only when a thread is free for it. A question about health that waited for
one would go unanswered while all are busy, and the host would restart what has the most to do.
"""

import json
import os
import socket
import threading
from dataclasses import dataclass
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingMixIn, UnixStreamServer

from demijohn.worker.readiness import Readiness

BACKLOG = 128
TIMEOUT_SECONDS = 5  # for Nginx, which has the whole question at hand


@dataclass(frozen=True)
class Answer:
    """What a question about health is answered: `status` with its reason, and JSON."""

    status: str
    body: bytes

    def headers(self) -> list[tuple[str, str]]:
        return [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(self.body))),
            ("Cache-Control", "no-store"),
        ]


def answer(path: str, readiness: Readiness) -> Answer | None:
    """The answer to a path; None where it is none of ours."""
    if path == "/healthz":
        return _answer("200 OK", "ok")
    if path != "/readyz":
        return None
    if reason := readiness.reason():
        return _answer("503 Service Unavailable", "not ready", reason=reason)
    return _answer("200 OK", "ready")


def _answer(status: str, word: str, **more: str) -> Answer:
    return Answer(status, json.dumps({"status": word, **more}).encode() + b"\n")


def listen(path: Path) -> socket.socket:
    """A listening socket at `path`, in the place of an earlier one's, for all workers."""
    ours = path.with_suffix(f".{os.getpid()}")
    ours.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.setblocking(False)  # several workers wake up for one question
    listener.bind(str(ours))
    ours.chmod(0o600)
    listener.listen(BACKLOG)
    ours.replace(path)  # at no moment is there none
    return listener


def serve(listener: socket.socket, readiness: Readiness) -> None:
    """Answer on an inherited socket, in a thread, for as long as this process lives."""
    server = _Server(str(listener.getsockname()), _Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.readiness = readiness
    threading.Thread(target=server.serve_forever, daemon=True, name="health").start()


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True  # a database that hangs keeps no worker from ending
    readiness: Readiness

    def handle_error(self, *_: object) -> None:
        """Whoever asked has gone."""


class _Handler(StreamRequestHandler):
    timeout = TIMEOUT_SECONDS
    server: _Server

    def handle(self) -> None:
        """Answer one request of Nginx's, of which only the path counts."""
        method, path, *_ = self.rfile.readline(65536).decode("latin-1").split()
        while self.rfile.readline(65536).strip():
            pass
        found = answer(path.partition("?")[0], self.server.readiness)
        if found is None:
            return
        lines = [f"HTTP/1.1 {found.status}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in found.headers()]
        head = "\r\n".join(lines).encode() + b"\r\n\r\n"
        self.wfile.write(head if method == "HEAD" else head + found.body)
