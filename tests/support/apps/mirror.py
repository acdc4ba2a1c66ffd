"""An app that returns the request as it received it, or a response that the test has written.

Plain WSGI without a framework, so that everything that a test sees comes from the image. A test
controls the app with files: `?file=…` names one.
"""

import base64
import hashlib
import json
import os
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

TIMEOUT_SECONDS = 30.0

Environ = dict[str, Any]
Start = Callable[..., Any]


def app(environ: Environ, start: Start) -> Iterator[bytes]:
    """Dispatch on the last segment of the path; by default, return the request.

    Paths below /api/absent/ do not exist.
    """
    query = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
    word = environ["PATH_INFO"].rpartition("/")[2]
    act = {
        "say": say,
        "events": events,
        "gate": gate,
        "websocket": websocket,
        "hang-up": hang_up,
        "numbers": numbers,
    }.get(word, show)
    if environ["PATH_INFO"].startswith("/api/absent/"):
        act = absent
    return act(environ, start, query)


def show(environ: Environ, start: Start, query: dict[str, str]) -> Iterator[bytes]:
    """Return the request as a WSGI app sees it."""
    facts = {
        "method": environ["REQUEST_METHOD"],
        "path": environ["PATH_INFO"],
        "script": environ.get("SCRIPT_NAME", ""),
        "scheme": environ["wsgi.url_scheme"],
        "address": environ["REMOTE_ADDR"],
        "body": len(environ["wsgi.input"].read()),
        "worker": os.getpid(),
        "headers": {
            name.removeprefix("HTTP_").replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        },
    }
    start("200 OK", [("Content-Type", "application/json")])
    yield json.dumps(facts).encode()


def say(environ: Environ, start: Start, query: dict[str, str]) -> Iterator[bytes]:
    """Answer with the file's status line, headers and body (a JSON list).

    Where the body is null, each response gets a new one.
    """
    status, headers, body = json.loads(Path(query["file"]).read_text())
    content = (str(uuid.uuid4()) if body is None else body).encode()
    length = ("Content-Length", str(len(content)))
    start(status, [length, *((name, value) for name, value in headers)])
    yield content


def events(environ: Environ, start: Start, query: dict[str, str]) -> Iterator[bytes]:
    """Send two server-sent events; the second once the file exists."""
    start("200 OK", [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store")])
    yield b"data: first\n\n"
    wait_for(Path(query["file"]))
    yield b"data: second\n\n"


def gate(environ: Environ, start: Start, query: dict[str, str]) -> Iterator[bytes]:
    """Answer once the file exists; create a file `.reached` beside it before waiting."""
    opened = Path(query["file"])
    opened.with_suffix(".reached").touch()
    wait_for(opened)
    start("200 OK", [("Content-Type", "text/plain")])
    yield b"through"


def websocket(environ: Environ, start: Start, query: dict[str, str]) -> Iterator[bytes]:
    """Do the handshake of RFC 6455, then echo every message in capitals."""
    key = environ.get("HTTP_SEC_WEBSOCKET_KEY", "")
    guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1((key + guid).encode()).digest()).decode()
    connection: socket.socket = environ["gunicorn.socket"]
    connection.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + f"X-Asked: {environ.get('HTTP_CONNECTION')}/{environ.get('HTTP_UPGRADE')}\r\n".encode()
        + f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
    )
    while words := connection.recv(4096):
        connection.sendall(words.upper())
    connection.shutdown(socket.SHUT_RDWR)
    start("200 OK", [])  # Gunicorn requires it; the client has closed the connection
    yield b""


def absent(environ: Environ, start: Start, query: dict[str, str]) -> Iterator[bytes]:
    """Answer 404, as an app does for a path that it does not have."""
    start("404 Not Found", [("Content-Type", "application/problem+json")])
    yield b'{"status": 404, "title": "Not Found"}'


def hang_up(environ: Environ, start: Start, query: dict[str, str]) -> Iterator[bytes]:
    """Close the connection without a response, as a dying worker does."""
    environ["gunicorn.socket"].shutdown(socket.SHUT_RDWR)
    start("200 OK", [])
    yield b""


def numbers(environ: Environ, start: Start, query: dict[str, str]) -> Iterator[bytes]:
    """Send several kilobytes of JSON, which compress well."""
    start("200 OK", [("Content-Type", "application/json")])
    yield json.dumps(list(range(1000))).encode()


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
