"""nginx.conf: the shared cache."""

import re
import threading
import time
from pathlib import Path

import pytest

from tests.support.front_door import replace_stub, send_request, stub_file, stub_response
from tests.support.stack import Stack


@pytest.mark.parametrize("words", ["s-maxage=60", "public, s-maxage=60", "Public,S-MaxAge=60"])
def test_shared_response_is_fetched_once(mirror: Stack, tmp_path: Path, words: str) -> None:
    path = stub_response(tmp_path, Cache_Control=words)
    first, second = send_request(mirror, path), send_request(mirror, path)
    assert first.body == second.body
    assert first.header("Cache-Control") == second.header("Cache-Control") == words
    assert first.header("X-Request-Id") != second.header("X-Request-Id")
    assert send_request(mirror, path + "&other").body != first.body


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Cache_Control": "max-age=60"},
        {"Cache_Control": "private, max-age=60"},
        {"Cache_Control": "no-store"},
        {"Cache_Control": "public, max-age=60"},  # as Flask's send_file says of private files
        {"Cache_Control": "no-store, s-maxage=60"},
        {"Cache_Control": "public"},
        {"Expires": "Fri, 31 Dec 2100 23:59:59 GMT"},
        {"X_Accel_Expires": "60"},
        {"Cache_Control": "s-maxage=60", "Set_Cookie": "voter=1"},
        {"Cache_Control": "s-maxage=60", "Vary": "Accept, Cookie"},
        {"Cache_Control": "s-maxage=60", "Vary": "*"},
    ],
    ids=str,
)
def test_response_not_marked_as_shared_is_not_cached(
    mirror: Stack, tmp_path: Path, headers: dict[str, str]
) -> None:
    path = stub_response(tmp_path, **headers)
    assert send_request(mirror, path).body != send_request(mirror, path).body


def test_request_with_authorization_bypasses_the_cache(mirror: Stack, tmp_path: Path) -> None:
    path = stub_response(tmp_path, Cache_Control="s-maxage=60")
    private = send_request(mirror, path, Authorization="Bearer one").body
    shared = send_request(mirror, path).body
    assert private != shared  # the first was not cached
    assert send_request(mirror, path, Authorization="Bearer one").body not in (private, shared)
    assert send_request(mirror, path).body == shared  # and the second did not replace it


def test_cache_key_includes_host_and_scheme(behind_proxy: Stack, tmp_path: Path) -> None:
    path = stub_response(tmp_path, Cache_Control="s-maxage=60")
    kinds: list[dict[str, str]] = [
        {},
        {"Host": "other.example"},
        {"X_Forwarded_Proto": "https"},
    ]
    bodies = [send_request(behind_proxy, path, **kind).body for kind in kinds]
    assert len(set(bodies)) == 3
    assert [send_request(behind_proxy, path, **kind).body for kind in kinds] == bodies


def test_cache_key_follows_vary(mirror: Stack, tmp_path: Path) -> None:
    path = stub_response(tmp_path, Cache_Control="s-maxage=60", Vary="Accept-Language")
    english, german = (
        send_request(mirror, path, Accept_Language=word).body for word in ("en", "de")
    )
    assert english != german
    assert send_request(mirror, path, Accept_Language="en").body == english


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_response_to_another_method_than_get_is_not_cached(
    mirror: Stack, tmp_path: Path, method: str
) -> None:
    path = stub_response(tmp_path, Cache_Control="s-maxage=60")
    assert (
        send_request(mirror, path, method=method).body
        != send_request(mirror, path, method=method).body
    )


@pytest.mark.parametrize("status", ["500 No", "502 No", "503 No", "504 No"])
def test_stale_response_is_served_while_the_app_fails(
    mirror: Stack, tmp_path: Path, status: str
) -> None:
    path = stub_response(tmp_path, Cache_Control="public, s-maxage=1")
    good = send_request(mirror, path).body
    replace_stub(stub_file(path), status, "broken")
    wait_until_stale(mirror, path)
    for _ in range(3):
        response = send_request(mirror, path)
        assert (response.status, response.body) == (200, good)
        # Tally's pages distinguish an app that fails from one that is away.
        fails = "fwd-status=500" in response.header("Cache-Status")
        assert fails == status.startswith("500")
    assert send_request(mirror, path + "&never-seen").body == b"broken"


def test_stale_response_is_renewed_once_the_app_recovers(mirror: Stack, tmp_path: Path) -> None:
    path = stub_response(tmp_path, Cache_Control="public, s-maxage=1")
    good = send_request(mirror, path).body
    wait_until_stale(mirror, path)
    mirror.wait_for(lambda: send_request(mirror, path).body != good, "new response")


def test_response_older_than_allowed_is_not_served_by_a_healthy_app(
    mirror: Stack, tmp_path: Path
) -> None:
    """So the results of a quiet poll show the latest votes, not those of the last request."""
    path = stub_response(tmp_path, Cache_Control="public, s-maxage=1, stale-while-revalidate=1")
    old = send_request(mirror, path).body
    threading.Event().wait(3)  # fresh for 1 s, then stale-while-revalidate for 1 s
    assert send_request(mirror, path).body != old


def test_cache_status_header_names_hit_miss_stale_and_bypass(mirror: Stack, tmp_path: Path) -> None:
    """RFC 9211; Tally's pages repeat a request soon if its response was stale."""
    path = stub_response(tmp_path, Cache_Control="public, s-maxage=1, stale-while-revalidate=60")
    values = [send_request(mirror, path).header("Cache-Status") for _ in range(2)]
    assert values == ["nginx; fwd=uri-miss", "nginx; hit"]
    mirror.wait_for(
        lambda: send_request(mirror, path).header("Cache-Status") == "nginx; hit; detail=stale",
        "stale response",
    )
    assert (
        send_request(mirror, path, Authorization="Bearer x").header("Cache-Status")
        == "nginx; fwd=bypass"
    )
    assert send_request(mirror, "/").header("Cache-Status") is None


def test_x_accel_expires_sets_the_second_of_expiry(mirror: Stack, tmp_path: Path) -> None:
    """stale-while-revalidate counts from there; the header itself is not passed to the client."""
    words = "public, s-maxage=3600, stale-while-revalidate=3600"
    now = str(int(time.time()))
    path = stub_response(tmp_path, Cache_Control=words, X_Accel_Expires=f"@{now}")
    first = send_request(mirror, path)
    assert first.header("X-Accel-Expires") is None
    mirror.wait_for(
        lambda: send_request(mirror, path).header("Cache-Status") == "nginx; hit; detail=stale",
        "stale response",
    )
    mirror.wait_for(lambda: send_request(mirror, path).body != first.body, "new response")


def wait_until_stale(stack: Stack, path: str) -> None:
    """Wait until Nginx logs the response as stale."""
    name = stub_file(path).name

    def stale() -> bool:
        send_request(stack, path)
        return bool(re.search(rf"{name} .*cache=(STALE|UPDATING|EXPIRED)", stack.log))

    stack.wait_for(stale, "stale response")


def test_matching_etag_gets_304_from_app_and_cache(mirror: Stack, tmp_path: Path) -> None:
    path = stub_response(tmp_path, body="same", Cache_Control="s-maxage=60", ETag='"v1"')
    for _ in range(2):  # fetched from the app, then from the cache
        response = send_request(mirror, path, If_None_Match='"v1"')
        assert (response.status, response.body) == (304, b"")
        assert response.header("ETag") == '"v1"'
    assert send_request(mirror, path, If_None_Match='"v0"').body == b"same"
