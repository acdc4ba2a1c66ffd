"""Steps of the wall clock, and the responses that Nginx has cached."""

import os
import time
from pathlib import Path

import pytest
from demijohn.serve.nginx_cache import WallClock, clear_cache


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
        file.write_bytes(b"x")
    clear_cache(tmp_path)
    assert [file.exists() for file in (cached, unfinished, other)] == [False, True, True]


def test_trimming_deletes_the_oldest_responses_first(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "f" / "ab"
    folder.mkdir(parents=True)
    files = [folder / f"{number:032}" for number in range(4)]
    for age, file in enumerate(reversed(files)):
        file.write_bytes(b"x" * 10)  # takes a block of 4 kB
        os.utime(file, (1000 - age, 1000 - age))
    clear_cache(tmp_path, 10_000)
    assert [file.exists() for file in files] == [False, False, True, True]
    clear_cache(tmp_path, 10_000)
    assert [file.exists() for file in files] == [False, False, True, True]
