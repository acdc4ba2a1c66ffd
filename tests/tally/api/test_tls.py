"""libpq's sslmode means the same on both drivers: who is let in, and whether it is encrypted.

The embedded Postgres speaks no TLS, so a front that does stands before it, as poolers and hosts'
proxies do.
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
    """ca.crt, a server.crt for `localhost` that it signed, and other.crt, which signed nothing."""
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


class Front:
    """Before the Postgres at `target`: TLS for who asks, if it has a certificate."""

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
    monkeypatch.setenv("HOME", str(tmp_path))  # no certificates of the user's
    return str(request.param)


@pytest.fixture
def front(database: str, certificates: Path) -> Iterator[Front]:
    front = Front(urlsplit(database).port or 5432, certificates)
    yield front
    front.close()


@pytest.fixture
def plain_front(database: str) -> Iterator[Front]:
    front = Front(urlsplit(database).port or 5432, None)
    yield front
    front.close()


def connect(database: str, driver: str, front: Front, host: str, query: str) -> None:
    at = urlsplit(database)
    url = f"postgres://{at.username}:{at.password}@{host}:{front.port}{at.path}?{query}"
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
def test_encrypted(
    database: str, driver: str, front: Front, certificates: Path, host: str, query: str
) -> None:
    connect(database, driver, front, host, query.format(folder=certificates))
    assert front.encrypted >= 1


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
def test_a_server_that_cannot_prove_itself_is_refused(
    database: str, driver: str, front: Front, certificates: Path, host: str, query: str
) -> None:
    with pytest.raises(DBAPIError):
        connect(database, driver, front, host, query.format(folder=certificates))


def test_no_tls_where_it_is_switched_off(database: str, driver: str, front: Front) -> None:
    connect(database, driver, front, "localhost", "sslmode=disable")
    assert front.encrypted == 0


@pytest.mark.parametrize("query", ["", "sslmode=allow", "sslmode=prefer", "sslmode=disable"])
def test_a_server_without_tls_will_do(
    database: str, driver: str, plain_front: Front, query: str
) -> None:
    connect(database, driver, plain_front, "localhost", query)


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
def test_a_server_without_tls_is_refused(
    database: str, driver: str, plain_front: Front, certificates: Path, mode: str
) -> None:
    query = f"sslmode={mode}&sslrootcert={certificates}/ca.crt"
    with pytest.raises(DBAPIError):
        connect(database, driver, plain_front, "localhost", query)


def test_the_next_host_is_tried(database: str, driver: str, plain_front: Front) -> None:
    """The first of two hosts refuses, or is a standby where somebody who may write is wanted."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        hosts = f"127.0.0.1:{nobody.getsockname()[1]},127.0.0.1"
        connect(database, driver, plain_front, hosts, "target_session_attrs=read-write")
