"""The packets that a worker sends, on a socket that preserves their boundaries."""

import socket
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from demijohn.worker.atomic_response import AtomicResponse
from gunicorn.config import Config

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with near, far:
        far.settimeout(5)
        yield near, far


def start_response(
    sock: socket.socket, *headers: tuple[str, str], method: str = "GET"
) -> AtomicResponse:
    request = SimpleNamespace(method=method, version=(1, 1), should_close=lambda: True)
    response = AtomicResponse(request, sock, Config())
    response.start_response("200 OK", list(headers))
    return response


def test_headers_and_body_are_sent_in_one_call(pair: Pair) -> None:
    response = start_response(pair[0], ("Content-Length", "4"))
    response.write(b"body")
    response.close()
    head, _, body = pair[1].recv(65536).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert body == b"body"


def test_first_chunk_is_sent_with_the_headers(pair: Pair) -> None:
    response = start_response(pair[0])
    response.write(b"one")
    assert pair[1].recv(65536).endswith(b"\r\n\r\n3\r\none\r\n")
    response.write(b"two")
    assert pair[1].recv(65536) == b"3\r\ntwo\r\n"
    response.close()
    assert pair[1].recv(65536) == b"0\r\n\r\n"


def test_response_without_a_body_sends_its_headers(pair: Pair) -> None:
    response = start_response(pair[0], ("Content-Length", "4"), method="HEAD")
    response.write(b"body")
    response.close()
    assert pair[1].recv(65536).endswith(b"Content-Length: 4\r\n\r\n")


def test_failed_write_before_the_headers_sends_nothing(pair: Pair) -> None:
    response = start_response(pair[0])
    with pytest.raises(TypeError):
        response.write("no bytes")  # type: ignore[arg-type]
    assert not response.headers_sent
    pair[1].setblocking(False)
    with pytest.raises(BlockingIOError):
        pair[1].recv(65536)
