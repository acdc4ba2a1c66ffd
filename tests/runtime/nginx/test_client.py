"""nginx.conf: what the app learns of the client, and streams both ways."""

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.front_door import ASSET, MIRROR, PAGE, ask, dial, needs_ipv6, seen, send
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
    "X_Request_Id": "forged",
    "Forwarded": "for=6.6.6.6;proto=https;host=evil.example",
    "Front_End_Https": "on",
    "Fly_Client_IP": "6.6.6.6",
    "Proxy": "http://evil.example",
}


# What the app learns of the client


def test_the_app_gets_method_path_and_body(mirror: Stack) -> None:
    facts = seen(ask(mirror, "/api/a%20b//c?q=1", method="PATCH", body=b"x" * 100_000))
    assert (facts["method"], facts["path"], facts["body"]) == ("PATCH", "/api/a b//c", 100_000)


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/.well-known/x.json", "/api/a.b"])
def test_everything_below_the_apis_path_is_the_apps(mirror: Stack, path: str) -> None:
    assert seen(ask(mirror, path, Sec_Fetch_Mode="cors"))["path"] == path


def test_two_apis_may_be_named(impatient: Stack) -> None:
    assert seen(ask(impatient, "/rpc/v1/show"))["path"] == "/rpc/v1/show"
    assert ask(impatient, "/rpc/v2/show").body == PAGE.encode()


def test_forged_headers_do_not_reach_the_app(mirror: Stack) -> None:
    facts = seen(ask(mirror, **FORGED))
    headers = facts["headers"]
    assert (facts["address"], facts["scheme"], facts["script"]) == ("127.0.0.1", "http", "")
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-forwarded-host"] == headers["host"] == f"localhost:{mirror.port}"
    assert re.fullmatch(r"[0-9a-f]{32}", headers["x-request-id"])
    # Not believed here, and so of no more weight than any other header of the client's making.
    assert headers.pop("fly-client-ip") == "6.6.6.6"
    forged = [value for value in headers.values() if re.search("6.6.6|evil|ssl|on$", value)]
    assert forged == []


@needs_ipv6
def test_an_edge_is_believed_by_its_address_only(edge: Stack) -> None:
    facts = seen(ask(edge, to="::1", **FORGED))
    assert (facts["address"], facts["scheme"]) == ("::1", "http")
    assert seen(ask(edge, **FORGED))["scheme"] == "https"


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "PATH_INFO", "X_FORWARDED_FOR", "Remote_Addr"])
def test_a_header_with_an_underscore_is_no_way_round(mirror: Stack, name: str) -> None:
    request = f"GET /api/show HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{name}: /evil\r\n\r\n"
    facts = seen(send(mirror, request.encode()))
    assert (facts["path"], facts["script"], facts["address"]) == ("/api/show", "", "127.0.0.1")
    assert "/evil" not in facts["headers"].values()


def test_a_request_without_a_host_is_no_accident(mirror: Stack) -> None:
    assert seen(send(mirror, b"GET /api/show HTTP/1.0\r\n\r\n"))["path"] == "/api/show"


def test_the_answer_names_the_request_as_the_app_knows_it(mirror: Stack) -> None:
    answer = ask(mirror, X_Request_Id="forged")
    assert answer.one("X-Request-Id") == seen(answer)["headers"]["x-request-id"]


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
def test_the_client_is_the_last_in_the_chain_that_is_no_proxy(
    edge: Stack, chain: str, client: str
) -> None:
    assert seen(ask(edge, X_Forwarded_For=chain))["address"] == client


def test_a_header_of_ones_own_may_name_the_client(launch: Callable[..., Stack]) -> None:
    running = launch(**MIRROR, TRUSTED_PROXIES="127.0.0.0/8", CLIENT_IP_HEADER="CF-Connecting-IP")
    running.start().wait_until_ready()
    facts = seen(ask(running, CF_Connecting_IP="203.0.113.7", X_Forwarded_For="6.6.6.6"))
    assert facts["address"] == "203.0.113.7"


def test_https_at_the_edge_is_https_for_the_app_and_for_the_browser(edge: Stack) -> None:
    answer = ask(edge, X_Forwarded_Proto="https")
    assert seen(answer)["scheme"] == "https"
    assert answer.one("Strict-Transport-Security") == "max-age=31536000"
    for path in ("/", "/assets/gone.js", "/api/show", ASSET):
        assert ask(edge, path, X_Forwarded_Proto="https").one("Strict-Transport-Security")


@pytest.mark.parametrize("word", ["http", "", "http, https", "javascript", "httpsx"])
def test_anything_else_at_the_edge_is_not(edge: Stack, word: str) -> None:
    answer = ask(edge, X_Forwarded_Proto=word)
    assert seen(answer)["scheme"] == "http"
    assert answer.one("Strict-Transport-Security") is None


def test_who_is_no_edge_cannot_claim_https(mirror: Stack) -> None:
    answer = ask(mirror, X_Forwarded_Proto="https")
    assert seen(answer)["scheme"] == "http"
    assert answer.one("Strict-Transport-Security") is None


# Streams


def test_a_websocket_passes_in_both_directions(mirror: Stack) -> None:
    request = (
        f"GET /api/websocket HTTP/1.1\r\nHost: localhost:{mirror.port}\r\nUpgrade: websocket\r\n"
        "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with dial(mirror) as connection, connection.makefile("rb") as incoming:
        connection.sendall(request.encode())
        assert incoming.readline().startswith(b"HTTP/1.1 101 ")
        headers = dict(line.split(b": ", 1) for line in iter(incoming.readline, b"\r\n"))
        assert headers[b"Sec-WebSocket-Accept"] == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
        assert headers[b"X-Asked"] == b"upgrade/websocket\r\n"
        for words in (b"first\n", b"second\n"):
            connection.sendall(words)
            assert incoming.readline() == words.upper()


def test_a_request_that_wants_no_upgrade_asks_for_none(mirror: Stack) -> None:
    headers = seen(ask(mirror))["headers"]
    assert headers["connection"] == "close"
    assert "upgrade" not in headers


@pytest.mark.parametrize("encoding", ["identity", "gzip, br"])
def test_an_event_arrives_before_the_next_one_is_made(
    mirror: Stack, tmp_path: Path, encoding: str
) -> None:
    gate = tmp_path / "gate"
    with dial(mirror) as connection, connection.makefile("rb") as incoming:
        connection.sendall(
            f"GET /api/events?file={gate} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            f"Accept-Encoding: {encoding}\r\n\r\n".encode()
        )
        lines = iter(incoming.readline, b"")
        # The app makes the second event only once the first is here: a buffer would starve us.
        assert any(line == b"data: first\n" for line in lines)
        gate.touch()
        assert any(line == b"data: second\n" for line in lines)


def test_how_events_are_passed_on_is_between_us_and_nginx(mirror: Stack, tmp_path: Path) -> None:
    (tmp_path / "gate").touch()
    answer = ask(mirror, f"/api/events?file={tmp_path / 'gate'}")
    assert answer.one("X-Accel-Buffering") is None
    assert answer.one("Content-Type") == "text/event-stream"
    assert answer.body == b"data: first\n\ndata: second\n\n"


def test_the_apis_answers_are_compressed_as_they_pass(mirror: Stack) -> None:
    answer = ask(mirror, "/api/numbers", Accept_Encoding="gzip")
    assert answer.one("Content-Encoding") == "gzip"
    assert json.loads(gzip.decompress(answer.body)) == list(range(1000))
    assert answer.one("Vary") == "Accept-Encoding"
