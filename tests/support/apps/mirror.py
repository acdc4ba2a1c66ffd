"""An app that shows what the front door made of a request, and answers as the test tells it to.

Plain WSGI without a framework, so that what is seen is the image's doing. Files are how a test
talks to it: `?file=…` names one.
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

PATIENCE_SECONDS = 30.0

Environ = dict[str, Any]
Start = Callable[..., Any]


def app(environ: Environ, start: Start) -> Iterator[bytes]:
    """The last word of the path says what to do; by default, show the request."""
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
    return act(environ, start, query)


def show(environ: Environ, start: Start, query: dict[str, str]) -> Iterator[bytes]:
    """What a WSGI app learns of the request."""
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
    """Answer as the file says: a list of status line, headers, and body; each time another body
    where that is null.
    """
    status, headers, body = json.loads(Path(query["file"]).read_text())
    start(status, [(name, value) for name, value in headers])
    yield (str(uuid.uuid4()) if body is None else body).encode()


def events(environ: Environ, start: Start, query: dict[str, str]) -> Iterator[bytes]:
    """Two server-sent events; the second only once the file exists."""
    start("200 OK", [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store")])
    yield b"data: first\n\n"
    wait_for(Path(query["file"]))
    yield b"data: second\n\n"


def gate(environ: Environ, start: Start, query: dict[str, str]) -> Iterator[bytes]:
    """Answer once the file exists; one beside it, named `.reached`, says that we wait."""
    opened = Path(query["file"])
    opened.with_suffix(".reached").touch()
    wait_for(opened)
    start("200 OK", [("Content-Type", "text/plain")])
    yield b"through"


def websocket(environ: Environ, start: Start, query: dict[str, str]) -> Iterator[bytes]:
    """Shake hands as RFC 6455 wants it, then send back in capitals what comes."""
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
    start("200 OK", [])  # for Gunicorn's sake; nobody listens any more
    yield b""


def hang_up(environ: Environ, start: Start, query: dict[str, str]) -> Iterator[bytes]:
    """Close the connection instead of answering, as a worker that dies does."""
    environ["gunicorn.socket"].shutdown(socket.SHUT_RDWR)
    start("200 OK", [])
    yield b""


def numbers(environ: Environ, start: Start, query: dict[str, str]) -> Iterator[bytes]:
    """A kilobyte and more of JSON, which compresses well."""
    start("200 OK", [("Content-Type", "application/json")])
    yield json.dumps(list(range(1000))).encode()


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
