"""Connects with pg8000, which is pure Python and does not support libpq's parameters.

This module opens the socket and starts TLS, because pg8000 does neither as libpq does.
"""

import getpass
import socket
import ssl
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pg8000
from pg8000 import Error, InterfaceError, OperationalError

from . import deadline, tls
from .dns import resolve

__all__ = ["Error", "OperationalError", "connect"]

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
WRITABLE = {"read-write", "primary"}

# libpq's names for options of a TCP socket; setsockopt has the same units.
TCP_OPTIONS = {
    "keepalives_idle": getattr(socket, "TCP_KEEPIDLE", getattr(socket, "TCP_KEEPALIVE", None)),
    "keepalives_interval": getattr(socket, "TCP_KEEPINTVL", None),
    "keepalives_count": getattr(socket, "TCP_KEEPCNT", None),
    "tcp_user_timeout": getattr(socket, "TCP_USER_TIMEOUT", None),
}


class _WithDeadline:
    """Limits every wait of a socket by the deadline.

    Raises pg8000's own errors, which SQLAlchemy treats as a broken connection. After an OSError
    while reading, the connection would return to the pool with half a message in its buffer.
    """

    def recv_into(self, *arguments: Any) -> int:
        with _network_errors():
            self.settimeout(_socket_timeout())  # type: ignore[attr-defined]
            return super().recv_into(*arguments)  # type: ignore[misc, no-any-return]

    def send(self, *arguments: Any) -> int:
        with _network_errors():
            self.settimeout(_socket_timeout())  # type: ignore[attr-defined]
            return super().send(*arguments)  # type: ignore[misc, no-any-return]


@contextmanager
def _network_errors() -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: a parameter is not supported
        raise InterfaceError(f"network error: {error}") from error


class _Connection(pg8000.Connection):  # type: ignore[misc]
    def close(self) -> None:
        """Send Terminate and ignore network errors, as libpq does."""
        with suppress(InterfaceError):
            super().close()


class _Socket(_WithDeadline, socket.socket):
    pass


class _TlsSocket(_WithDeadline, ssl.SSLSocket):
    pass


def connect(parameters: Mapping[str, str]) -> Any:
    """Connect to the one host in `parameters`; raises one of pg8000's errors."""
    user = parameters.get("user") or getpass.getuser()
    with _network_errors():
        connected = _socket(parameters)
    connection = _Connection(
        user=user,
        password=parameters.get("password"),
        database=parameters.get("dbname", user),
        application_name=parameters.get("application_name"),
        startup_params=_present(parameters, "options"),
        sock=connected,
        ssl_context=False,  # TLS has already been negotiated
    )
    if parameters.get("target_session_attrs") in WRITABLE:
        _require_writable(connection)
    return connection


def _socket(parameters: Mapping[str, str]) -> socket.socket:
    host, port = parameters["host"], int(parameters["port"])
    if host.startswith("/"):
        local = _Socket(socket.AF_UNIX)
        local.settimeout(_socket_timeout())
        local.connect(str(Path(host) / f".s.PGSQL.{port}"))
        return local
    encrypted = tls.mode(parameters) != "disable"
    plain = _first_that_answers(parameters.get("hostaddr") or host, port)
    try:
        _set_options(plain, parameters)
        return _with_tls(plain, parameters) if encrypted else plain
    except BaseException:
        plain.close()
        raise


def _first_that_answers(host: str, port: int) -> _Socket:
    failure: OSError = OSError("no address")
    for address in resolve(host, port):
        tried = _Socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        tried.settimeout(_socket_timeout())
        try:
            tried.connect((address, port))
            return tried
        except OSError as error:
            tried.close()
            failure = error
    raise failure


def _set_options(connected: socket.socket, parameters: Mapping[str, str]) -> None:
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if parameters.get("keepalives") == "0":
        return
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, option in TCP_OPTIONS.items():
        if option is not None and name in parameters:
            connected.setsockopt(socket.IPPROTO_TCP, option, int(parameters[name]))


def _with_tls(plain: _Socket, parameters: Mapping[str, str]) -> socket.socket:
    """Request TLS; a server without it is accepted for sslmode=allow and prefer only.

    libpq's `allow` would try without TLS first; here it is the same as `prefer`.
    """
    plain.send(SSL_REQUEST)
    answer = bytearray(1)
    if not plain.recv_into(answer):
        raise OSError("the server closed the connection")
    if answer == b"S":
        context = tls.context(parameters)
        context.sslsocket_class = _TlsSocket
        plain.settimeout(_socket_timeout())
        return context.wrap_socket(plain, server_hostname=parameters["host"])
    if tls.mode(parameters) in {"allow", "prefer"}:
        return plain
    raise OSError(f"the server offers no TLS, which sslmode={tls.mode(parameters)} requires")


def _require_writable(connection: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("SHOW transaction_read_only")
    read_only = cursor.fetchone()[0] == "on"
    connection.rollback()
    if read_only:
        connection.close()
        raise InterfaceError("network error: the server is read-only")


def _present(parameters: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: parameters[name] for name in names if name in parameters}


def _socket_timeout() -> float | None:
    """The time until the deadline as a socket's timeout, for which 0 would mean non-blocking."""
    seconds = deadline.seconds_left()
    return None if seconds is None else max(seconds, 0.001)
