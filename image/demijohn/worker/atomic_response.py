"""Sends the headers of a response together with the first bytes of its body.

Gunicorn sends them separately. If a worker is killed in between, Nginx has the beginning of a
response and can no longer send the request to another worker.
"""

from typing import Any

from gunicorn.http import wsgi


class _Buffer:
    """Replaces a socket and collects the data that is sent."""

    def __init__(self) -> None:
        self.data = b""

    def sendall(self, data: bytes) -> None:
        self.data += data


class AtomicResponse(wsgi.Response):  # type: ignore[misc]
    """Gunicorn's response, whose headers wait for the first bytes of the body."""

    sock: Any
    headers_sent: bool

    def write(self, arg: bytes) -> None:
        if self.headers_sent:
            super().write(arg)
            return
        sock, self.sock = self.sock, _Buffer()
        try:
            super().write(arg)
        except Exception:
            self.headers_sent = False  # nothing was sent yet, so an error response is possible
            raise
        finally:
            buffer, self.sock = self.sock, sock
        sock.sendall(buffer.data)


def install() -> None:
    """Replace Gunicorn's class. Gunicorn has no setting for it."""
    wsgi.Response = AtomicResponse
