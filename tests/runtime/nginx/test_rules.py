"""nginx.conf, rule by rule, as a client sees it: the app is a mirror, the frontend a few files."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.front_door import ASSET, MIRROR, PAGE, ask, needs_ipv6, script, seen
from tests.support.stack import Stack

# Where it listens


@pytest.mark.parametrize("address", ["127.0.0.1", pytest.param("::1", marks=needs_ipv6)])
def test_it_answers_on_both_families(mirror: Stack, address: str) -> None:
    assert ask(mirror, "/", to=address).body == PAGE.encode()
    assert seen(ask(mirror, to=address))["address"] == address


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
def test_every_response_is_guarded(mirror: Stack, path: str, status: int) -> None:
    answer = ask(mirror, path)
    assert answer.status == status
    policy = answer.one("Content-Security-Policy") or ""
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.one("X-Content-Type-Options") == "nosniff"
    assert answer.one("X-Frame-Options") == "DENY"
    assert answer.one("Referrer-Policy") == "strict-origin-when-cross-origin"
    assert answer.one("Cache-Control")
    assert re.fullmatch(r"[0-9a-f]{32}", answer.one("X-Request-Id") or "")
    assert answer.one("Server") == "nginx"  # and not which
    assert answer.one("Strict-Transport-Security") is None


OWN = {
    "Content_Security_Policy": "default-src 'none'",
    "Cache_Control": "private, max-age=9",
    "X_Frame_Options": "SAMEORIGIN",
    "Referrer_Policy": "no-referrer",
    "X_Content_Type_Options": "nosniff",
    "Retry_After": "9",
    "Strict_Transport_Security": "max-age=1; includeSubDomains",
}


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("status", ["200 OK", "404 Not Found", "503 Busy"])
def test_what_the_app_says_for_itself_wins(
    edge: Stack, tmp_path: Path, name: str, status: str
) -> None:
    path = script(tmp_path, status, **{name: OWN[name]})
    assert ask(edge, path, X_Forwarded_Proto="https").all(name.replace("_", "-")) == [OWN[name]]


def test_a_request_has_one_name_even_if_the_app_names_it_too(mirror: Stack, tmp_path: Path) -> None:
    answer = ask(mirror, script(tmp_path, X_Request_Id="of-the-app"))
    assert len(answer.all("X-Request-Id")) == 1


def test_another_policy_may_be_set(launch: Callable[..., Stack]) -> None:
    policy = "default-src 'self' https://cdn.example; script-src 'self' 'sha256-abc='"
    running = launch(**MIRROR, DEMIJOHN_CONTENT_SECURITY_POLICY=policy).start().wait_until_ready()
    for path in ("/", "/api/show", "/gone.js"):
        assert ask(running, path).one("Content-Security-Policy") == policy


def test_nobody_learns_what_the_app_is_made_of(mirror: Stack, tmp_path: Path) -> None:
    path = script(tmp_path, X_Powered_By="Flask 3", Server="Werkzeug/3")
    answer = ask(mirror, path)
    assert (answer.one("Server"), answer.one("X-Powered-By")) == ("nginx", None)


# The log


def test_each_request_is_a_line_and_probes_are_none(mirror: Stack) -> None:
    probes = ("/livez", "/healthz", "/up", "/readyz", "/healthz/database")
    for path in (*probes, *(f"{path}?from=a-host" for path in probes)):
        assert ask(mirror, path).status == 200
    answer = ask(mirror, "/api/last-of-all?q=1")
    mirror.wait_for(lambda: "/api/last-of-all" in mirror.log, "line in the log")
    (line,) = [line for line in mirror.log.splitlines() if "/api/last-of-all" in line]
    assert re.match(r'nginx +127\.0\.0\.1 "GET /api/last-of-all\?q=1 HTTP/1\.1" 200 ', line)
    assert line.endswith(f"id={answer.one('X-Request-Id')}")
    assert not [path for path in probes if f"GET {path}" in mirror.log]


def test_the_log_names_the_client_and_not_the_edge(edge: Stack) -> None:
    ask(edge, "/api/from-far-away", X_Forwarded_For="203.0.113.9")
    edge.wait_for(lambda: '203.0.113.9 "GET /api/from-far-away' in edge.log, "line in the log")
