"""The wrapper around the app: which app, its health, and what it learns of the client."""

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from demijohn.worker.readiness import Readiness
from demijohn.worker.wsgi import Wrapper, WrongName, load

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
def test_an_app_is_found_by_its_name(folder: Path, name: str) -> None:
    assert callable(load(name, str(folder)))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("missing_app:app", "there is no module missing_app in"),
        ("packaged_app.missing:app", r"there is no module packaged_app\.missing in"),
        ("plain_app.deeper:app", r"there is no module plain_app\.deeper"),
        ("plain_app:other", "module plain_app has no other"),
        ("plain_app:other()", "module plain_app has no other"),
        ("plain_app:number", "number is no WSGI app"),
        ("plain_app:create_app(1)", "without arguments"),
        ("plain_app:create_app(", "without arguments"),
    ],
)
def test_a_name_of_nothing_says_so(folder: Path, name: str, says: str) -> None:
    with pytest.raises(WrongName, match=says):
        load(name, str(folder))


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("unmet_app:app", ModuleNotFoundError),
        ("failing_app:app", LookupError),
        ("plain_app:fails()", LookupError),
    ],
)
def test_the_apps_own_mistakes_pass_with_their_traceback(
    folder: Path, name: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        load(name, str(folder))


class Database:
    """Stands for what Readiness asks; counts how often."""

    def __init__(self) -> None:
        self.answers = True
        self.asked = 0

    def __call__(self) -> bool:
        self.asked += 1
        return self.answers


@pytest.fixture
def readiness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Readiness:
    found = Readiness(tmp_path / "draining", "postgresql://h/d", 3)
    monkeypatch.setattr(found, "_database_answers", Database())
    return found


def call(wrapper: Wrapper, path: str, **environ: Any) -> tuple[str, dict[str, str], bytes]:
    heard: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> None:
        heard[:] = [status, dict(headers)]

    given = {"PATH_INFO": path, "REQUEST_METHOD": "GET", "wsgi.input": io.BytesIO(), **environ}
    body = b"".join(wrapper(given, start))
    return heard[0], heard[1], body


def never(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    raise AssertionError("the app was asked")


def test_health_never_touches_app_or_database(readiness: Readiness) -> None:
    status, headers, body = call(Wrapper(never, readiness), "/healthz")
    assert (status, json.loads(body)) == ("200 OK", {"status": "ok"})
    assert headers["Cache-Control"] == "no-store"
    assert readiness._database_answers.asked == 0  # type: ignore[attr-defined]


def test_readiness_asks_the_database_once_a_second_at_most(readiness: Readiness) -> None:
    for _ in range(5):
        assert call(Wrapper(never, readiness), "/readyz")[0] == "200 OK"
    assert readiness._database_answers.asked == 1  # type: ignore[attr-defined]


def test_readiness_says_what_is_wrong(readiness: Readiness, tmp_path: Path) -> None:
    readiness._database_answers.answers = False  # type: ignore[attr-defined]
    status, _, body = call(Wrapper(never, readiness), "/readyz")
    assert status.startswith("503 ") and json.loads(body)["reason"] == "database away"
    (tmp_path / "draining").touch()
    status, _, body = call(Wrapper(never, readiness), "/readyz")
    assert status.startswith("503 ") and json.loads(body)["reason"] == "draining"


def test_the_app_sees_the_client_that_nginx_names(readiness: Readiness) -> None:
    def app(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [])
        return [environ["REMOTE_ADDR"].encode()]

    answer = call(Wrapper(app, readiness), "/api", HTTP_X_FORWARDED_FOR="203.0.113.7")
    assert answer[2] == b"203.0.113.7"
    assert call(Wrapper(app, readiness), "/api", REMOTE_ADDR="")[2] == b""


@pytest.mark.parametrize(
    ("kind", "unbuffered"),
    [("text/event-stream", True), ("text/event-stream; charset=utf-8", True), ("text/html", False)],
)
def test_events_are_not_buffered(readiness: Readiness, kind: str, unbuffered: bool) -> None:
    def app(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", kind)])
        return [b"data: x\n\n"]

    _, headers, body = call(Wrapper(app, readiness), "/api/events")
    assert ("X-Accel-Buffering" in headers) == unbuffered
    assert body == b"data: x\n\n"


def test_an_answer_is_closed_whatever_becomes_of_it(readiness: Readiness) -> None:
    class Answer(list[bytes]):
        closed = False

        def close(self) -> None:
            self.closed = True

    answer = Answer([b"a", b"b"])

    def app(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [])
        return answer

    result: Any = Wrapper(app, readiness)({"PATH_INFO": "/x"}, lambda *_: None)
    assert list(result) == [b"a", b"b"]
    result.close()
    assert answer.closed
