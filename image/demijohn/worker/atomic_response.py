"""The headers of an answer and the first of its body leave a worker in one piece.

Gunicorn sends one after the other. A worker that is killed between the two leaves Nginx with an
answer that has begun, which it cannot ask another worker for any more.
"""

from typing import Any

from gunicorn.http import wsgi


class _Together:
    """Stands in for a socket: keeps what is sent."""

    def __init__(self) -> None:
        self.data = b""

    def sendall(self, data: bytes) -> None:
        self.data += data


class WholeResponse(wsgi.Response):  # type: ignore[misc]
    """Gunicorn's response, as a worker writes it."""

    sock: Any
    headers_sent: bool

    def write(self, arg: bytes) -> None:
        if self.headers_sent:
            super().write(arg)
            return
        sock, self.sock = self.sock, _Together()
        try:
            super().write(arg)
        except Exception:
            self.headers_sent = False  # nothing has left yet: the error may be told
            raise
        finally:
            kept, self.sock = self.sock, sock
        sock.sendall(kept.data)


def install() -> None:
    """Have Gunicorn use it: there is no setting for that."""
    wsgi.Response = WholeResponse
