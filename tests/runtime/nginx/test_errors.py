"""nginx.conf: errors of Nginx and of the app."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.front_door import (
    ASSET,
    MIRROR,
    assert_own_error_body,
    connect,
    error_page,
    problem,
    seen_by_app,
    send_raw,
    send_request,
    stub_response,
)
from tests.support.stack import Stack


@pytest.mark.parametrize(
    ("path", "status"),
    [("/api/hang-up", 502), ("/rpc/v1/hang-up", 502), ("/api/gate?file={tmp_path}/never", 504)],
)
def test_app_without_a_response_is_an_unavailable_problem(
    strict_limits: Stack, tmp_path: Path, path: str, status: int
) -> None:
    response = send_request(strict_limits, path.format(tmp_path=tmp_path))
    (tmp_path / "never").touch()
    assert response.status == status
    assert problem(response)["type"] == "/problems/unavailable"
    assert int(response.header("Retry-After") or 0) > 0


def test_pages_are_served_while_the_app_hangs(launch: Callable[..., Stack]) -> None:
    running = launch(**MIRROR, DEMIJOHN_REQUEST_TIMEOUT="1", WEB_CONCURRENCY="1").start()
    running.wait_until_ready()
    with running.paused_gunicorn():
        assert send_request(running, "/new").status == 200
        probe = send_request(running, "/livez")
        assert probe.status == 504
        error_page(probe)
        assert int(probe.header("Retry-After") or 0) > 0
        assert problem(send_request(running, "/api/show"))["status"] == 504
    assert send_request(running, "/livez").status == 200


@pytest.mark.parametrize("status", ["404 Gone Fishing", "500 Oops", "503 Busy", "418 Teapot"])
def test_error_response_of_the_app_passes_unchanged(
    mirror: Stack, tmp_path: Path, status: str
) -> None:
    response = send_request(
        mirror, stub_response(tmp_path, status, "mine", Content_Type="text/x-own", ETag='"1"')
    )
    assert response.status == int(status.split(maxsplit=1)[0])
    assert response.body == b"mine"
    assert response.header("Content-Type") == "text/x-own"


@pytest.mark.parametrize("status", ["429 Slow down", "502 Bad", "503 Busy", "504 Late"])
@pytest.mark.parametrize("headers", [{}, {"Retry_After": "7"}], ids=str)
def test_error_of_the_app_gets_no_retry_after(
    mirror: Stack, tmp_path: Path, status: str, headers: dict[str, str]
) -> None:
    response = send_request(mirror, stub_response(tmp_path, status, "no", **headers))
    assert response.header("Retry-After") == headers.get("Retry_After")


@pytest.mark.parametrize("status", ["299 Fine & dandy", "200 Custom", "404 N\xe4chste", "599 x"])
def test_reason_of_the_app_passes_unchanged(mirror: Stack, tmp_path: Path, status: str) -> None:
    path = stub_response(tmp_path, status, "body")
    with connect(mirror) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        line = connection.recv(9999).partition(b"\r\n")[0]
    assert line == f"HTTP/1.1 {status}".encode("latin-1")


def test_response_may_have_its_length_twice(mirror: Stack, tmp_path: Path) -> None:
    response = send_request(mirror, stub_response(tmp_path, body="four", Content_Length="4"))
    assert (response.status, response.body) == (200, b"four")
    assert response.header("Content-Length") == "4"


def test_headers_of_a_response_may_have_60_kb(mirror: Stack, tmp_path: Path) -> None:
    headers = {f"X_Large_{number}": "x" * 7500 for number in range(8)}
    response = send_request(mirror, stub_response(tmp_path, body="ok", **headers))
    assert (response.status, response.body) == (200, b"ok")
    assert len(response.header("X-Large-7") or "") == 7500


def test_exception_in_the_app_is_an_internal_problem(mirror: Stack) -> None:
    response = send_request(mirror, "/api/say")  # without the `file` that it requires
    assert response.status == 500
    assert problem(response)["type"] == "/problems/internal"


@pytest.mark.parametrize("chunked", [False, True])
def test_too_large_body_is_413(strict_limits: Stack, chunked: bool) -> None:
    assert seen_by_app(send_request(strict_limits, method="POST", body=b"x" * 1024))["body"] == 1024
    if chunked:
        body = b"401\r\n" + b"x" * 1025 + b"\r\n0\r\n\r\n"
        head = b"POST /api/show HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        response = send_raw(strict_limits, head + body)
    else:
        response = send_request(strict_limits, method="POST", body=b"x" * 1025)
    assert response.status == 413
    assert problem(response)["type"] == "/problems/too-large"


def test_requests_above_the_rate_limit_are_429(launch: Callable[..., Stack]) -> None:
    running = launch(**MIRROR, DEMIJOHN_RATE_LIMIT="5", TRUSTED_PROXIES="127.0.0.1").start()
    running.wait_until_ready()
    responses = [send_request(running, "/api/show") for _ in range(60)]
    refused = [response for response in responses if response.status == 429]
    assert responses[0].status == 200 and refused
    assert problem(refused[0])["type"] == "/problems/rate-limited"
    assert refused[0].header("Retry-After") == "1"
    # Other clients, files and health checks are not limited.
    assert send_request(running, X_Forwarded_For="203.0.113.7").status == 200
    assert {send_request(running, path).status for path in ("/", "/livez") * 30} == {200}


def test_rate_limit_of_0_never_answers_429(launch: Callable[..., Stack]) -> None:
    running = launch(**MIRROR, DEMIJOHN_RATE_LIMIT="0").start().wait_until_ready()
    assert {send_request(running, "/api/show").status for _ in range(60)} == {200}
    assert "limit_req" not in "".join(
        file.read_text() for file in (running.run_dir / "fragments").iterdir()
    )


@pytest.mark.parametrize(
    ("status", "path", "headers"),
    [
        (400, "/api/show", {"Host": "a b"}),
        (405, "/robots.txt", {"method": "PUT"}),
        (412, ASSET, {"If_Match": '"other"'}),
        (416, ASSET, {"Range": "bytes=999999-"}),
        (501, "/api/show", {"method": "POST", "Transfer_Encoding": "gzip"}),
    ],
    ids=str,
)
def test_rare_errors_have_our_own_body(
    mirror: Stack, status: int, path: str, headers: dict[str, str]
) -> None:
    response = send_request(mirror, path, **headers)  # type: ignore[arg-type]
    assert response.status == status
    assert_own_error_body(response)
    if path.startswith("/api"):
        problem(response)


@pytest.mark.parametrize("size", [3_000, 5_000, 8_000])
def test_gunicorn_accepts_urls_as_long_as_nginx_does(mirror: Stack, size: int) -> None:
    assert seen_by_app(send_request(mirror, "/api/show?q=" + "x" * size))["method"] == "GET"


def test_gunicorn_accepts_cookies_as_long_as_nginx_does(mirror: Stack) -> None:
    assert len(seen_by_app(send_request(mirror, Cookie="x" * 8_150))["headers"]["cookie"]) == 8_150


def test_unfinished_bodies_do_not_block_other_clients(mirror: Stack) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(40):  # five per thread of the app
            connection = stack.enter_context(connect(mirror))
            connection.sendall(
                b"POST /api/show HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1234"
            )
        assert seen_by_app(send_request(mirror))["method"] == "GET"
