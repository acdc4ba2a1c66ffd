"""Connects with psycopg2, which uses libpq."""

import select
from collections.abc import Mapping
from time import monotonic
from typing import Any

import psycopg2
from psycopg2 import Error, OperationalError, extensions

from . import deadline, tls
from .dns import resolve

__all__ = ["Error", "OperationalError", "connect"]

READY = {extensions.POLL_READ: select.POLLIN, extensions.POLL_WRITE: select.POLLOUT}


def connect(parameters: Mapping[str, str]) -> Any:
    """Connect to the one host in `parameters`; raises psycopg2.OperationalError."""
    extensions.set_wait_callback(_wait)
    wanted: dict[str, Any] = dict(parameters)
    if wanted.get("sslrootcert") == "system":
        wanted |= {"sslrootcert": tls.system_bundle(), "sslmode": "verify-full"}
    if not wanted["host"].startswith("/") and "hostaddr" not in wanted:
        try:
            found = resolve(wanted["host"], int(wanted["port"]))
        except OSError as error:
            raise OperationalError(str(error)) from error
        # Lists of equal length: libpq tries the addresses in turn, and verifies the certificate
        # against the name.
        wanted["host"] = ",".join([wanted["host"]] * len(found))
        wanted["port"] = ",".join([wanted["port"]] * len(found))
        wanted["hostaddr"] = ",".join(found)
    return psycopg2.connect(**wanted)


def _wait(connection: Any) -> None:
    """Wait for the server until the deadline; psycopg2 calls this instead of blocking in libpq.

    It is called for every connection in the process. Without a deadline, as in other code, it
    follows libpq's own rules.
    """
    until = _deadline_of(connection)
    while (state := connection.poll()) != extensions.POLL_OK:
        poller = select.poll()
        poller.register(connection.fileno(), READY[state])
        remaining = None if until is None else max(0.0, until - monotonic()) * 1000
        if not poller.poll(remaining):
            # psycopg2 then closes the connection, so that a late answer is not read as the next.
            raise OperationalError("the database did not answer in time")


def _deadline_of(connection: Any) -> float | None:
    limit = deadline.seconds_left()
    if limit is None and connection.status == extensions.STATUS_SETUP:
        limit = float(connection.info.dsn_parameters.get("connect_timeout", 0)) or None
    return None if limit is None else monotonic() + limit
