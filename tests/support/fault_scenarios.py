"""The table of faults: each row is a test, short in ordinary runs and complete in `make soak`.

    @row("{times} x kill -9 of the Gunicorn master", short=3, soak=20)
    def test_...(times: int, measured: Measured) -> None:

A row reports what it measured; with --rows, one line per row is printed when it ends.
"""

from collections.abc import Callable

import pytest
from _pytest.terminal import TerminalReporter

Measured = Callable[[str], None]
ROW_SECONDS = 900  # the longest row takes three minutes, and a machine may be slow


# The database drivers of a row; the second one only under --soak.
DRIVERS = ["psycopg2", pytest.param("pg8000", marks=pytest.mark.soak)]


def row(title: str, *, short: int = 1, soak: int = 1) -> pytest.MarkDecorator:
    """Mark a test as a row; `times` is `short`, or `soak` under --soak."""
    return pytest.mark.row(title, short=short, soak=soak)


@pytest.fixture
def times(request: pytest.FixtureRequest) -> int:
    """The number of repetitions, or of seconds; the row's title says which."""
    return _times(request.node)


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Measured:
    """A function that records a measurement for the row's line."""

    def note(text: str) -> None:
        request.node.user_properties.append(("measured", text))

    return note


def _times(item: pytest.Item) -> int:
    marker = item.get_closest_marker("row")
    assert marker, "only a row has times"
    return int(marker.kwargs["soak" if item.config.getoption("--soak") else "short"])


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rows", action="store_true", help="print one line per row instead of dots")
    parser.addoption("--soak", action="store_true", help="run the rows with their full counts")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("row"):
            item.add_marker(pytest.mark.timeout(ROW_SECONDS))
    if not config.getoption("--soak"):
        deselected = [item for item in items if item.get_closest_marker("soak")]
        items[:] = [item for item in items if item not in deselected]
        config.hook.pytest_deselected(items=deselected)


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--rows"):
        config.pluginmanager.register(_RowLines(config), "row lines")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if marker := item.get_closest_marker("row"):
        title = marker.args[0].format(times=_times(item))
        variant = f" ({item.callspec.id})" if hasattr(item, "callspec") else ""
        item.user_properties.append(("row", title + variant))


class _RowLines:
    """Prints one line per row."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Suppress pytest's dots and letters between the lines."""
        if report.when == "call" or not report.passed:
            return report.outcome, "", ""
        return None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        properties = dict(report.user_properties)
        if "row" not in properties or (report.passed and report.when != "call"):
            return
        mark = "✓" if report.passed else "✗"
        rest = properties.get("measured", "") if report.passed else _last_line(report)
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        assert isinstance(reporter, TerminalReporter)
        reporter.ensure_newline()
        reporter.write_line(f"{mark} {properties['row']}: {rest}")


def _last_line(report: pytest.TestReport) -> str:
    return f"{report.outcome}: {str(report.longrepr).splitlines()[-1]}"
