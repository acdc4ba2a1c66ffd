"""Answers probes in a separate thread of each worker, on a separate socket.

A worker accepts a request only if a thread is free. A probe on the same socket would time out while
all threads are busy, and the host would restart the busiest instance.
"""

import os
import socket
import threading
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingMixIn, UnixStreamServer

from demijohn.worker.probes import Probes

BACKLOG = 128
TIMEOUT_SECONDS = 5  # for Nginx to send the request


def listen(path: Path) -> socket.socket:
    """Create the listening socket of all workers at `path`, and replace an earlier one."""
    ours = path.with_suffix(f".{os.getpid()}")
    ours.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.setblocking(False)  # several workers may wake up for one connection
    listener.bind(str(ours))
    ours.chmod(0o600)
    listener.listen(BACKLOG)
    ours.replace(path)  # atomic: there is a socket at the path at any time
    return listener


def serve(listener: socket.socket, probes: Probes) -> None:
    """Answer probes on an inherited socket, in a daemon thread."""
    server = _Server(str(listener.getsockname()), _Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.probes = probes
    threading.Thread(target=server.serve_forever, daemon=True, name="probes").start()


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True  # the worker can exit even if the database hangs
    probes: Probes

    def handle_error(self, *_: object) -> None:
        """Ignore errors of a client that has disconnected."""


class _Handler(StreamRequestHandler):
    timeout = TIMEOUT_SECONDS
    server: _Server

    def handle(self) -> None:
        """Answer one request from Nginx; only its method and path matter."""
        method, path, *_ = self.rfile.readline(65536).decode("latin-1").split()
        while self.rfile.readline(65536).strip():
            pass
        answer = self.server.probes.answer(path.partition("?")[0])
        if answer is None:
            return
        lines = [f"HTTP/1.1 {answer.status}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in answer.headers()]
        head = "\r\n".join(lines).encode() + b"\r\n\r\n"
        self.wfile.write(head if method == "HEAD" else head + answer.body)
