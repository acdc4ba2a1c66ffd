"""Asks the database itself whether it answers."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg2
from psycopg2.extensions import parse_dsn

from demijohn.database.async_wait import finish

FRESH_SECONDS = 1.0  # for how long an answer counts, however many probes come


class DatabaseProbe:
    """Whether the database at `url` (libpq's form) answers within `timeout` seconds.

    Asks over a connection of its own, so that the state of the app's pool does not matter, and at
    most once in FRESH_SECONDS.
    """

    def __init__(self, url: str, timeout: int) -> None:
        self._url = url
        self._timeout = timeout
        self._lock = threading.Lock()
        self._asked: float | None = None
        self._answered = False

    def answers(self) -> bool:
        # One thread asks. The others take its last answer: a database that hangs must not have
        # every thread of the worker wait for it. Before the first answer, they have to.
        if self._lock.acquire(blocking=self._asked is None):
            try:
                if self._asked is None or time.monotonic() - self._asked >= FRESH_SECONDS:
                    self._answered = self._ask()
                    self._asked = time.monotonic()
            finally:
                self._lock.release()
        return self._answered

    def _ask(self) -> bool:
        """Whether one of its hosts answers within the timeout. Each has a share of that time, so
        that a host which hangs leaves time for the others.
        """
        deadline = time.monotonic() + self._timeout
        return any(_answers(way, until) for way, until in _ways(self._url, deadline))


def _ways(url: str, deadline: float) -> Iterator[tuple[dict[str, str], float]]:
    """libpq's parameters for each address of each host, and until when it may take.

    Left to itself an asynchronous connection stays with the first that is silent, and resolves
    names while every other thread of the process stands still.
    """
    given = parse_dsn(url)
    hosts = given.get("host", "").split(",")
    ports = given.get("port", "").split(",")
    for number, host in enumerate(hosts):
        one = given | {"host": host, "port": ports[number % len(ports)]}
        until = _share(deadline, len(hosts) - number)
        if not host or host.startswith("/") or "hostaddr" in given:
            yield one, until
            continue
        addresses = _resolve(host, until)
        for place, address in enumerate(addresses):
            yield one | {"hostaddr": address}, _share(until, len(addresses) - place)


def _share(deadline: float, waiting: int) -> float:
    """When the next of so many has to be done, for all to be done by `deadline`."""
    now = time.monotonic()
    return now + max(deadline - now, 0) / waiting


def _resolve(host: str, until: float) -> list[str]:
    """The addresses of a host; none if they are not known in time, or at all."""
    found: list[str] = []

    def ask() -> None:
        with suppress(OSError):
            answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))

    # A thread, since nothing can interrupt getaddrinfo; it ends when the resolver does.
    thread = threading.Thread(target=ask, daemon=True, name=f"resolve {host}")
    with suppress(RuntimeError):  # no thread to be had
        thread.start()
        thread.join(max(until - time.monotonic(), 0))
    return list(found)


def _answers(way: dict[str, str], until: float) -> bool:
    """Connect and ask: a server that lets us in and is silent is away."""
    parameters: dict[str, Any] = way | {"application_name": "demijohn probe"}
    connection = None
    try:
        connection = psycopg2.connect(**parameters, async_=True)
        finish(connection, until)
        cursor = connection.cursor()  # by this name: the connection keeps no hold of it
        cursor.execute("SELECT 1")
        finish(connection, until)
        return True
    except (psycopg2.Error, TimeoutError):
        return False
    finally:
        if connection is not None:
            connection.close()
