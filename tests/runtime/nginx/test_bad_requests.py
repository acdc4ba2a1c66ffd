"""No request, however malformed, hangs, ends in a 5xx or reaches the app as something else.

Each case of malformed_framing and malformed_headers is sent byte for byte to the real Nginx. The
recorder app behind it keeps a journal of the requests that it received, which shows that none was
changed. A good request follows on the same connection, and must get its own response.
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local.postgres import Postgres
from tests.support import malformed_framing, malformed_headers
from tests.support.front_door import Response, assert_own_error_body, front_door, make_root
from tests.support.raw_http import ADDRESS, HIDDEN, Case, Recorder, request

CASES = [*malformed_framing.CASES, *malformed_headers.CASES]


@pytest.fixture(scope="module")
def recorder(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    journal = tmp_path_factory.mktemp("recorder") / "journal"
    with front_door(
        postgres,
        less_patient_root(tmp_path_factory.mktemp("root")),
        APP_MODULE="recorder:app",
        JOURNAL=str(journal),
        DEMIJOHN_RATE_LIMIT="0",
        DEMIJOHN_MAX_BODY_SIZE="1m",
    ) as running:
        recorder = Recorder("127.0.0.1", running.port, journal.read_text)
        assert running.get("/api/first")[0] == 200  # so that an empty journal is an error
        yield recorder
        check_journal(recorder)
        assert "Traceback" not in running.log


def less_patient_root(folder: Path) -> Path:
    """An app root whose Nginx waits for a body as long as for headers, and not for 60 s."""
    conf = make_root(folder) / "nginx.conf"
    known = "client_header_timeout     10s;"
    text = conf.read_text()
    assert known in text
    conf.write_text(text.replace(known, f"{known} client_body_timeout 10s;"))
    return folder


def check_journal(recorder: Recorder) -> None:
    """Assert that the app received requests, and none that was hidden inside another."""
    requests = recorder.journal()
    assert requests
    assert [found for found in requests if "admin" in found["path"]] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bad_request_is_refused_or_reaches_the_app_unchanged(
    recorder: Recorder, case: Case
) -> None:
    exchange(recorder, case, at_once=False)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_request_pipelined_after_a_bad_one_stays_separate(recorder: Recorder, case: Case) -> None:
    exchange(recorder, case, at_once=True)


def exchange(recorder: Recorder, case: Case, *, at_once: bool) -> None:
    """Send a case and a good request on one connection; check both responses and the journal."""
    token, next_token = next(recorder.tokens), next(recorder.tokens)
    request_bytes, next_request = (
        with_token(case.sent, token),
        with_token(request(), next_token),
    )
    method = re.match(rb"\s*(\w*)", request_bytes)
    with recorder.dial() as connection:
        connection.send(request_bytes + (next_request if at_once else b""))
        response = connection.read(method[1].decode("latin-1") if method else "GET")
        assert response, "connection closed without a response"
        check_response(recorder, case, token, response)
        if response.header("Connection") == "close":
            connection.finish()
            assert connection.read_all() == b""
            assert recorder.requests_with(next_token) == []
            return
        if not at_once:
            connection.send(next_request)
        response = connection.read()
        assert response, "connection closed in spite of keep-alive"
        if case.rest:
            check_response(recorder, Case("the rest", b"", [400]), next_token, response)
        else:
            check_response(
                recorder, Case("the next", b"", [200], f"GET {ADDRESS}"), next_token, response
            )


def with_token(request_bytes: bytes, token: str) -> bytes:
    return request_bytes.replace(b"TOKEN", token.encode())


def check_response(recorder: Recorder, case: Case, token: str, response: Response) -> None:
    """Assert that the response is allowed, and that the app received what it should have."""
    assert response.status in case.statuses
    received = recorder.requests_with(token)
    if response.status >= 400:
        assert received == []
        assert_own_error_body(response)
    elif not case.seen:
        assert received == []
        assert response.status == 206 or response.body.startswith(b"<!doctype html>")
    else:
        (found,) = received
        assert f"{found['method']} {found['path']}" == case.seen.replace("TOKEN", token)
        assert found["body"].encode("latin-1") == with_token(case.body, token)
        check_forwarded_headers(found, case.host)
        if found["method"] != "HEAD":
            assert response.json() == found  # the response to this request, not to another
        assert response.header("X-Request-Id") == found["headers"]["x-request-id"]


def check_forwarded_headers(found: dict[str, Any], host: str) -> None:
    """Assert that Nginx set everything that the app knows of the client."""
    headers = found["headers"]
    assert found["address"] == headers["x-forwarded-for"] == headers["x-real-ip"]
    assert found["address"] not in ("6.6.6.6", "7.7.7.7", "")
    assert found["scheme"] == headers["x-forwarded-proto"] == "http"
    assert found["script"] == ""
    assert headers.get("host", "") == headers.get("x-forwarded-host", "") == host
    assert re.fullmatch(r"[0-9a-f]{32}|forged", headers["x-request-id"])
    assert not any(name.startswith("x-demijohn-") for name in headers)
    assert headers["connection"] == "close"
    assert not headers.keys() & {
        "forwarded", "front-end-https", "proxy", "transfer-encoding", "upgrade",
        "x-forwarded-port", "x-forwarded-prefix", "x-forwarded-protocol", "x-forwarded-scheme",
        "x-forwarded-server", "x-forwarded-ssl", "x-url-scheme",
    }  # fmt: skip


def test_unfinished_request_times_out_and_never_reaches_the_app(recorder: Recorder) -> None:
    """After the 10 s of the header and body timeouts; all at once, so that the test takes 10 s."""

    def send_incomplete(request_bytes: bytes) -> list[dict[str, Any]]:
        token = next(recorder.tokens)
        with recorder.dial() as connection:
            connection.send(with_token(request_bytes, token))
            response = connection.read()
            assert response is None or 400 <= response.status < 500
            assert connection.read_all() == b""
        return recorder.requests_with(token)

    with ThreadPoolExecutor(len(malformed_framing.UNFINISHED)) as threads:
        received = threads.map(send_incomplete, malformed_framing.UNFINISHED.values())
        assert [
            name
            for name, found in zip(malformed_framing.UNFINISHED, received, strict=True)
            if found
        ] == []


def test_http_0_9_request_gets_one_response_without_a_header(recorder: Recorder) -> None:
    token = next(recorder.tokens)
    with recorder.dial() as connection:
        connection.send(with_token(f"GET {ADDRESS}\r\n".encode() + HIDDEN + HIDDEN, token))
        response = connection.read_all()
    (found,) = recorder.requests_with(token)
    # HTTP/0.9 has neither a status line nor headers.
    assert response.startswith(b'{"method": "GET"')
    assert (found["path"], found["body"]) == (f"/api/{token}", "")


def test_pipelined_requests_are_answered_in_order(recorder: Recorder) -> None:
    tokens = [next(recorder.tokens) for _ in range(50)]
    with recorder.dial() as connection:
        connection.send(b"".join(with_token(request(), token) for token in tokens))
        responses = [connection.read() for _ in tokens]
    paths = [response.json()["path"] for response in responses if response]
    assert paths == [f"/api/{token}" for token in tokens]
