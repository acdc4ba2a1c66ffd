"""nginx.conf: what the app learns of the client, and streams in both directions."""

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.front_door import (
    ASSET,
    MIRROR,
    PAGE,
    connect,
    needs_ipv6,
    seen_by_app,
    send_raw,
    send_request,
    stub_response,
)
from tests.support.stack import Stack

FORGED = {
    "X_Forwarded_For": "6.6.6.6",
    "X_Forwarded_Proto": "https",
    "X_Forwarded_Host": "evil.example",
    "X_Forwarded_Port": "666",
    "X_Forwarded_Prefix": "/evil",
    "X_Forwarded_Protocol": "ssl",
    "X_Forwarded_Scheme": "https",
    "X_Forwarded_Server": "evil.example",
    "X_Forwarded_Ssl": "on",
    "X_Real_IP": "6.6.6.6",
    "X_Url_Scheme": "https",
    "X_Request_Id": "not an id",
    "X_Demijohn_Request_Key": "evil",
    "X_Demijohn_Client_Port": "666",
    "Forwarded": "for=6.6.6.6;proto=https;host=evil.example",
    "Front_End_Https": "on",
    "Fly_Client_IP": "6.6.6.6",
    "Proxy": "http://evil.example",
}


# What the app learns of the client


def test_app_receives_method_path_and_body(mirror: Stack) -> None:
    request_seen = seen_by_app(
        send_request(mirror, "/api/a%20b//c?q=1", method="PATCH", body=b"x" * 100_000)
    )
    assert (request_seen["method"], request_seen["path"], request_seen["body"]) == (
        "PATCH",
        "/api/a b//c",
        100_000,
    )


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/.well-known/x.json", "/api/a.b"])
def test_every_path_below_the_api_path_reaches_the_app(mirror: Stack, path: str) -> None:
    assert seen_by_app(send_request(mirror, path, Sec_Fetch_Mode="cors"))["path"] == path


def test_second_api_path_reaches_the_app(strict_limits: Stack) -> None:
    assert seen_by_app(send_request(strict_limits, "/rpc/v1/show"))["path"] == "/rpc/v1/show"
    assert send_request(strict_limits, "/rpc/v2/show").body == PAGE.encode()


def test_forged_headers_do_not_reach_the_app(mirror: Stack) -> None:
    request_seen = seen_by_app(send_request(mirror, **FORGED))
    headers = request_seen["headers"]
    assert (request_seen["address"], request_seen["scheme"], request_seen["script"]) == (
        "127.0.0.1",
        "http",
        "",
    )
    assert headers["x-forwarded-for"] == headers["x-real-ip"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-forwarded-host"] == headers["host"] == f"localhost:{mirror.port}"
    assert re.fullmatch(r"[0-9a-f]{32}", headers["x-request-id"])
    # Not configured as the client's header here, so it passes as any other header does.
    assert headers.pop("fly-client-ip") == "6.6.6.6"
    forged = [value for value in headers.values() if re.search("6.6.6|evil|ssl|on$", value)]
    assert forged == []


@needs_ipv6
def test_only_a_trusted_proxy_address_may_set_client_and_scheme(behind_proxy: Stack) -> None:
    request_seen = seen_by_app(send_request(behind_proxy, to="::1", **FORGED))
    assert (request_seen["address"], request_seen["scheme"]) == ("::1", "http")
    assert seen_by_app(send_request(behind_proxy, **FORGED))["scheme"] == "https"


def test_trusted_proxy_names_the_path_that_it_has_mounted_the_site_at(
    behind_proxy: Stack, mirror: Stack
) -> None:
    def prefix(stack: Stack) -> object:
        seen = seen_by_app(send_request(stack, X_Forwarded_Prefix="/shop"))
        return seen["headers"].get("x-forwarded-prefix")

    assert (prefix(behind_proxy), prefix(mirror)) == ("/shop", None)


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "PATH_INFO", "X_FORWARDED_FOR", "Remote_Addr"])
def test_header_with_an_underscore_does_not_override_a_variable(mirror: Stack, name: str) -> None:
    request = f"GET /api/show HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{name}: /evil\r\n\r\n"
    request_seen = seen_by_app(send_raw(mirror, request.encode()))
    assert (request_seen["path"], request_seen["script"], request_seen["address"]) == (
        "/api/show",
        "",
        "127.0.0.1",
    )
    assert "/evil" not in request_seen["headers"].values()


def test_http_1_0_request_without_a_host_reaches_the_app(mirror: Stack) -> None:
    assert seen_by_app(send_raw(mirror, b"GET /api/show HTTP/1.0\r\n\r\n"))["path"] == "/api/show"


@pytest.mark.parametrize("given", ["", "5c1f5d70-6f4f-4b1a-9d47-0ed4cdd0a5a1", "a/b+c=", "x" * 200])
def test_request_id_reaches_app_response_and_log(mirror: Stack, given: str) -> None:
    response = send_request(mirror, X_Request_Id=given)
    seen = seen_by_app(response)["headers"]["x-request-id"]
    assert seen == response.header("X-Request-Id")
    assert seen == given if given else re.fullmatch(r"[0-9a-f]{32}", seen)
    mirror.wait_for(lambda: f"id={seen}\n" in mirror.log, "line in the log")


@pytest.mark.parametrize("given", ["a b", "a, b", "x" * 201, '"', "\xe4", "a\\x0a"])
def test_invalid_request_id_is_replaced(mirror: Stack, given: str) -> None:
    response = send_request(mirror, X_Request_Id=given)
    assert re.fullmatch(r"[0-9a-f]{32}", response.header("X-Request-Id") or "")


@pytest.mark.parametrize(
    ("chain", "client"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("6.6.6.6, 203.0.113.7", "203.0.113.7"),  # the client wrote the left one
        ("6.6.6.6, 203.0.113.7, 10.1.2.3", "203.0.113.7"),  # an inner hop is trusted
        ("2001:db8::7", "2001:db8::7"),
        ("nonsense", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
def test_client_is_the_last_untrusted_address_of_the_chain(
    behind_proxy: Stack, chain: str, client: str
) -> None:
    seen = seen_by_app(send_request(behind_proxy, X_Forwarded_For=chain))
    assert seen["address"] == seen["headers"]["x-real-ip"] == client


def test_client_ip_header_names_the_client(launch: Callable[..., Stack]) -> None:
    running = launch(**MIRROR, TRUSTED_PROXIES="127.0.0.0/8", CLIENT_IP_HEADER="CF-Connecting-IP")
    running.start().wait_until_ready()
    request_seen = seen_by_app(
        send_request(running, CF_Connecting_IP="203.0.113.7", X_Forwarded_For="6.6.6.6")
    )
    assert request_seen["address"] == "203.0.113.7"


def test_https_at_the_proxy_is_https_for_app_and_browser(behind_proxy: Stack) -> None:
    response = send_request(behind_proxy, X_Forwarded_Proto="https")
    assert seen_by_app(response)["scheme"] == "https"
    assert response.header("Strict-Transport-Security") == "max-age=31536000"
    for path in ("/", "/assets/gone.js", "/api/show", ASSET):
        assert send_request(behind_proxy, path, X_Forwarded_Proto="https").header(
            "Strict-Transport-Security"
        )


@pytest.mark.parametrize("word", ["http", "", "http, https", "javascript", "httpsx"])
def test_other_scheme_at_the_proxy_is_http(behind_proxy: Stack, word: str) -> None:
    response = send_request(behind_proxy, X_Forwarded_Proto=word)
    assert seen_by_app(response)["scheme"] == "http"
    assert response.header("Strict-Transport-Security") is None


def test_untrusted_client_cannot_claim_https(mirror: Stack) -> None:
    response = send_request(mirror, X_Forwarded_Proto="https")
    assert seen_by_app(response)["scheme"] == "http"
    assert response.header("Strict-Transport-Security") is None


# Streams


def test_websocket_passes_messages_in_both_directions(mirror: Stack) -> None:
    request = (
        f"GET /api/websocket HTTP/1.1\r\nHost: localhost:{mirror.port}\r\nUpgrade: websocket\r\n"
        "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with connect(mirror) as connection, connection.makefile("rb") as incoming:
        connection.sendall(request.encode())
        assert incoming.readline().startswith(b"HTTP/1.1 101 ")
        headers = dict(line.split(b": ", 1) for line in iter(incoming.readline, b"\r\n"))
        assert headers[b"Sec-WebSocket-Accept"] == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
        assert headers[b"X-Asked"] == b"upgrade/websocket\r\n"
        for words in (b"first\n", b"second\n"):
            connection.sendall(words)
            assert incoming.readline() == words.upper()


def test_request_without_upgrade_reaches_the_app_without_one(mirror: Stack) -> None:
    headers = seen_by_app(send_request(mirror))["headers"]
    assert headers["connection"] == "close"
    assert "upgrade" not in headers


@pytest.mark.parametrize("encoding", ["identity", "gzip, br"])
def test_server_sent_event_arrives_before_the_next_is_sent(
    mirror: Stack, tmp_path: Path, encoding: str
) -> None:
    gate = tmp_path / "gate"
    with connect(mirror) as connection, connection.makefile("rb") as incoming:
        connection.sendall(
            f"GET /api/events?file={gate} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            f"Accept-Encoding: {encoding}\r\n\r\n".encode()
        )
        lines = iter(incoming.readline, b"")
        # The app sends the second event once the first has arrived: buffering would block the test.
        assert any(line == b"data: first\n" for line in lines)
        gate.touch()
        assert any(line == b"data: second\n" for line in lines)


def test_x_accel_buffering_does_not_reach_the_client(mirror: Stack, tmp_path: Path) -> None:
    (tmp_path / "gate").touch()
    response = send_request(mirror, f"/api/events?file={tmp_path / 'gate'}")
    assert response.header("X-Accel-Buffering") is None
    assert response.header("Content-Type") == "text/event-stream"
    assert response.body == b"data: first\n\ndata: second\n\n"


def test_response_of_the_api_is_compressed(mirror: Stack) -> None:
    response = send_request(mirror, "/api/numbers", Accept_Encoding="gzip")
    assert response.header("Content-Encoding") == "gzip"
    assert json.loads(gzip.decompress(response.body)) == list(range(1000))
    assert response.header("Vary") == "Accept-Encoding"


def test_app_can_prevent_compression(mirror: Stack, tmp_path: Path) -> None:
    headers = {"Content_Type": "text/plain", "Content_Encoding": "identity", "ETag": '"v1"'}
    path = stub_response(tmp_path, body="x" * 2000, **headers)
    response = send_request(mirror, path, Accept_Encoding="gzip, br")
    assert (response.body, response.header("ETag")) == (b"x" * 2000, '"v1"')
