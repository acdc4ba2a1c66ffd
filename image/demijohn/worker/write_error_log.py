"""Logs why a view could not write a file: its client gets the app's own 500."""

import sys
import threading
from contextlib import suppress
from typing import Any

from demijohn.common import write_errors
from demijohn.common.log import log_error

MAX_LINES = 10  # per worker

_logged: set[str] = set()
_latest = threading.local()


def watch_views() -> None:
    """Have every exception of a Flask view explained, if the app uses Flask."""
    flask = sys.modules.get("flask")
    if flask is not None:
        with suppress(AttributeError, RuntimeError):  # RuntimeError: an old Flask without blinker
            flask.got_request_exception.connect(_note, weak=False)


def _note(app: Any, exception: BaseException | None = None, **_: Any) -> None:
    _latest.exception = exception


def explain() -> None:
    """Log a line about this thread's latest exception once, if a file cannot be written.

    Called after Flask has logged the traceback.
    """
    exception: BaseException | None = getattr(_latest, "exception", None)
    _latest.exception = None
    if exception is None or len(_logged) >= MAX_LINES:
        return
    with suppress(OSError, ValueError):  # such as a folder that has gone: the view's error counts
        line = write_errors.explain(exception)
        if line and line not in _logged:
            _logged.add(line)
            log_error(line)
