"""The wrapper around the app: loading, probes, and the client's address."""

import io
import json
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from demijohn.worker.database_probe import DatabaseProbe
from demijohn.worker.probes import Probes
from demijohn.worker.wsgi import AppNotFound, Wrapper, load

APP = """
def app(environ, start_response):
    return []

def create_app():
    return app

def fails():
    raise LookupError("mine")

number = 7
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    import sys

    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "plain_app.py").write_text(APP)
    (tmp_path / "packaged_app").mkdir()
    (tmp_path / "packaged_app" / "__init__.py").write_text(APP)
    (tmp_path / "packaged_app" / "inner.py").write_text(APP)
    (tmp_path / "unmet_app.py").write_text("import not_installed_anywhere\n")
    (tmp_path / "failing_app.py").write_text("raise LookupError('mine')\n")
    return tmp_path


@pytest.mark.parametrize(
    "name",
    ["plain_app:app", "plain_app", "plain_app:create_app()", "packaged_app:app",
     "packaged_app.inner:create_app()", "plain_app:create_app( )"],
)  # fmt: skip
def test_app_is_loaded_by_its_name(folder: Path, name: str) -> None:
    assert callable(load(name, str(folder)))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("missing_app:app", "the module missing_app does not exist in"),
        ("packaged_app.missing:app", r"the module packaged_app\.missing does not exist in"),
        ("plain_app.deeper:app", r"the module plain_app\.deeper does not exist"),
        ("plain_app:other", "module plain_app has no other"),
        ("plain_app:other()", "module plain_app has no other"),
        ("plain_app:number", "number is not a WSGI app"),
        ("plain_app:create_app(1)", "without arguments"),
        ("plain_app:create_app(", "without arguments"),
    ],
)
def test_wrong_app_name_is_explained(folder: Path, name: str, expected: str) -> None:
    with pytest.raises(AppNotFound, match=expected):
        load(name, str(folder))


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("unmet_app:app", ModuleNotFoundError),
        ("failing_app:app", LookupError),
        ("plain_app:fails()", LookupError),
    ],
)
def test_exception_of_the_app_at_import_is_raised(
    folder: Path, name: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        load(name, str(folder))


class Database(DatabaseProbe):
    """A database stub that counts its probes and takes a while."""

    def __init__(self) -> None:
        super().__init__("postgresql://h/d", 3)
        self.runs = True
        self.count = 0

    def _check(self) -> bool:
        self.count += 1
        time.sleep(0.2)
        return self.runs


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def probes(tmp_path: Path, database: Database) -> Probes:
    return Probes(tmp_path / "draining", database)


def call(wrapper: Wrapper, path: str, **environ: Any) -> tuple[str, dict[str, str], bytes]:
    captured: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> None:
        captured[:] = [status, dict(headers)]

    full_environ = {
        "PATH_INFO": path,
        "REQUEST_METHOD": "GET",
        "wsgi.input": io.BytesIO(),
        **environ,
    }
    body = b"".join(wrapper(full_environ, start))
    return captured[0], captured[1], body


def never(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    raise AssertionError("the app was called")


@pytest.mark.parametrize(("path", "expected"), [("/livez", "ok"), ("/readyz", "ready")])
def test_livez_and_readyz_call_neither_app_nor_database(
    probes: Probes, database: Database, path: str, expected: str
) -> None:
    status, headers, body = call(Wrapper(never, probes), path)
    assert (status, json.loads(body)) == ("200 OK", {"status": expected})
    assert headers["Cache-Control"] == "no-store"
    assert database.count == 0


def test_database_is_probed_at_most_once_per_second(probes: Probes, database: Database) -> None:
    for _ in range(5):
        assert call(Wrapper(never, probes), "/healthz/database")[0] == "200 OK"
    assert database.count == 1


@pytest.mark.parametrize("runs", [True, False])
def test_first_database_probe_waits_for_the_database(database: Database, runs: bool) -> None:
    """As do the probes that arrive during the first one."""
    database.runs = runs
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(lambda _: database.answers(), range(4)))
    assert (results, database.count) == ([runs] * 4, 1)


def test_readyz_is_503_while_draining(probes: Probes, tmp_path: Path) -> None:
    (tmp_path / "draining").touch()
    status, _, body = call(Wrapper(never, probes), "/readyz")
    assert status.startswith("503 ") and json.loads(body)["reason"] == "draining"
    for path in ("/livez", "/healthz/database"):
        assert call(Wrapper(never, probes), path)[0] == "200 OK"


def test_database_outage_is_503_at_its_own_probe_only(probes: Probes, database: Database) -> None:
    database.runs = False
    status, headers, body = call(Wrapper(never, probes), "/healthz/database")
    assert status.startswith("503 ") and json.loads(body)["reason"] == "database away"
    assert headers["Cache-Control"] == "no-store"
    for path in ("/livez", "/readyz"):
        assert call(Wrapper(never, probes), path)[0] == "200 OK"


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz/database"])
def test_probe_with_head_has_no_body(probes: Probes, path: str) -> None:
    status, _, body = call(Wrapper(never, probes), path, REQUEST_METHOD="HEAD")
    assert (status, body) == ("200 OK", b"")


def test_app_gets_the_client_address_from_nginx(probes: Probes) -> None:
    def app(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [])
        return [environ["REMOTE_ADDR"].encode()]

    response = call(Wrapper(app, probes), "/api", HTTP_X_FORWARDED_FOR="203.0.113.7")
    assert response[2] == b"203.0.113.7"
    assert call(Wrapper(app, probes), "/api", REMOTE_ADDR="")[2] == b""


@pytest.mark.parametrize(
    ("kind", "unbuffered"),
    [("text/event-stream", True), ("text/event-stream; charset=utf-8", True), ("text/html", False)],
)
def test_event_stream_is_not_buffered(probes: Probes, kind: str, unbuffered: bool) -> None:
    def app(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", kind)])
        return [b"data: x\n\n"]

    _, headers, body = call(Wrapper(app, probes), "/api/events")
    assert ("X-Accel-Buffering" in headers) == unbuffered
    assert body == b"data: x\n\n"


def test_response_of_the_app_is_closed(probes: Probes) -> None:
    class Answer(list[bytes]):
        closed = False

        def close(self) -> None:
            self.closed = True

    response = Answer([b"a", b"b"])

    def app(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [])
        return response

    result: Any = Wrapper(app, probes)({"PATH_INFO": "/x"}, lambda *_: None)
    assert list(result) == [b"a", b"b"]
    result.close()
    assert response.closed
