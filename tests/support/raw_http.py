"""Requests byte for byte, what must come of them, and a connection that hides nothing.

TOKEN stands for five characters that are others for each request sent, so that the app's journal
tells whose requests arrived. What is hidden in a request asks for /api/TOKEN/admin, which must
never arrive. Lines are text of one byte a character (Latin-1).
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

from tests.support.front_door import Answer
from tests.support.stack import PATIENCE_SECONDS

ADDRESS = "/api/TOKEN"
HIDDEN = f"GET {ADDRESS}/admin HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()

REFUSED = range(400, 500)
# The two statuses from 500 on that HTTP itself prescribes: they tell of a wish, not of a fault.
UNKNOWN_CODING = [501]  # a transfer coding that a server does not know: RFC 9112, 6.1
UNKNOWN_VERSION = [505]  # a major version that a server does not speak: RFC 9110, 15.6.6


@dataclass(frozen=True)
class Case:
    """One request: its bytes, which status may be the answer, and what the app may have got.

    Where the status is 200, the app got method and path `seen`, `host` and `body`, or nothing if
    `seen` is empty; at any other status it got nothing. `rest`: what follows the request, in the
    same bytes, is no request, and is refused.
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


def sized(body: bytes, *headers: str, line: str = "") -> bytes:
    """With the length that the body has."""
    line = line or f"POST {ADDRESS} HTTP/1.1"
    return request(f"Content-Length: {len(body)}", *headers, line=line, body=body)


def chunked(body: bytes, *headers: str) -> bytes:
    return post("Transfer-Encoding: chunked", *headers, body=body)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def aimed(target: str) -> bytes:
    return request(line=f"GET {target} HTTP/1.1")


def refused(name: str, sent: bytes, statuses: Collection[int] = REFUSED) -> Case:
    return Case(name, sent, statuses)


def taken(name: str, sent: bytes, seen: str = "", body: bytes = b"", **more: Any) -> Case:
    """The app gets it, as it is."""
    method = sent.lstrip().split(b" ", 1)[0].decode("latin-1")
    return Case(name, sent, [200], seen or f"{method} {ADDRESS}", body, **more)


def either(name: str, sent: bytes, body: bytes = b"") -> Case:
    """Later versions of Nginx refuse what earlier ones take, in its only possible meaning."""
    case = taken(name, sent, body=body)
    return Case(name, sent, [200, *REFUSED], case.seen, body)


def page(name: str, sent: bytes) -> Case:
    """The frontend's, and not the app's."""
    return Case(name, sent, [200])


class Line:
    """A connection on which answers are read one after the other."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=PATIENCE_SECONDS)
        self._incoming = _StaysOpen(socket.SocketIO(self._socket, "rb"))

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.close()

    def makefile(self, *_how: object) -> io.BufferedReader:
        """What HTTPResponse wants of a socket."""
        return self._incoming

    def send(self, data: bytes) -> None:
        with contextlib.suppress(ConnectionError):  # refused before it was all sent
            self._socket.sendall(data)

    def read(self, method: str = "GET") -> Answer | None:
        """The next answer; None if the other side has hung up. Raises TimeoutError."""
        response = HTTPResponse(self, method=method)  # type: ignore[arg-type]
        try:
            response.begin()
        except (RemoteDisconnected, ConnectionError):
            return None
        return Answer(response.status, tuple(response.getheaders()), response.read())

    def read_all(self) -> bytes:
        """What comes until the other side hangs up. Raises TimeoutError."""
        with contextlib.suppress(ConnectionError):
            return self._incoming.read()
        return b""

    def finish(self) -> None:
        """Say that nothing more will be sent."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)


class _StaysOpen(io.BufferedReader):
    """HTTPResponse closes its file after an answer, and with it the bytes of the next one."""

    def close(self) -> None:
        pass


@dataclass
class Front:
    """A front door with the recorder behind it, whose journal `read_journal` returns."""

    host: str
    port: int
    read_journal: Callable[[], str]
    tokens: Iterator[str] = field(default_factory=lambda: map("Q{:04}".format, itertools.count()))

    def dial(self) -> Line:
        return Line(self.host, self.port)

    def arrived(self, token: str) -> list[dict[str, Any]]:
        """The requests with this token that the app has got."""
        return [found for found in self.journal() if token in json.dumps(found)]

    def journal(self) -> list[dict[str, Any]]:
        *lines, _unfinished = self.read_journal().split("\n")
        return [json.loads(line) for line in lines]
