"""Clients that take their time hold a connection each, and never a thread of the app.

One worker with two threads; hundreds of clients that drip their headers, drip a body, say nothing,
or do not read. Everybody else is served meanwhile.
"""

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.postgres import Postgres
from tests.support.front_door import ask, dial, door, read, script
from tests.support.stack import Stack

EACH = 150  # clients of each kind
READERS = 12
HEADER_SECONDS = 10  # client_header_timeout, for a whole header
PATIENT_SECONDS = 5.0  # far longer than any request here takes
ANSWER_BYTES = 6_000_000  # more than the sockets between here and there can hold

HEAD = b"GET /api/show HTTP/1.1\r\nHost: slow\r\n"
BODY = b"POST /api/show HTTP/1.1\r\nHost: slow\r\nContent-Length: 60\r\nConnection: close\r\n\r\n"


@pytest.fixture
def small_door(postgres: Postgres) -> Iterator[Stack]:
    with door(postgres, WEB_CONCURRENCY="1", WEB_THREADS="2") as running:
        yield running


@pytest.fixture
def clients() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as stack:
        yield stack


def test_everybody_else_is_served(
    small_door: Stack, clients: contextlib.ExitStack, tmp_path: Path
) -> None:
    def many(count: int, first: bytes) -> list[socket.socket]:
        made = [clients.enter_context(dial(small_door)) for _ in range(count)]
        for client in made:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.sendall(first)
        return made

    path = script(tmp_path, body="x" * ANSWER_BYTES)
    silent, headers, bodies = many(EACH, b""), many(EACH, HEAD), many(EACH, BODY)
    readers = many(READERS, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    began = time.monotonic()
    served = 0
    while time.monotonic() < began + HEADER_SECONDS + 2:
        for client in headers:
            with contextlib.suppress(OSError):  # it may have been ended by now
                client.sendall(b"X-More: 1\r\n")
        for client in bodies:
            client.sendall(b"x")
        for method, where, body in (
            ("GET", "/", b""),
            ("GET", "/api/show", b""),
            ("POST", "/api/show", b"{}"),
        ):
            asked = time.monotonic()
            assert ask(small_door, where, method=method, body=body).status == 200
            assert time.monotonic() - asked < PATIENT_SECONDS
            served += 1
        time.sleep(0.25)
    assert served > 60
    assert [client for client in silent + headers if not ended(client)] == []
    for client in bodies:  # each was slow, and none was idle
        client.sendall(b"x" * 60)
        answer = read(client)
        assert (answer.status, answer.json()["body"]) == (200, 60)
    for client in readers:
        assert client.recv(100).startswith(b"HTTP/1.1 200 OK\r\n")


def ended(client: socket.socket) -> bool:
    """Whether the server has ended the connection, with or without a word."""
    client.setblocking(False)
    try:
        while client.recv(65536):
            pass
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True
