"""Shows what the app logs, where it has configured no logging of its own.

Python shows warnings only, and without their level, until an app adds a handler. Adding one here
would make the app's own `logging.basicConfig()` do nothing. `logging.lastResort` is used only while
there is no handler (https://docs.python.org/3/library/logging.html#logging.lastResort), and Flask
adds a handler to its own logger (https://flask.palletsprojects.com/en/stable/logging/).
"""

import logging

FORMAT = "%(levelname)s %(name)s: %(message)s"


class _Ours(int):
    """A level that is not the app's, even if the app has set the same one."""


def install(level: str) -> None:
    """Show records from `level` (`debug` to `error`) on; called before the app is imported."""
    logging.root.setLevel(_Ours(logging.getLevelNamesMapping()[level.upper()]))
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(FORMAT))
    logging.lastResort = handler


def leave_to_app() -> None:
    """Python's own level again if the imported app has configured handlers but no level."""
    if logging.root.handlers and isinstance(logging.root.level, _Ours):
        logging.root.setLevel(logging.WARNING)
