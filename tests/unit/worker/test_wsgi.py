"""The wrapper around the app: probes, and the client's address."""

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
from demijohn.worker.shared_cache import SharedCache
from demijohn.worker.wsgi import Wrapper

CACHE = SharedCache(1000)


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


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/users", "/api /users"),
        ("/api/", "/api /"),
        ("/api", "/api "),
        ("/api//x", "/api //x"),
        ("/apiary", " /apiary"),
        ("/x/api/users", " /x/api/users"),
        ("/api/livez", "/api /livez"),
    ],
)
def test_stripped_prefix_moves_to_script_name(probes: Probes, path: str, expected: str) -> None:
    def app(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [])
        return [f"{environ['SCRIPT_NAME']} {environ['PATH_INFO']}".encode()]

    wrapper = Wrapper(app, probes, CACHE, "/api")
    assert call(wrapper, path, SCRIPT_NAME="")[2].decode() == expected


def never(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    raise AssertionError("the app was called")


@pytest.mark.parametrize(("path", "expected"), [("/livez", "ok"), ("/readyz", "ready")])
def test_livez_and_readyz_call_neither_app_nor_database(
    probes: Probes, database: Database, path: str, expected: str
) -> None:
    status, headers, body = call(Wrapper(never, probes, CACHE), path)
    assert (status, json.loads(body)) == ("200 OK", {"status": expected})
    assert headers["Cache-Control"] == "no-store"
    assert database.count == 0


def test_database_is_probed_at_most_once_per_second(probes: Probes, database: Database) -> None:
    for _ in range(5):
        assert call(Wrapper(never, probes, CACHE), "/healthz/database")[0] == "200 OK"
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
    status, _, body = call(Wrapper(never, probes, CACHE), "/readyz")
    assert status.startswith("503 ") and json.loads(body)["reason"] == "draining"
    for path in ("/livez", "/healthz/database"):
        assert call(Wrapper(never, probes, CACHE), path)[0] == "200 OK"


def test_database_outage_is_503_at_its_own_probe_only(probes: Probes, database: Database) -> None:
    database.runs = False
    status, headers, body = call(Wrapper(never, probes, CACHE), "/healthz/database")
    assert status.startswith("503 ") and json.loads(body)["reason"] == "database away"
    assert headers["Cache-Control"] == "no-store"
    for path in ("/livez", "/readyz"):
        assert call(Wrapper(never, probes, CACHE), path)[0] == "200 OK"


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz/database"])
def test_other_method_at_the_path_of_a_probe_is_the_apps(probes: Probes, path: str) -> None:
    def app(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [])
        return [b"of the app"]

    assert call(Wrapper(app, probes, CACHE), path, REQUEST_METHOD="POST")[2] == b"of the app"


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz/database"])
def test_probe_with_head_has_no_body(probes: Probes, path: str) -> None:
    status, _, body = call(Wrapper(never, probes, CACHE), path, REQUEST_METHOD="HEAD")
    assert (status, body) == ("200 OK", b"")


def test_app_gets_the_client_address_from_nginx(probes: Probes) -> None:
    def app(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [])
        return [environ["REMOTE_ADDR"].encode()]

    response = call(Wrapper(app, probes, CACHE), "/api", HTTP_X_FORWARDED_FOR="203.0.113.7")
    assert response[2] == b"203.0.113.7"
    assert call(Wrapper(app, probes, CACHE), "/api", REMOTE_ADDR="")[2] == b""


def test_headers_for_the_worker_do_not_reach_the_app(probes: Probes) -> None:
    def app(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [])
        own = {name: value for name, value in environ.items() if name.startswith("HTTP_")}
        return [json.dumps([own, environ["REMOTE_PORT"], "wsgi.early_hints" in environ]).encode()]

    given = {
        "HTTP_X_REQUEST_ID": "of-the-client",
        "HTTP_X_DEMIJOHN_REQUEST_KEY": "0" * 32,
        "HTTP_X_DEMIJOHN_CLIENT_PORT": "50123",
        "wsgi.early_hints": print,
    }
    response = call(Wrapper(app, probes, CACHE), "/api", **given)
    assert json.loads(response[2]) == [{"HTTP_X_REQUEST_ID": "of-the-client"}, "50123", False]


@pytest.mark.parametrize("conditions", [{}, {"HTTP_IF_NONE_MATCH": '"v1"'}], ids=str)
def test_exc_info_may_be_given_by_position_or_by_name(
    probes: Probes, conditions: dict[str, str]
) -> None:
    passed: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        passed.append(exc_info)

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        start_response("500 No", [], "by position")
        start_response("500 No", [], exc_info="by name")
        return [b""]

    environ = {"PATH_INFO": "/x", "REQUEST_METHOD": "GET", **conditions}
    assert list(Wrapper(app, probes, CACHE)(environ, start)) == [b""]
    assert passed == [None, "by position", "by name"]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Content-Type": "text/event-stream"}, "no"),
        ({"Content-Type": "text/html"}, "no"),
        ({"Content-Length": "9"}, None),
        ({"X-Accel-Buffering": "yes"}, "yes"),
    ],
    ids=str,
)
def test_response_of_unknown_length_is_not_buffered(
    probes: Probes, headers: dict[str, str], expected: str | None
) -> None:
    def app(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", list(headers.items()))
        return [b"data: x\n\n"]

    _, seen, body = call(Wrapper(app, probes, CACHE), "/api/events")
    assert seen.get("X-Accel-Buffering") == expected
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

    result: Any = Wrapper(app, probes, CACHE)(
        {"PATH_INFO": "/x", "REQUEST_METHOD": "GET"}, lambda *_: None
    )
    assert list(result) == [b"a", b"b"]
    result.close()
    assert response.closed
