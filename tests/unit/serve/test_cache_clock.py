"""Steps of the wall clock, and the responses that Nginx has cached."""

import time
from pathlib import Path

import pytest
from demijohn.serve.cache_clock import WallClock, clear_cache


@pytest.mark.parametrize(
    ("step", "expected"), [(3600.0, 0), (0.5, 0), (0.0, 0), (-0.5, 0), (-2.0, 2), (-3600.0, 3600)]
)
def test_clock_reports_a_step_back_once(
    monkeypatch: pytest.MonkeyPatch, step: float, expected: float
) -> None:
    clock = WallClock()
    true_time = time.time
    monkeypatch.setattr(time, "time", lambda: true_time() + step)
    assert clock.seconds_set_back() == pytest.approx(expected, abs=0.1)
    assert clock.seconds_set_back() == 0


def test_forgetting_answers_deletes_cached_responses_only(tmp_path: Path) -> None:
    cached = tmp_path / "cache" / "f" / "ab" / ("0" * 28 + "babf")
    cached.parent.mkdir(parents=True)
    unfinished = cached.with_name(cached.name + ".0000000012")
    other = tmp_path / "temp" / "f" / "ab" / cached.name
    other.parent.mkdir(parents=True)
    for file in (cached, unfinished, other):
        file.touch()
    clear_cache(tmp_path)
    assert [file.exists() for file in (cached, unfinished, other)] == [False, True, True]
