"""Makes the connections that the pool keeps: to whichever listed host answers, and in time."""

import logging
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from importlib import import_module
from time import monotonic
from typing import Any

from . import patience
from .connection_url import each_host
from .postgres_errors import KnownAway, reason
from .settings import Settings

logger = logging.getLogger(__name__)

# A cut network is noticed after 2 s of unacknowledged data, by a connection without traffic within
# a minute. The URL may say otherwise.
NETWORK = {
    "keepalives_idle": "30",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "2000",
}

PROBE_SECONDS = 0.5  # from one attempt in the background to the next


class Connector:
    """A function without arguments that connects, as SQLAlchemy wants it for `creator`.

    Once an attempt has failed, nobody waits for a connection any more: requests fail at once, and
    attempts go on in the background until one succeeds. Else every thread would spend its patience
    on the same silence, and the requests behind it theirs. The log has two lines for each absence,
    not one for each request.
    """

    def __init__(self, settings: Settings) -> None:
        self._driver = import_module(f".{settings.driver}_connect", __package__)
        self._hosts = each_host(NETWORK | dict(settings.database))
        self._timeout = float(settings.database.get("connect_timeout", settings.connect_timeout))
        self._refusal = type("Away", (self._driver.OperationalError, KnownAway), {})
        self._since = 0.0
        self.forget()

    def forget(self) -> None:
        """Begin anew, and let the attempts in the background end.

        Without a lock: in a forked child, another thread of the parent may have it for ever.
        """
        self._away = threading.Event()
        self._back = threading.Condition()

    def __call__(self) -> Any:
        """A connection, unless the database is known to be away. Raises the driver's errors."""
        if self._away.is_set():
            raise self._refusal("the database is away")
        try:
            return self.connect()
        except Exception as error:
            self.suspect(error)
            raise

    def suspect(self, why: BaseException) -> None:
        """Make no connection for a request until one in the background has been of use."""
        with self._back:
            if self._away.is_set():
                return
            self._away.set()
            self._since = monotonic()
        logger.warning("database away: %s", reason(why))
        if not _started(self._probe, "database probe"):
            self._away.clear()  # without a probe nobody else would ever do so

    def _probe(self) -> None:
        """Attempts that overlap: one that hangs holds up none that would succeed by now."""
        away, back = self._away, self._back
        while away.is_set() and away is self._away:
            _started(self._attempt, "database attempt")
            with back:
                back.wait(PROBE_SECONDS)

    def _attempt(self) -> None:
        # A pooler lets one in whose database is away, hence the question.
        with suppress(self._driver.Error), patience.at_most(self._timeout):
            with closing(self.connect()) as connection, closing(connection.cursor()) as cursor:
                cursor.execute("SELECT 1")
            with self._back:
                if self._away.is_set():
                    logger.warning("database back after %.1f s", monotonic() - self._since)
                self._away.clear()
                self._back.notify_all()

    def connect(self) -> Any:
        """A connection, whatever was known before. Raises the driver's errors."""
        with patience.at_most(self._timeout):
            return self._first_that_answers()

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


def _started(work: Callable[[], None], name: str) -> bool:
    """Whether a thread for it could be had: a limit on processes or memory may leave none."""
    try:
        threading.Thread(target=work, daemon=True, name=name).start()
    except RuntimeError:
        return False
    return True
