"""A value that many callers need is computed once per second."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from backend import per_second_cache
from backend.per_second_cache import PerSecondCache


class Clock:
    """The current time, which a test can set."""

    now = 1000.9


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(per_second_cache.time, "time", lambda: clock.now)
    yield clock


def wait_for(answers: PerSecondCache[Any], callers: int) -> None:
    """Wait until there are `callers` callers for "a": the first computes, the others wait."""
    deadline = time.monotonic() + 10
    # Visible only here: https://github.com/python/cpython/blob/main/Lib/threading.py
    while len(answers._results["a"]._condition._waiters) < callers - 1:  # type: ignore[attr-defined]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_value_is_computed_once_per_second(clock: Clock) -> None:
    answers: PerSecondCache[float] = PerSecondCache()
    assert [answers.get("a", lambda: clock.now) for _ in range(3)] == [1000.9] * 3
    clock.now = 1001.0
    assert answers.get("a", lambda: clock.now) == 1001.0
    clock.now = 1000.5  # the clock is set back
    assert answers.get("a", lambda: clock.now) == 1000.5


def test_each_key_has_its_own_value(clock: Clock) -> None:
    answers: PerSecondCache[str] = PerSecondCache()
    assert answers.get("a", lambda: "A") == "A"
    assert answers.get("b", lambda: "B") == "B"


def test_concurrent_callers_share_one_computation(clock: Clock) -> None:
    answers: PerSecondCache[int] = PerSecondCache()
    started, proceed, calls = threading.Event(), threading.Event(), []

    def work() -> int:
        calls.append(1)
        started.set()
        assert proceed.wait(10)
        return 42

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(answers.get, "a", work)
        assert started.wait(10)
        others = [pool.submit(answers.get, "a", work) for _ in range(7)]
        wait_for(answers, 8)
        assert not any(future.done() for future in others)
        proceed.set()
        assert [future.result(10) for future in [first, *others]] == [42] * 8
    assert len(calls) == 1


def test_caller_does_not_wait_for_a_computation_of_a_past_second(clock: Clock) -> None:
    answers: PerSecondCache[str] = PerSecondCache()
    started, proceed = threading.Event(), threading.Event()

    def hang() -> str:
        started.set()
        assert proceed.wait(10)
        return "late"

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(answers.get, "a", hang)
        assert started.wait(10)
        clock.now += 1
        assert answers.get("a", lambda: "now") == "now"
        proceed.set()
        assert slow.result(10) == "late"
    assert answers.get("a", lambda: "again") == "now"


def test_failure_is_raised_to_all_waiting_callers_and_not_kept(clock: Clock) -> None:
    answers: PerSecondCache[str] = PerSecondCache()
    started, proceed = threading.Event(), threading.Event()

    def fail() -> str:
        started.set()
        assert proceed.wait(10)
        raise ConnectionError("away")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(answers.get, "a", fail)
        assert started.wait(10)
        second = pool.submit(answers.get, "a", lambda: "not asked")
        wait_for(answers, 2)
        proceed.set()
        for future in (first, second):
            with pytest.raises(ConnectionError, match="away"):
                future.result(10)
    assert answers.get("a", lambda: "back") == "back"


def test_number_of_cached_keys_is_limited(clock: Clock) -> None:
    answers: PerSecondCache[int] = PerSecondCache()
    for number in range(3 * per_second_cache.MAX_ENTRIES):
        assert answers.get(number, lambda: number) == number  # noqa: B023 called at once
    assert len(answers._results) == per_second_cache.MAX_ENTRIES
