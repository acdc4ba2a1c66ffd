"""nginx.conf as a client sees it, with the mirror app and a small frontend."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.front_door import (
    ASSET,
    MIRROR,
    PAGE,
    needs_ipv6,
    seen_by_app,
    send_request,
    stub_response,
)
from tests.support.stack import Stack

# Addresses


@pytest.mark.parametrize("address", ["127.0.0.1", pytest.param("::1", marks=needs_ipv6)])
def test_nginx_listens_on_ipv4_and_ipv6(mirror: Stack, address: str) -> None:
    assert send_request(mirror, "/", to=address).body == PAGE.encode()
    assert seen_by_app(send_request(mirror, to=address))["address"] == address


# Headers of every response

EVERYWHERE = [
    ("/", 200),
    ("/new", 200),
    (ASSET, 200),
    ("/env.js", 200),
    ("/assets/gone.js", 404),
    ("/.env", 404),
    ("/livez", 200),
    ("/readyz", 200),
    ("/healthz/database", 200),
    ("/api/show", 200),
    ("/api/hang-up", 502),
]


@pytest.mark.parametrize(("path", "status"), EVERYWHERE)
def test_every_response_has_the_security_headers(mirror: Stack, path: str, status: int) -> None:
    response = send_request(mirror, path)
    assert response.status == status
    policy = response.header("Content-Security-Policy") or ""
    assert policy == "object-src 'self'; base-uri 'self'; frame-ancestors 'self'"
    assert response.header("X-Content-Type-Options") == "nosniff"
    assert response.header("X-Frame-Options") == "SAMEORIGIN"
    assert response.header("Referrer-Policy") == "strict-origin-when-cross-origin"
    assert response.header("Cache-Control")
    assert re.fullmatch(r"[0-9a-f]{32}", response.header("X-Request-Id") or "")
    assert response.header("Server") == "nginx"  # without its version
    assert response.header("Strict-Transport-Security") is None


SECURITY = (
    "Content-Security-Policy",
    "Referrer-Policy",
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "X-Frame-Options",
)
OWN = {
    "Content_Security_Policy": "default-src 'none'",
    "Cache_Control": "private, max-age=9",
    "X_Frame_Options": "DENY",
    "Referrer_Policy": "no-referrer",
    "X_Content_Type_Options": "nosniff",
    "Retry_After": "9",
    "Strict_Transport_Security": "max-age=1; includeSubDomains",
}


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("status", ["200 OK", "404 Not Found", "503 Busy"])
def test_header_of_the_app_overrides_the_default(
    behind_proxy: Stack, tmp_path: Path, name: str, status: str
) -> None:
    path = stub_response(tmp_path, status, **{name: OWN[name]})
    assert send_request(behind_proxy, path, X_Forwarded_Proto="https").header_values(
        name.replace("_", "-")
    ) == [OWN[name]]


@pytest.mark.parametrize("headers", [{}, {"X_Request_Id": "of-the-client"}], ids=str)
def test_request_id_of_the_app_wins(mirror: Stack, tmp_path: Path, headers: dict[str, str]) -> None:
    path = stub_response(tmp_path, X_Request_Id="of-the-app")
    assert send_request(mirror, path, **headers).header_values("X-Request-Id") == ["of-the-app"]
    mirror.wait_for(lambda: f"{path} HTTP/1.1" in mirror.log, "line in the log")
    (line,) = [line for line in mirror.log.splitlines() if f"{path} HTTP/1.1" in line]
    assert line.endswith(" id=of-the-app")


def test_request_id_in_a_kept_response_is_not_sent_to_others(mirror: Stack, tmp_path: Path) -> None:
    path = stub_response(tmp_path, X_Request_Id="of-the-first", Cache_Control="s-maxage=60")
    ids = [send_request(mirror, path).header("X-Request-Id") for _ in range(2)]
    assert ids[0] == "of-the-first"
    assert re.fullmatch(r"[0-9a-f]{32}", ids[1] or "")


def test_expiry_of_the_app_is_not_overridden(mirror: Stack, tmp_path: Path) -> None:
    path = stub_response(tmp_path, Expires="Fri, 31 Dec 2100 23:59:59 GMT")
    assert send_request(mirror, path).header("Cache-Control") is None


def test_content_security_policy_is_configurable(launch: Callable[..., Stack]) -> None:
    policy = "default-src 'self' https://cdn.example; script-src 'self' 'sha256-abc='"
    running = launch(**MIRROR, DEMIJOHN_CONTENT_SECURITY_POLICY=policy).start().wait_until_ready()
    for path in ("/", "/api/show", "/gone.js"):
        assert send_request(running, path).header("Content-Security-Policy") == policy


def test_text_that_a_view_returns_may_be_a_script(mirror: Stack, tmp_path: Path) -> None:
    """Flask calls it text/html, and with nosniff browsers would not run it."""
    for kind, expected in (("text/html; charset=utf-8", None), ("text/plain", "nosniff")):
        path = stub_response(tmp_path, Content_Type=kind)
        assert send_request(mirror, path).header("X-Content-Type-Options") == expected
    own = {"Content_Type": "text/html", "X_Content_Type_Options": "nosniff"}
    path = stub_response(tmp_path, **own)
    assert send_request(mirror, path).header("X-Content-Type-Options") == "nosniff"


def test_security_headers_can_be_left_to_the_app(
    launch: Callable[..., Stack], tmp_path: Path
) -> None:
    running = launch(**MIRROR, DEMIJOHN_SECURITY_HEADERS="off", TRUSTED_PROXIES="127.0.0.1").start()
    running.wait_until_ready()
    for path in ("/", "/api/show"):
        response = send_request(running, path, X_Forwarded_Proto="https")
        assert response.status == 200
        assert {name for name in SECURITY if response.header(name)} == set()
    own = {name.replace("-", "_"): "own" for name in SECURITY}
    response = send_request(running, stub_response(tmp_path, **own), X_Forwarded_Proto="https")
    assert {name: response.header(name) for name in SECURITY} == dict.fromkeys(SECURITY, "own")


def test_response_does_not_name_the_apps_server(mirror: Stack, tmp_path: Path) -> None:
    path = stub_response(tmp_path, X_Powered_By="tea", Server="Werkzeug/3")
    response = send_request(mirror, path)
    assert (response.header("Server"), response.header("X-Powered-By")) == ("nginx", "tea")


# The log


def test_access_log_has_each_request_and_no_probes(mirror: Stack) -> None:
    probes = ("/livez", "/healthz", "/up", "/readyz", "/healthz/database")
    for path in (*probes, *(f"{path}?from=a-host" for path in probes)):
        assert send_request(mirror, path).status == 200
    response = send_request(mirror, "/api/last-of-all?q=1")
    mirror.wait_for(lambda: "/api/last-of-all" in mirror.log, "line in the log")
    (line,) = [line for line in mirror.log.splitlines() if "/api/last-of-all" in line]
    assert re.match(r'nginx +127\.0\.0\.1 "GET /api/last-of-all\?q=1 HTTP/1\.1" 200 ', line)
    assert line.endswith(f"id={response.header('X-Request-Id')}")
    # The log of this shared stack may have misspelt probes, which are logged.
    assert not [path for path in probes if re.search(rf'"GET {path}[? ]', mirror.log)]


def test_access_log_names_the_client_and_not_the_proxy(behind_proxy: Stack) -> None:
    send_request(behind_proxy, "/api/from-far-away", X_Forwarded_For="203.0.113.9")
    behind_proxy.wait_for(
        lambda: '203.0.113.9 "GET /api/from-far-away' in behind_proxy.log, "line in the log"
    )
