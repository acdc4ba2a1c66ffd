"""What a worker sends, send by send: on a socket that keeps them apart."""

import socket
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from demijohn.worker.atomic_response import WholeResponse
from gunicorn.config import Config

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with near, far:
        far.settimeout(5)
        yield near, far


def response(sock: socket.socket, *headers: tuple[str, str], method: str = "GET") -> WholeResponse:
    request = SimpleNamespace(method=method, version=(1, 1), should_close=lambda: True)
    made = WholeResponse(request, sock, Config())
    made.start_response("200 OK", list(headers))
    return made


def test_headers_and_body_are_sent_in_one_piece(pair: Pair) -> None:
    made = response(pair[0], ("Content-Length", "4"))
    made.write(b"body")
    made.close()
    head, _, body = pair[1].recv(65536).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert body == b"body"


def test_the_first_chunk_goes_with_the_headers_and_the_next_by_itself(pair: Pair) -> None:
    made = response(pair[0])
    made.write(b"one")
    assert pair[1].recv(65536).endswith(b"\r\n\r\n3\r\none\r\n")
    made.write(b"two")
    assert pair[1].recv(65536) == b"3\r\ntwo\r\n"
    made.close()
    assert pair[1].recv(65536) == b"0\r\n\r\n"


def test_an_answer_without_a_body_is_its_headers(pair: Pair) -> None:
    made = response(pair[0], ("Content-Length", "4"), method="HEAD")
    made.write(b"body")
    made.close()
    assert pair[1].recv(65536).endswith(b"Content-Length: 4\r\n\r\n")


def test_what_fails_before_anything_was_sent_may_be_answered_otherwise(pair: Pair) -> None:
    made = response(pair[0])
    with pytest.raises(TypeError):
        made.write("no bytes")  # type: ignore[arg-type]
    assert not made.headers_sent
    pair[1].setblocking(False)
    with pytest.raises(BlockingIOError):
        pair[1].recv(65536)
