"""nginx.conf: errors, whoever makes them."""

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.front_door import (
    ASSET,
    MIRROR,
    apology,
    ask,
    dial,
    problem,
    said_properly,
    script,
    seen,
    send,
)
from tests.support.stack import Stack


@pytest.mark.parametrize(
    ("path", "status"),
    [("/api/hang-up", 502), ("/rpc/v1/hang-up", 502), ("/api/gate?file={tmp_path}/never", 504)],
)
def test_an_app_that_does_not_answer_is_a_problem_that_passes(
    impatient: Stack, tmp_path: Path, path: str, status: int
) -> None:
    answer = ask(impatient, path.format(tmp_path=tmp_path))
    (tmp_path / "never").touch()
    assert answer.status == status
    assert problem(answer)["type"] == "/problems/unavailable"
    assert int(answer.one("Retry-After") or 0) > 0


def test_pages_are_served_while_the_app_hangs(launch: Callable[..., Stack]) -> None:
    running = launch(**MIRROR, DEMIJOHN_REQUEST_TIMEOUT="1", WEB_CONCURRENCY="1").start()
    running.wait_until_ready()
    with stopped(running):
        assert ask(running, "/new").status == 200
        health = ask(running, "/livez")
        assert health.status == 504
        apology(health)
        assert int(health.one("Retry-After") or 0) > 0
        assert problem(ask(running, "/api/show"))["status"] == 504
    assert ask(running, "/livez").status == 200


@contextlib.contextmanager
def stopped(stack: Stack) -> Iterator[None]:
    """Gunicorn and its workers stand still meanwhile."""
    master = stack.child("gunicorn")
    everyone = [master, *stack.children(master)]
    for pid in everyone:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in everyone:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("status", ["404 Gone Fishing", "500 Oops", "503 Busy", "418 Teapot"])
def test_what_the_app_says_of_its_own_errors_passes_untouched(
    mirror: Stack, tmp_path: Path, status: str
) -> None:
    answer = ask(mirror, script(tmp_path, status, "mine", Content_Type="text/x-own", ETag='"1"'))
    assert answer.status == int(status.split(maxsplit=1)[0])
    assert answer.body == b"mine"
    assert answer.one("Content-Type") == "text/x-own"


def test_a_503_of_the_app_says_when_to_come_back_even_if_the_app_does_not(
    mirror: Stack, tmp_path: Path
) -> None:
    assert ask(mirror, script(tmp_path, "503 Busy", "no")).one("Retry-After") == "1"
    assert (
        ask(mirror, script(tmp_path, "503 Busy", "no", Retry_After="7")).one("Retry-After") == "7"
    )
    assert ask(mirror, script(tmp_path, "200 OK", "yes")).one("Retry-After") is None


def test_an_app_that_fails_before_it_answers_is_a_problem_too(mirror: Stack) -> None:
    answer = ask(mirror, "/api/say")  # which wants a file
    assert answer.status == 500
    assert problem(answer)["type"] == "/problems/internal"


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_413(impatient: Stack, chunked: bool) -> None:
    assert seen(ask(impatient, method="POST", body=b"x" * 1024))["body"] == 1024
    if chunked:
        body = b"401\r\n" + b"x" * 1025 + b"\r\n0\r\n\r\n"
        head = b"POST /api/show HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        answer = send(impatient, head + body)
    else:
        answer = ask(impatient, method="POST", body=b"x" * 1025)
    assert answer.status == 413
    assert problem(answer)["type"] == "/problems/too-large"


def test_a_flood_from_one_address_is_429(launch: Callable[..., Stack]) -> None:
    running = launch(**MIRROR, DEMIJOHN_RATE_LIMIT="5", TRUSTED_PROXIES="127.0.0.1").start()
    running.wait_until_ready()
    answers = [ask(running, "/api/show") for _ in range(60)]
    refused = [answer for answer in answers if answer.status == 429]
    assert answers[0].status == 200 and refused
    assert problem(refused[0])["type"] == "/problems/rate-limited"
    assert refused[0].one("Retry-After") == "1"
    # Others are not made to pay, nor are the files, nor the host's health checks.
    assert ask(running, X_Forwarded_For="203.0.113.7").status == 200
    assert {ask(running, path).status for path in ("/", "/livez") * 30} == {200}


def test_without_a_limit_there_is_no_429(launch: Callable[..., Stack]) -> None:
    running = launch(**MIRROR, DEMIJOHN_RATE_LIMIT="0").start().wait_until_ready()
    assert {ask(running, "/api/show").status for _ in range(60)} == {200}
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
def test_errors_seldom_seen_are_in_our_own_words_too(
    mirror: Stack, status: int, path: str, headers: dict[str, str]
) -> None:
    answer = ask(mirror, path, **headers)  # type: ignore[arg-type]
    assert answer.status == status
    said_properly(answer)
    if path.startswith("/api"):
        problem(answer)


@pytest.mark.parametrize("size", [3_000, 5_000, 8_000])
def test_a_long_address_that_nginx_takes_gunicorn_takes_too(mirror: Stack, size: int) -> None:
    assert seen(ask(mirror, "/api/show?q=" + "x" * size))["method"] == "GET"


def test_a_long_cookie_that_nginx_takes_gunicorn_takes_too(mirror: Stack) -> None:
    assert len(seen(ask(mirror, Cookie="x" * 8_150))["headers"]["cookie"]) == 8_150


def test_a_client_that_stops_in_the_middle_holds_up_nobody(mirror: Stack) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(40):  # five for each thread of the app
            connection = stack.enter_context(dial(mirror))
            connection.sendall(
                b"POST /api/show HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1234"
            )
        assert seen(ask(mirror))["method"] == "GET"
