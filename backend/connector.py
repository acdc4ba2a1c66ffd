"""Makes the connections that the pool keeps: to whichever listed host answers, and in time."""

import threading
from importlib import import_module
from typing import Any

from . import patience
from .connection_url import each_host
from .settings import Settings

# A cut network is noticed after 2 s of unacknowledged data, by a connection without traffic within
# a minute. The URL may say otherwise.
NETWORK = {
    "keepalives_idle": "30",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "2000",
}


class Connector:
    """A function without arguments that connects, as SQLAlchemy wants it for `creator`.

    While the last attempt has failed, one thread at a time tries anew and the others fail at once:
    else every thread would spend its patience on the same silence, and requests would queue.
    """

    def __init__(self, settings: Settings) -> None:
        self._driver = import_module(f".{settings.driver}_connect", __package__)
        self._hosts = each_host(NETWORK | dict(settings.database))
        self._timeout = float(settings.database.get("connect_timeout", settings.connect_timeout))
        self._failing = False
        self._trying = threading.Lock()

    def __call__(self) -> Any:
        if not self._failing:
            return self._try()
        if not self._trying.acquire(blocking=False):
            raise self._driver.OperationalError("the database does not answer")
        try:
            return self._try()
        finally:
            self._trying.release()

    def _try(self) -> Any:
        try:
            with patience.at_most(self._timeout):
                connection = self._first_that_answers()
        except Exception:
            self._failing = True
            raise
        self._failing = False
        return connection

    def _first_that_answers(self) -> Any:
        *others, last = self._hosts
        for number, host in enumerate(others):
            share = (patience.left() or 0) / (len(self._hosts) - number)
            try:
                with patience.at_most(share):
                    return self._driver.connect(host)
            except self._driver.Error:
                continue
        return self._driver.connect(last)
