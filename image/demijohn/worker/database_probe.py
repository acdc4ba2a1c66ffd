"""Checks with a query of its own whether the database answers."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg2
from psycopg2.extensions import parse_dsn

from demijohn.database.async_wait import finish

FRESH_SECONDS = 1.0  # for how long a result is reused


class DatabaseProbe:
    """Checks whether the database at `url` (libpq's form) answers within `timeout` seconds.

    Uses a connection of its own, so that the state of the app's pool does not matter, and runs at
    most once per FRESH_SECONDS.
    """

    def __init__(self, url: str, timeout: int) -> None:
        self._url = url
        self._timeout = timeout
        self._lock = threading.Lock()
        self._checked: float | None = None
        self._answered = False

    def answers(self) -> bool:
        """Whether the database answers, by a check that is at most FRESH_SECONDS old.

        One thread checks. The others use its last result, so that a database that hangs does not
        block every thread of the worker. Only before the first result do they wait.
        """
        if self._lock.acquire(blocking=self._checked is None):
            try:
                if self._checked is None or time.monotonic() - self._checked >= FRESH_SECONDS:
                    self._answered = self._check()
                    self._checked = time.monotonic()
            finally:
                self._lock.release()
        return self._answered

    def _check(self) -> bool:
        """Whether one of the hosts answers within the timeout. Each gets a share of that time, so
        that a host that hangs leaves time for the others.
        """
        deadline = time.monotonic() + self._timeout
        attempts = _each_address(self._url, deadline)
        return any(_answers(parameters, until) for parameters, until in attempts)


def _each_address(url: str, deadline: float) -> Iterator[tuple[dict[str, str], float]]:
    """libpq's parameters for each address of each host, with the deadline of that attempt.

    By itself, an asynchronous connection of libpq does not go on to the next address if one does
    not answer, and it resolves names while it blocks every other thread of the process.
    """
    given = parse_dsn(url)
    hosts = given.get("host", "").split(",")
    ports = given.get("port", "").split(",")
    for number, host in enumerate(hosts):
        one = given | {"host": host, "port": ports[number % len(ports)]}
        until = _share_of(deadline, len(hosts) - number)
        if not host or host.startswith("/") or "hostaddr" in given:
            yield one, until
            continue
        addresses = _resolve(host, until)
        for place, address in enumerate(addresses):
            yield one | {"hostaddr": address}, _share_of(until, len(addresses) - place)


def _share_of(deadline: float, attempts: int) -> float:
    """When the next attempt must end, if `attempts` attempts share the time until `deadline`
    equally.
    """
    now = time.monotonic()
    return now + max(deadline - now, 0) / attempts


def _resolve(host: str, until: float) -> list[str]:
    """The addresses of a host; empty if it does not resolve by `until`."""
    found: list[str] = []

    def look_up() -> None:
        with suppress(OSError):
            answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))

    # In a thread, because getaddrinfo cannot be interrupted; the thread ends when it returns.
    thread = threading.Thread(target=look_up, daemon=True, name=f"resolve {host}")
    with suppress(RuntimeError):  # the limit of threads is reached
        thread.start()
        thread.join(max(until - time.monotonic(), 0))
    return list(found)


def _answers(parameters: dict[str, str], until: float) -> bool:
    """Whether a server accepts a connection and answers a query before `until`."""
    named: dict[str, Any] = parameters | {"application_name": "demijohn probe"}
    connection = None
    try:
        connection = psycopg2.connect(**named, async_=True)
        finish(connection, until)
        cursor = connection.cursor()  # keep a reference: the connection does not
        cursor.execute("SELECT 1")
        finish(connection, until)
        return True
    except (psycopg2.Error, TimeoutError):
        return False
    finally:
        if connection is not None:
            connection.close()
