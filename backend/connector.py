"""Opens the connections of the pool, to the first listed host that answers before the deadline."""

import logging
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from importlib import import_module
from time import monotonic
from typing import Any

from . import deadline
from .connection_url import each_host
from .postgres_errors import KnownAway, reason
from .settings import Settings

logger = logging.getLogger(__name__)

# A broken network is detected after 2 s of unacknowledged data, or on an idle connection within a
# minute. Parameters in the URL override these.
NETWORK = {
    "keepalives_idle": "30",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "2000",
}

PROBE_SECONDS = 0.5  # from one attempt in the background to the next


class Connector:
    """A callable without arguments that connects, for SQLAlchemy's `creator`.

    After a failed attempt, requests fail at once without waiting for a connection, while attempts
    go on in the background until one succeeds. Otherwise every thread would wait until its deadline
    for a server that does not answer, and so would the requests behind it. The log has two lines
    per outage, not one per request.
    """

    def __init__(self, settings: Settings) -> None:
        self._driver = import_module(f".{settings.driver}_connect", __package__)
        self._hosts = each_host(NETWORK | dict(settings.database))
        self._timeout = float(settings.database.get("connect_timeout", settings.connect_timeout))
        self._refusal = type("Away", (self._driver.OperationalError, KnownAway), {})
        self._since = 0.0
        self.forget()

    def forget(self) -> None:
        """Reset the state, and let the attempts in the background end.

        Does not use a lock: in a forked child, a lock of another thread is never released.
        """
        self._away = threading.Event()
        self._back = threading.Condition()

    def __call__(self) -> Any:
        """Connect, or fail at once if the database is known to be away. Raises driver errors."""
        if self._away.is_set():
            raise self._refusal("the database is away")
        try:
            return self.connect()
        except Exception as error:
            self.suspect(error)
            raise

    def suspect(self, why: BaseException) -> None:
        """Let requests fail at once until an attempt in the background succeeds."""
        with self._back:
            if self._away.is_set():
                return
            self._away.set()
            self._since = monotonic()
        logger.warning("database away: %s", reason(why))
        if not _start_thread(self._probe, "database probe"):
            self._away.clear()  # without a probe, nothing else would clear it

    def _probe(self) -> None:
        """Start attempts that may overlap, so that one that hangs does not delay the next."""
        away, back = self._away, self._back
        while away.is_set() and away is self._away:
            _start_thread(self._attempt, "database attempt")
            with back:
                back.wait(PROBE_SECONDS)

    def _attempt(self) -> None:
        # Run a query, because a pooler accepts connections while its database is away.
        with suppress(self._driver.Error), deadline.within(self._timeout):
            with closing(self.connect()) as connection, closing(connection.cursor()) as cursor:
                cursor.execute("SELECT 1")
            with self._back:
                if self._away.is_set():
                    logger.warning("database back after %.1f s", monotonic() - self._since)
                self._away.clear()
                self._back.notify_all()

    def connect(self) -> Any:
        """Connect, even if the database is known to be away. Raises the driver's errors."""
        with deadline.within(self._timeout):
            return self._first_that_answers()

    def _first_that_answers(self) -> Any:
        *others, last = self._hosts
        for number, host in enumerate(others):
            share = (deadline.seconds_left() or 0) / (len(self._hosts) - number)
            try:
                with deadline.within(share):
                    return self._driver.connect(host)
            except self._driver.Error:
                continue
        return self._driver.connect(last)


def _start_thread(work: Callable[[], None], name: str) -> bool:
    """Start a thread. Returns False if a limit on processes or memory prevents it."""
    try:
        threading.Thread(target=work, daemon=True, name=name).start()
    except RuntimeError:
        return False
    return True
