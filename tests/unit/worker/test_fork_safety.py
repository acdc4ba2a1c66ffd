"""Connections that an app opened while it was imported."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import urllib3
from demijohn.worker.fork_safety import close_connections
from sqlalchemy import create_engine, text
from sqlalchemy.pool import QueuePool, StaticPool


@pytest.fixture
def http_url() -> Iterator[str]:
    """A server that keeps connections open."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_pooled_connections_of_an_engine_are_closed(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/db", poolclass=QueuePool)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    assert engine.pool.checkedin() == 1  # type: ignore[attr-defined]
    close_connections()
    assert engine.pool.checkedin() == 0  # type: ignore[attr-defined]
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1


def test_database_in_memory_is_kept() -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (a int)"))
    close_connections()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM t")).scalar() == 0


def test_http_pool_is_emptied_and_stays_usable(http_url: str) -> None:
    http = urllib3.PoolManager()
    assert http.request("GET", http_url).status == 200
    pool = http.connection_from_url(http_url)
    close_connections()
    assert http.request("GET", http_url).status == 200
    assert (pool.num_connections, pool.num_requests) == (2, 2)
