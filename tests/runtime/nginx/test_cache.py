"""nginx.conf: the shared cache."""

import re
import threading
import time
from pathlib import Path

import pytest

from tests.support.front_door import ask, file_of, rewrite, script
from tests.support.stack import Stack


@pytest.mark.parametrize("words", ["public, max-age=60", "s-maxage=60", "Public, S-MaxAge=60"])
def test_what_is_everybodys_is_fetched_once(mirror: Stack, tmp_path: Path, words: str) -> None:
    path = script(tmp_path, Cache_Control=words)
    first, second = ask(mirror, path), ask(mirror, path)
    assert first.body == second.body
    assert first.one("Cache-Control") == second.one("Cache-Control") == words
    assert first.one("X-Request-Id") != second.one("X-Request-Id")
    assert ask(mirror, path + "&other").body != first.body


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Cache_Control": "max-age=60"},
        {"Cache_Control": "private, max-age=60"},
        {"Cache_Control": "no-store"},
        {"Cache_Control": "public, no-store, max-age=60"},
        {"Cache_Control": "public"},
        {"Expires": "Fri, 31 Dec 2100 23:59:59 GMT"},
        {"X_Accel_Expires": "60"},
        {"Cache_Control": "public, max-age=60", "Set_Cookie": "voter=1"},
        {"Cache_Control": "s-maxage=60", "Vary": "*"},
    ],
    ids=str,
)
def test_nothing_else_is_ever_kept(mirror: Stack, tmp_path: Path, headers: dict[str, str]) -> None:
    path = script(tmp_path, **headers)
    assert ask(mirror, path).body != ask(mirror, path).body


def test_what_one_may_see_is_neither_kept_nor_taken_from_the_cache(
    mirror: Stack, tmp_path: Path
) -> None:
    path = script(tmp_path, Cache_Control="public, max-age=60")
    one = ask(mirror, path, Authorization="Bearer one").body
    everybody = ask(mirror, path).body
    assert one != everybody  # the first was not kept
    assert ask(mirror, path, Authorization="Bearer one").body not in (one, everybody)
    assert ask(mirror, path).body == everybody  # and the second did not replace it


def test_answers_for_different_hosts_and_schemes_are_kept_apart(
    edge: Stack, tmp_path: Path
) -> None:
    path = script(tmp_path, Cache_Control="public, max-age=60")
    kinds: list[dict[str, str]] = [
        {},
        {"Host": "other.example"},
        {"X_Forwarded_Proto": "https"},
    ]
    bodies = [ask(edge, path, **kind).body for kind in kinds]
    assert len(set(bodies)) == 3
    assert [ask(edge, path, **kind).body for kind in kinds] == bodies


def test_answers_that_vary_are_kept_apart(mirror: Stack, tmp_path: Path) -> None:
    path = script(tmp_path, Cache_Control="public, max-age=60", Vary="Accept-Language")
    english, german = (ask(mirror, path, Accept_Language=word).body for word in ("en", "de"))
    assert english != german
    assert ask(mirror, path, Accept_Language="en").body == english


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_only_reading_is_cached(mirror: Stack, tmp_path: Path, method: str) -> None:
    path = script(tmp_path, Cache_Control="public, max-age=60")
    assert ask(mirror, path, method=method).body != ask(mirror, path, method=method).body


@pytest.mark.parametrize("status", ["500 No", "502 No", "503 No", "504 No"])
def test_what_is_stale_goes_on_being_served_while_the_app_fails(
    mirror: Stack, tmp_path: Path, status: str
) -> None:
    path = script(tmp_path, Cache_Control="public, s-maxage=1")
    good = ask(mirror, path).body
    rewrite(file_of(path), status, "broken")
    wait_until_stale(mirror, path)
    for _ in range(3):
        answer = ask(mirror, path)
        assert (answer.status, answer.body) == (200, good)
        # Tally's pages tell an app that fails from one that is away.
        fails = "fwd-status=500" in answer.one("Cache-Status")
        assert fails == status.startswith("500")
    assert ask(mirror, path + "&never-seen").body == b"broken"


def test_what_is_stale_is_renewed_once_the_app_is_well_again(mirror: Stack, tmp_path: Path) -> None:
    path = script(tmp_path, Cache_Control="public, s-maxage=1")
    good = ask(mirror, path).body
    wait_until_stale(mirror, path)
    mirror.wait_for(lambda: ask(mirror, path).body != good, "new answer")


def test_what_is_older_than_the_app_allows_is_not_served_while_it_is_well(
    mirror: Stack, tmp_path: Path
) -> None:
    """The first look at a quiet poll shows the latest votes, not those of the look before."""
    path = script(tmp_path, Cache_Control="public, s-maxage=1, stale-while-revalidate=1")
    old = ask(mirror, path).body
    threading.Event().wait(3)  # 1 s fresh, 1 s more while it is fetched anew
    assert ask(mirror, path).body != old


def test_an_answer_tells_where_it_came_from(mirror: Stack, tmp_path: Path) -> None:
    """RFC 9211; Tally's pages ask again soon where they got what was about to be renewed."""
    path = script(tmp_path, Cache_Control="public, s-maxage=1, stale-while-revalidate=60")
    told = [ask(mirror, path).one("Cache-Status") for _ in range(2)]
    assert told == ["nginx; fwd=uri-miss", "nginx; hit"]
    mirror.wait_for(
        lambda: ask(mirror, path).one("Cache-Status") == "nginx; hit; detail=stale", "stale answer"
    )
    assert ask(mirror, path, Authorization="Bearer x").one("Cache-Status") == "nginx; fwd=bypass"
    assert ask(mirror, "/").one("Cache-Status") is None


def test_an_app_may_say_to_the_second_how_long_it_is_fresh(mirror: Stack, tmp_path: Path) -> None:
    """And stale-while-revalidate counts from there; what is said to Nginx goes no further."""
    words = "public, s-maxage=3600, stale-while-revalidate=3600"
    now = str(int(time.time()))
    path = script(tmp_path, Cache_Control=words, X_Accel_Expires=f"@{now}")
    first = ask(mirror, path)
    assert first.one("X-Accel-Expires") is None
    mirror.wait_for(
        lambda: ask(mirror, path).one("Cache-Status") == "nginx; hit; detail=stale", "stale answer"
    )
    mirror.wait_for(lambda: ask(mirror, path).body != first.body, "new answer")


def wait_until_stale(stack: Stack, path: str) -> None:
    """Until the front door itself says so, in its log."""
    name = file_of(path).name

    def stale() -> bool:
        ask(stack, path)
        return bool(re.search(rf"{name} .*cache=(STALE|UPDATING|EXPIRED)", stack.log))

    stack.wait_for(stale, "stale answer")


def test_who_has_an_unchanged_answer_gets_304(mirror: Stack, tmp_path: Path) -> None:
    path = script(tmp_path, body="same", Cache_Control="public, max-age=60", ETag='"v1"')
    for _ in range(2):  # fetched from the app, then from the cache
        answer = ask(mirror, path, If_None_Match='"v1"')
        assert (answer.status, answer.body) == (304, b"")
        assert answer.one("ETag") == '"v1"'
    assert ask(mirror, path, If_None_Match='"v0"').body == b"same"
