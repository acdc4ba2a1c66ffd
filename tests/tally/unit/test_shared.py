"""What many ask for at once is worked out once a second."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from backend import shared
from backend.shared import EachSecond


class Clock:
    """The second that it is, until a test says otherwise."""

    now = 1000.9


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    held = Clock()
    monkeypatch.setattr(shared.time, "time", lambda: held.now)
    yield held


def wait_for(answers: EachSecond[Any], waiting: int) -> None:
    """Until so many have asked for "a": the first works, the others wait."""
    give_up = time.monotonic() + 10
    # The one place where it shows: https://github.com/python/cpython/blob/main/Lib/threading.py
    while len(answers._answers["a"]._condition._waiters) < waiting - 1:  # type: ignore[attr-defined]
        assert time.monotonic() < give_up
        time.sleep(0.01)


def test_within_a_second_it_is_worked_out_once_and_in_the_next_anew(clock: Clock) -> None:
    answers: EachSecond[float] = EachSecond()
    assert [answers.get("a", lambda: clock.now) for _ in range(3)] == [1000.9] * 3
    clock.now = 1001.0
    assert answers.get("a", lambda: clock.now) == 1001.0
    clock.now = 1000.5  # a clock that is set back
    assert answers.get("a", lambda: clock.now) == 1000.5


def test_each_key_has_an_answer_of_its_own(clock: Clock) -> None:
    answers: EachSecond[str] = EachSecond()
    assert answers.get("a", lambda: "A") == "A"
    assert answers.get("b", lambda: "B") == "B"


def test_who_comes_meanwhile_waits_for_the_first(clock: Clock) -> None:
    answers: EachSecond[int] = EachSecond()
    begun, go, calls = threading.Event(), threading.Event(), []

    def work() -> int:
        calls.append(1)
        begun.set()
        assert go.wait(10)
        return 42

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(answers.get, "a", work)
        assert begun.wait(10)
        others = [pool.submit(answers.get, "a", work) for _ in range(7)]
        wait_for(answers, 8)
        assert not any(one.done() for one in others)
        go.set()
        assert [one.result(10) for one in [first, *others]] == [42] * 8
    assert len(calls) == 1


def test_nobody_waits_for_what_was_begun_in_a_second_that_is_over(clock: Clock) -> None:
    answers: EachSecond[str] = EachSecond()
    begun, go = threading.Event(), threading.Event()

    def hang() -> str:
        begun.set()
        assert go.wait(10)
        return "late"

    with ThreadPoolExecutor(1) as pool:
        hung = pool.submit(answers.get, "a", hang)
        assert begun.wait(10)
        clock.now += 1
        assert answers.get("a", lambda: "now") == "now"
        go.set()
        assert hung.result(10) == "late"
    assert answers.get("a", lambda: "again") == "now"


def test_a_failure_is_shared_by_who_waited_and_kept_for_nobody(clock: Clock) -> None:
    answers: EachSecond[str] = EachSecond()
    begun, go = threading.Event(), threading.Event()

    def fail() -> str:
        begun.set()
        assert go.wait(10)
        raise ConnectionError("away")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(answers.get, "a", fail)
        assert begun.wait(10)
        second = pool.submit(answers.get, "a", lambda: "not asked")
        wait_for(answers, 2)
        go.set()
        for one in (first, second):
            with pytest.raises(ConnectionError, match="away"):
                one.result(10)
    assert answers.get("a", lambda: "back") == "back"


def test_made_up_keys_fill_no_memory(clock: Clock) -> None:
    answers: EachSecond[int] = EachSecond()
    for number in range(3 * shared.MOST):
        assert answers.get(number, lambda: number) == number  # noqa: B023 called at once
    assert len(answers._answers) == shared.MOST
