"""The table of faults: each row is a test, short in ordinary runs and whole in `make soak`.

    @row("{times} x kill -9 of the Gunicorn master", short=3, soak=20)
    def test_...(times: int, measured: Measured) -> None:

A row reports what it measured, and every run prints a line for each of its rows.
"""

from collections.abc import Callable

import pytest
from _pytest.terminal import TerminalReporter

Measured = Callable[[str], None]
MARKS = {"passed": "✓", "failed": "✗", "skipped": "-"}


def row(title: str, *, short: int = 1, soak: int = 1) -> pytest.MarkDecorator:
    """Mark a test as a row; `times` is `short`, or `soak` under --soak."""
    return pytest.mark.row(title, short=short, soak=soak)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="the rows of faults with full counts")


@pytest.fixture
def times(request: pytest.FixtureRequest) -> int:
    """How often, or for how many seconds, as the row says."""
    return _times(request.node)


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Measured:
    """A function that takes down what the row's line is to say."""

    def note(text: str) -> None:
        request.node.user_properties.append(("measured", text))

    return note


def _times(item: pytest.Item) -> int:
    marker = item.get_closest_marker("row")
    assert marker, "only a row has times"
    return int(marker.kwargs["soak" if item.config.getoption("--soak") else "short"])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if marker := item.get_closest_marker("row"):
        title = marker.args[0].format(times=_times(item))
        item.user_properties.append(("row", title))


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    lines = [
        line
        for outcome, mark in MARKS.items()
        for report in terminalreporter.stats.get(outcome, [])
        if (line := _line(report, mark))
    ]
    if lines:
        terminalreporter.section("faults")
        for line in lines:
            terminalreporter.write_line(line)


def _line(report: pytest.TestReport, mark: str) -> str:
    told = dict(getattr(report, "user_properties", []))
    if "row" not in told:
        return ""
    rest = told.get("measured", "") if mark == "✓" else str(report.longrepr).splitlines()[-1]
    return f"{mark} {told['row']}: {rest}"
