"""sslmode means the same with both drivers: which servers are accepted, and what is encrypted.

The embedded Postgres has no TLS, so a proxy with TLS is in front of it, as poolers and hosts'
proxies are.
"""

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.database import engine_for_migrations
from backend.settings import load

SSL_REQUEST = bytes.fromhex("0000000804d2162f")


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ca.crt, server.crt for `localhost` that ca.crt signed, and an unrelated
    other.crt.
    """
    if not shutil.which("openssl"):
        pytest.skip("making certificates needs the openssl program")
    folder = tmp_path_factory.mktemp("certificates")
    (folder / "names").write_text("subjectAltName=DNS:localhost")
    new = "req -newkey rsa:2048 -nodes -subj /CN={0} -keyout {0}.key"
    sign = "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile names"
    for command in (
        new.format("ca") + " -x509 -out ca.crt",
        new.format("other") + " -x509 -out other.crt",
        new.format("server") + " -out server.csr",
        f"{sign} -out server.crt",
    ):
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)
    return folder


class TlsProxy:
    """A proxy in front of the Postgres at port `target`; it offers TLS if it has certificates."""

    def __init__(self, target: int, certificates: Path | None) -> None:
        self._target = target
        self._context = None
        if certificates:
            self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._context.load_cert_chain(certificates / "server.crt", certificates / "server.key")
        self.encrypted = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if near.recv(8, socket.MSG_PEEK) == SSL_REQUEST:
                near.recv(8)
                near.sendall(b"S" if self._context else b"N")
                if self._context:
                    near = self._context.wrap_socket(near, server_side=True)
                    self.encrypted += 1
            far = socket.create_connection(("127.0.0.1", self._target))
            threading.Thread(target=pump, args=(far, near), daemon=True).start()
            pump(near, far)


def pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_RDWR)


@pytest.fixture(params=["psycopg2", "pg8000"])
def driver(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    monkeypatch.setenv("HOME", str(tmp_path))  # hide the user's own certificates
    return str(request.param)


@pytest.fixture
def tls_proxy(database: str, certificates: Path) -> Iterator[TlsProxy]:
    tls_proxy = TlsProxy(urlsplit(database).port or 5432, certificates)
    yield tls_proxy
    tls_proxy.close()


@pytest.fixture
def plain_proxy(database: str) -> Iterator[TlsProxy]:
    tls_proxy = TlsProxy(urlsplit(database).port or 5432, None)
    yield tls_proxy
    tls_proxy.close()


def connect(database: str, driver: str, tls_proxy: TlsProxy, host: str, query: str) -> None:
    parts = urlsplit(database)
    url = (
        f"postgres://{parts.username}:{parts.password}@{host}:{tls_proxy.port}{parts.path}?{query}"
    )
    engine = engine_for_migrations(load({"DATABASE_URL": url, "DATABASE_DRIVER": driver}))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1


@pytest.mark.parametrize(
    ("host", "query"),
    [
        ("localhost", ""),
        ("localhost", "sslmode=prefer"),
        ("localhost", "sslmode=require"),
        ("127.0.0.1", "sslmode=require"),
        ("127.0.0.1", "sslmode=verify-ca&sslrootcert={folder}/ca.crt"),
        ("localhost", "sslmode=verify-full&sslrootcert={folder}/ca.crt"),
    ],
)
def test_connection_is_encrypted_as_sslmode_says(
    database: str, driver: str, tls_proxy: TlsProxy, certificates: Path, host: str, query: str
) -> None:
    connect(database, driver, tls_proxy, host, query.format(folder=certificates))
    assert tls_proxy.encrypted >= 1


@pytest.mark.parametrize(
    ("host", "query"),
    [
        ("127.0.0.1", "sslmode=verify-full&sslrootcert={folder}/ca.crt"),
        ("localhost", "sslmode=verify-full&sslrootcert={folder}/other.crt"),
        ("localhost", "sslmode=verify-ca&sslrootcert={folder}/other.crt"),
        ("localhost", "sslmode=require&sslrootcert={folder}/other.crt"),
        ("localhost", "sslmode=verify-full&sslrootcert={folder}/none.crt"),
        ("localhost", "sslmode=verify-full"),
        ("localhost", "sslrootcert=system"),
    ],
)
def test_server_that_fails_verification_is_refused(
    database: str, driver: str, tls_proxy: TlsProxy, certificates: Path, host: str, query: str
) -> None:
    with pytest.raises(DBAPIError):
        connect(database, driver, tls_proxy, host, query.format(folder=certificates))


def test_sslmode_disable_does_not_encrypt(database: str, driver: str, tls_proxy: TlsProxy) -> None:
    connect(database, driver, tls_proxy, "localhost", "sslmode=disable")
    assert tls_proxy.encrypted == 0


@pytest.mark.parametrize("query", ["", "sslmode=allow", "sslmode=prefer", "sslmode=disable"])
def test_server_without_tls_is_accepted_if_tls_is_optional(
    database: str, driver: str, plain_proxy: TlsProxy, query: str
) -> None:
    connect(database, driver, plain_proxy, "localhost", query)


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
def test_server_without_tls_is_refused_if_tls_is_required(
    database: str, driver: str, plain_proxy: TlsProxy, certificates: Path, mode: str
) -> None:
    query = f"sslmode={mode}&sslrootcert={certificates}/ca.crt"
    with pytest.raises(DBAPIError):
        connect(database, driver, plain_proxy, "localhost", query)


def test_next_host_is_tried_if_the_first_refuses(
    database: str, driver: str, plain_proxy: TlsProxy
) -> None:
    """The first of two hosts refuses connections."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        hosts = f"127.0.0.1:{unused.getsockname()[1]},127.0.0.1"
        connect(database, driver, plain_proxy, hosts, "target_session_attrs=read-write")
