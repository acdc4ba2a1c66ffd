"""Logs why a view could not write a file: its client gets the app's own 500."""

import sys
from contextlib import suppress
from typing import Any

from demijohn.common import write_errors
from demijohn.common.log import log_error

MAX_LINES = 10  # per worker

_logged: set[str] = set()


def watch_views() -> None:
    """Have every exception of a Flask view explained, if the app uses Flask."""
    flask = sys.modules.get("flask")
    if flask is not None:
        with suppress(AttributeError, RuntimeError):  # RuntimeError: an old Flask without blinker
            flask.got_request_exception.connect(_explain, weak=False)


def _explain(app: Any, exception: BaseException | None = None, **_: Any) -> None:
    """Log a line about the exception once, if it is about a file that cannot be written."""
    if exception is None or len(_logged) >= MAX_LINES:
        return
    with suppress(OSError, ValueError):  # such as a folder that has gone: the view's error counts
        line = write_errors.explain(exception)
        if line and line not in _logged:
            _logged.add(line)
            log_error(line)
