"""Requests byte for byte, their expected results, and a connection that hides nothing.

TOKEN stands for five characters that are unique for each request sent, so that the app's journal
shows which requests arrived. A request that is hidden inside another asks for /api/TOKEN/admin,
which must never arrive. Lines are text with one byte per character (Latin-1).
"""

import contextlib
import io
import itertools
import json
import socket
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from http.client import HTTPResponse, RemoteDisconnected
from typing import Any

from tests.support.front_door import Response
from tests.support.stack import TIMEOUT_SECONDS

ADDRESS = "/api/TOKEN"
HIDDEN = f"GET {ADDRESS}/admin HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()

REFUSED = range(400, 500)
# The two statuses from 500 on that HTTP prescribes for a bad request.
UNKNOWN_CODING = [501]  # a transfer coding that a server does not know: RFC 9112, 6.1
UNKNOWN_VERSION = [505]  # a major version that a server does not speak: RFC 9110, 15.6.6


@dataclass(frozen=True)
class Case:
    """A request: its bytes, the allowed statuses, and what the app must have received.

    With status 200 the app received method and path `seen`, `host` and `body`, or nothing if `seen`
    is empty; with any other status it received nothing. `rest`: the bytes after the request are not
    a request, and are refused.
    """

    name: str
    sent: bytes
    statuses: Collection[int]
    seen: str = ""
    body: bytes = b""
    host: str = "localhost"
    rest: bool = False


def request(
    *headers: str, line: str = "", host: str = "Host: localhost", body: bytes = b""
) -> bytes:
    lines = [line or f"GET {ADDRESS} HTTP/1.1", *([host] if host else []), *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def post(*headers: str, body: bytes = b"") -> bytes:
    return request(*headers, line=f"POST {ADDRESS} HTTP/1.1", body=body)


def with_length(body: bytes, *headers: str, line: str = "") -> bytes:
    """A request with the correct Content-Length."""
    line = line or f"POST {ADDRESS} HTTP/1.1"
    return request(f"Content-Length: {len(body)}", *headers, line=line, body=body)


def chunked(body: bytes, *headers: str) -> bytes:
    return post("Transfer-Encoding: chunked", *headers, body=body)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def with_target(target: str) -> bytes:
    return request(line=f"GET {target} HTTP/1.1")


def refused(name: str, sent: bytes, statuses: Collection[int] = REFUSED) -> Case:
    return Case(name, sent, statuses)


def accepted(name: str, sent: bytes, seen: str = "", body: bytes = b"", **more: Any) -> Case:
    """A request that the app receives unchanged."""
    method = sent.lstrip().split(b" ", 1)[0].decode("latin-1")
    return Case(name, sent, [200], seen or f"{method} {ADDRESS}", body, **more)


def accepted_or_refused(name: str, sent: bytes, body: bytes = b"") -> Case:
    """A request that newer versions of Nginx refuse and older ones accept, correctly."""
    case = accepted(name, sent, body=body)
    return Case(name, sent, [200, *REFUSED], case.seen, body)


def page(name: str, sent: bytes) -> Case:
    """A request that gets a page of the frontend, and does not reach the app."""
    return Case(name, sent, [200])


class Connection:
    """A connection on which several responses are read in order."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=TIMEOUT_SECONDS)
        self._incoming = _StaysOpen(socket.SocketIO(self._socket, "rb"))

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.close()

    def makefile(self, *_how: object) -> io.BufferedReader:
        """The only method of a socket that HTTPResponse calls."""
        return self._incoming

    def send(self, data: bytes) -> None:
        with contextlib.suppress(ConnectionError):  # refused before it was all sent
            self._socket.sendall(data)

    def read(self, method: str = "GET") -> Response | None:
        """Read the next response; None if the server has closed the connection.

        Raises TimeoutError.
        """
        response = HTTPResponse(self, method=method)  # type: ignore[arg-type]
        try:
            response.begin()
        except (RemoteDisconnected, ConnectionError):
            return None
        return Response(response.status, tuple(response.getheaders()), response.read())

    def read_all(self) -> bytes:
        """Read until the server closes the connection. Raises TimeoutError."""
        with contextlib.suppress(ConnectionError):
            return self._incoming.read()
        return b""

    def finish(self) -> None:
        """Shut down the sending side."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)


class _StaysOpen(io.BufferedReader):
    """Ignores `close`: HTTPResponse would lose buffered bytes of the next response."""

    def close(self) -> None:
        pass


@dataclass
class Recorder:
    """A running stack with the recorder app; `read_journal` returns the app's journal."""

    host: str
    port: int
    read_journal: Callable[[], str]
    tokens: Iterator[str] = field(default_factory=lambda: map("Q{:04}".format, itertools.count()))

    def dial(self) -> Connection:
        return Connection(self.host, self.port)

    def requests_with(self, token: str) -> list[dict[str, Any]]:
        """The requests with this token that the app has received."""
        return [found for found in self.journal() if token in json.dumps(found)]

    def journal(self) -> list[dict[str, Any]]:
        *lines, _unfinished = self.read_journal().split("\n")
        return [json.loads(line) for line in lines]
