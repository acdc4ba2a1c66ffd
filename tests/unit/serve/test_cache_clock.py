"""The wall clock, and what Nginx has cached by it."""

import time
from pathlib import Path

import pytest
from demijohn.serve.cache_clock import WallClock, forget_answers


@pytest.mark.parametrize(
    ("step", "told"), [(3600.0, 0), (0.5, 0), (0.0, 0), (-0.5, 0), (-2.0, 2), (-3600.0, 3600)]
)
def test_only_a_step_back_is_told_of_and_once(
    monkeypatch: pytest.MonkeyPatch, step: float, told: float
) -> None:
    clock = WallClock()
    true_time = time.time
    monkeypatch.setattr(time, "time", lambda: true_time() + step)
    assert clock.set_back() == pytest.approx(told, abs=0.1)
    assert clock.set_back() == 0


def test_answers_are_forgotten_and_nothing_else(tmp_path: Path) -> None:
    answer = tmp_path / "cache" / "f" / "ab" / ("0" * 28 + "babf")
    answer.parent.mkdir(parents=True)
    being_written = answer.with_name(answer.name + ".0000000012")
    elsewhere = tmp_path / "temp" / "f" / "ab" / answer.name
    elsewhere.parent.mkdir(parents=True)
    for file in (answer, being_written, elsewhere):
        file.touch()
    forget_answers(tmp_path)
    assert [file.exists() for file in (answer, being_written, elsewhere)] == [False, True, True]
