"""What an app prints and logs is in the container's log."""

from collections.abc import Callable

from tests.runtime.any_app.conftest import SETTINGS
from tests.support.front_door import send_request
from tests.support.stack import Stack


def lines_of_app(stack: Stack) -> list[str]:
    """What Gunicorn and the app have printed, without the name of the source."""
    found = [line for line in stack.log.splitlines() if line.startswith("gunicorn ")]
    return [line.removeprefix("gunicorn").strip() for line in found]


def test_app_output_is_complete_and_in_order(launch: Callable[..., Stack]) -> None:
    running = launch(**SETTINGS, DEMIJOHN_LOG_LEVEL="debug").start().wait_until_ready()
    send_request(running, "/api/log")
    running.wait_for(lambda: "LookupError: of the kitchen sink" in running.log, "the traceback")
    lines = lines_of_app(running)
    start = lines.index("printed 0")
    texts = [line.rpartition(": ")[2] for line in lines[start : start + 10]]
    expected = [f"{text} {n}" for n in range(3) for text in ("printed", "logged", "in detail")]
    assert texts == [*expected, "caught"]
    traceback = lines[start + 10 :]
    assert traceback[0] == "Traceback (most recent call last):"
    assert traceback.index("LookupError: of the kitchen sink") < 6


def test_information_is_logged_by_default_and_details_are_not(kitchen_sink: Stack) -> None:
    send_request(kitchen_sink, "/api/log")
    kitchen_sink.wait_for(lambda: "caught" in kitchen_sink.log, "the last line")
    assert "logged 2" in kitchen_sink.log
    assert "in detail" not in kitchen_sink.log
