"""The summary fits the screen; lines without room are counted."""

import re

import pytest
from demijohn.sqlite_import.report.terminal_layout import Screen, Section
from hypothesis import given
from hypothesis import strategies as st


def section(name: str, count: int, *, title: str = "", first: bool = False) -> Section:
    lines = [f"{name}{n}" for n in range(count)]
    return Section(title, lines, lambda shown: f"{count - shown} more of {name}", first=first)


def test_all_lines_are_shown_without_a_terminal() -> None:
    sections = [section("a", 500), section("b", 3, title="bees:")]
    shown = Screen().fit(sections, 5)
    assert shown == [*sections[0].lines, "bees:", "b0", "b1", "b2"]


def test_lines_that_fit_are_all_shown() -> None:
    assert Screen(24, 80).fit([section("a", 3), section("b", 0, title="none:")], 3) == [
        "a0",
        "a1",
        "a2",
    ]


def test_first_section_gets_the_room_and_others_share_the_rest() -> None:
    sections = [section("a", 9), section("b", 6, first=True), section("c", 9, title="sea:")]
    assert Screen(24, 80).fit(sections, 12) == [
        *("a0", "a1", "7 more of a"),
        *("b0", "b1", "b2", "b3", "b4", "b5"),
        *("sea:", "c0", "8 more of c"),
    ]


def test_wrapped_line_takes_more_rows() -> None:
    wide = Section("", ["x" * 41, "y\n" + "z" * 20], lambda shown: f"{2 - shown} more")
    assert Screen(24, 20).fit([wide], 5) == wide.lines
    assert Screen(24, 20).fit([wide], 4) == ["x" * 41, "1 more"]


@pytest.mark.parametrize("rows", [4, 9])
@given(sizes=st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=4))
def test_omitted_lines_are_always_counted(rows: int, sizes: list[tuple[int, bool]]) -> None:
    screen = Screen(24, 80)
    sections = [section("abcd"[at], n, first=first) for at, (n, first) in enumerate(sizes)]
    shown = screen.fit(sections, rows)
    assert screen.height(shown) <= max(rows, len(sections))
    for (count, _), name in zip(sizes, "abcd", strict=False):
        mine = sum(bool(re.fullmatch(rf"{name}\d+", line)) for line in shown)
        rest = [int(m[1]) for line in shown if (m := re.fullmatch(rf"(\d+) more of {name}", line))]
        assert mine + sum(rest) == count
