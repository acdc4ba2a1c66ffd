"""Answers probes in a thread of each worker, on a socket of their own.

A worker takes a request only when a thread is free for it. A probe that waited for one would go
unanswered while all are busy, and the host would restart the instance that has the most to do.
"""

import os
import socket
import threading
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingMixIn, UnixStreamServer

from demijohn.worker.probes import Probes

BACKLOG = 128
TIMEOUT_SECONDS = 5  # for Nginx, which has the whole request at hand


def listen(path: Path) -> socket.socket:
    """A listening socket at `path`, in the place of an earlier one's, for all workers."""
    ours = path.with_suffix(f".{os.getpid()}")
    ours.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.setblocking(False)  # several workers wake up for one connection
    listener.bind(str(ours))
    ours.chmod(0o600)
    listener.listen(BACKLOG)
    ours.replace(path)  # so that the path never leads nowhere
    return listener


def serve(listener: socket.socket, probes: Probes) -> None:
    """Answer on an inherited socket, in a thread, for as long as this process lives."""
    server = _Server(str(listener.getsockname()), _Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.probes = probes
    threading.Thread(target=server.serve_forever, daemon=True, name="probes").start()


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True  # a database that hangs does not keep the worker from ending
    probes: Probes

    def handle_error(self, *_: object) -> None:
        """The client has gone: nothing to do, and nothing to log."""


class _Handler(StreamRequestHandler):
    timeout = TIMEOUT_SECONDS
    server: _Server

    def handle(self) -> None:
        """Answer one request of Nginx's, of which only method and path count."""
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
