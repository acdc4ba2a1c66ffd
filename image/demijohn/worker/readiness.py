"""Whether this instance should get requests, asked of the database itself."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import parse_dsn

from demijohn.database.async_wait import finish

READINESS_SECONDS = 1.0  # for how long an answer of the database counts, however many ask


class Readiness:
    """Whether this instance should get requests: the database answers, and no drain has begun.

    Asks the database over a connection of its own, so that a pool in trouble shows too, and at
    most once in READINESS_SECONDS.
    """

    def __init__(self, marker: Path, url: str, timeout: int) -> None:
        self._marker = marker
        self._url = url
        self._timeout = timeout
        self._lock = threading.Lock()
        self._asked = -READINESS_SECONDS
        self._away = False

    def reason(self) -> str | None:
        """None if ready, else why not."""
        if self._marker.exists():
            return "draining"
        # One thread asks. The others take its last answer: a database that hangs must not have
        # every thread of the worker wait for it. Before the first, the boot's answer counts.
        if self._lock.acquire(blocking=False):
            try:
                if time.monotonic() - self._asked >= READINESS_SECONDS:
                    self._away = not self._database_answers()
                    self._asked = time.monotonic()
            finally:
                self._lock.release()
        return "database away" if self._away else None

    def _database_answers(self) -> bool:
        """Whether one of its hosts answers within the timeout; each has its share of that, so that
        one which hangs leaves time for the others.
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
    parameters: dict[str, Any] = way | {"application_name": "demijohn readyz"}
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
