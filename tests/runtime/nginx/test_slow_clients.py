"""A slow client occupies a connection, but no thread of the app.

One worker with two threads; hundreds of clients that send their headers or body byte by byte, send
nothing, or do not read. All other clients are served.
"""

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.postgres import Postgres
from tests.support.front_door import connect, front_door, read_response, send_request, stub_response
from tests.support.stack import Stack

EACH = 150  # clients of each kind
READERS = 12
HEADER_SECONDS = 10  # client_header_timeout, for a whole header
PATIENT_SECONDS = 5.0  # far longer than a request of this test takes
ANSWER_BYTES = 6_000_000  # more than the sockets between here and there can hold

PAUSED = (
    b"POST /api/show HTTP/1.1\r\nHost: slow\r\nContent-Length: 9\r\nConnection: close\r\n\r\n1234"
)
HEAD = b"GET /api/show HTTP/1.1\r\nHost: slow\r\n"
BODY = b"POST /api/show HTTP/1.1\r\nHost: slow\r\nContent-Length: 60\r\nConnection: close\r\n\r\n"


@pytest.fixture
def two_thread_stack(postgres: Postgres) -> Iterator[Stack]:
    with front_door(postgres, WEB_CONCURRENCY="1", WEB_THREADS="2") as running:
        yield running


@pytest.fixture
def clients() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as stack:
        yield stack


def test_slow_clients_do_not_delay_other_clients(
    two_thread_stack: Stack, clients: contextlib.ExitStack, tmp_path: Path
) -> None:
    def open_clients(count: int, first: bytes) -> list[socket.socket]:
        made = [clients.enter_context(connect(two_thread_stack)) for _ in range(count)]
        for client in made:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.sendall(first)
        return made

    path = stub_response(tmp_path, body="x" * ANSWER_BYTES)
    silent, headers, bodies = (
        open_clients(EACH, b""),
        open_clients(EACH, HEAD),
        open_clients(EACH, BODY),
    )
    paused = open_clients(EACH, PAUSED)
    readers = open_clients(
        READERS, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    )
    started_at = time.monotonic()
    served = 0
    while time.monotonic() < started_at + HEADER_SECONDS + 2:
        for client in headers:
            with contextlib.suppress(OSError):  # Nginx may have closed it
                client.sendall(b"X-More: 1\r\n")
        for client in bodies:
            client.sendall(b"x")
        for method, path_sent, body in (
            ("GET", "/", b""),
            ("GET", "/api/show", b""),
            ("POST", "/api/show", b"{}"),
        ):
            sent_at = time.monotonic()
            assert send_request(two_thread_stack, path_sent, method=method, body=body).status == 200
            assert time.monotonic() - sent_at < PATIENT_SECONDS
            served += 1
        time.sleep(0.25)
    assert served > 60
    assert [client for client in silent + headers if not is_closed(client)] == []
    for client in bodies:  # slow, but never idle
        client.sendall(b"x" * 60)
        response = read_response(client)
        assert (response.status, response.json()["body"]) == (200, 60)
    for client in paused:  # nothing for 12 s, in the middle of the body
        client.sendall(b"56789")
        assert read_response(client).json()["body"] == 9
    for client in readers:
        assert client.recv(100).startswith(b"HTTP/1.1 200 OK\r\n")


def is_closed(client: socket.socket) -> bool:
    """Whether the server has closed the connection, with or without a response."""
    client.setblocking(False)
    try:
        while client.recv(65536):
            pass
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True
