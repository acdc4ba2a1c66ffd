"""Which responses Nginx's shared cache may keep."""

import time
from typing import Any

import pytest
from demijohn.worker.shared_cache import FILE_BYTES, SharedCache, is_unchanged_shared

SHARED = ("Cache-Control", "public, s-maxage=1, stale-while-revalidate=5")
LENGTH = ("Content-Length", "100")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([SHARED, LENGTH], True),
        ([("cache-control", "S-MAXAGE=1"), ("content-length", "0")], True),
        ([("Cache-Control", "public, max-age=60"), LENGTH], False),
        ([("Cache-Control", "x-s-maxage=60"), LENGTH], False),
        ([LENGTH], False),
        ([SHARED], False),
        ([SHARED, ("Content-Length", "101")], False),
        ([SHARED, ("Content-Length", "many")], False),
        ([SHARED, LENGTH, ("Set-Cookie", "a=1")], False),
        ([SHARED, LENGTH, ("Vary", "Cookie")], False),
        ([SHARED, LENGTH, ("Vary", "Accept, cookie")], False),
        ([SHARED, LENGTH, ("Vary", "*")], False),
        ([SHARED, LENGTH, ("Vary", "X-Cookie-Consent")], True),
        ([("Cache-Control", "private, s-maxage=60"), LENGTH], False),
        ([("Cache-Control", "s-maxage=60, no-store"), LENGTH], False),
        ([("Cache-Control", 'no-cache="Set-Cookie", s-maxage=60'), LENGTH], False),
        ([("Cache-Control", "s-maxage=0"), LENGTH], False),
    ],
)
def test_shared_cache_keeps_what_says_s_maxage_and_nothing_personal(
    headers: list[tuple[str, str]], expected: bool
) -> None:
    assert SharedCache(100).may_keep(headers) == expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"HTTP_IF_NONE_MATCH": '"1"'}, {}),
        ({"HTTP_IF_MODIFIED_SINCE": "x", "HTTP_COOKIE": "a=1"}, {"HTTP_COOKIE": "a=1"}),
        ({}, None),
        ({"HTTP_IF_NONE_MATCH": '"1"', "HTTP_RANGE": "bytes=0-1"}, None),
        ({"HTTP_IF_NONE_MATCH": '"1"', "HTTP_AUTHORIZATION": "Basic x"}, None),
        ({"HTTP_IF_NONE_MATCH": '"1"', "REQUEST_METHOD": "HEAD"}, None),
    ],
)
def test_request_that_the_cache_serves_is_repeated_unconditionally(
    environ: dict[str, Any], expected: dict[str, Any] | None
) -> None:
    found = SharedCache(100).unconditional({"REQUEST_METHOD": "GET"} | environ)
    assert found == (None if expected is None else {"REQUEST_METHOD": "GET"} | expected)


def test_304_is_held_back_only_if_it_is_shared() -> None:
    assert is_unchanged_shared("304 NOT MODIFIED", [SHARED])
    assert not is_unchanged_shared("304 NOT MODIFIED", [("Cache-Control", "no-cache")])
    assert not is_unchanged_shared("200 OK", [SHARED])
    assert not is_unchanged_shared("304 NOT MODIFIED", [SHARED, ("Vary", "Cookie")])


def test_shared_cache_keeps_so_many_bytes_per_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    cache = SharedCache(100, bytes_per_second=3 * (100 + FILE_BYTES))
    assert [cache.may_keep([SHARED, LENGTH]) for _ in range(4)] == [True, True, True, False]
    now += 1 / 3
    assert [cache.may_keep([SHARED, LENGTH]) for _ in range(2)] == [True, False]
    now += 60
    assert [cache.may_keep([SHARED, LENGTH]) for _ in range(4)] == [True, True, True, False]
