"""Importing the app, and what is said if that fails."""

import sys
from pathlib import Path

import pytest
from demijohn.worker.app_loader import AppNotFound, explain, load

APP = """
from flask import request  # answers only during a request
import functools

def app(environ, start_response):
    return []

def create_app():
    return app

def choose(kind, *, debug):
    return app

def fails():
    raise LookupError("mine")

number = 7

async def asgi(scope, receive, send):
    pass

def create_flask(config=None):
    return app

def create_tested_app(config=None, testing=False):
    return app

def make_configured(config):
    return app

def create_twice(name, url):
    return app

def get_page(environ, start_response):
    return []

def gets_arguments(*args):
    return []

class Instance:
    def __call__(self, environ, start_response):
        return []

class Response:
    def __init__(self, environ, start_response):
        pass

def wrapped(request):
    return []

decorated = functools.wraps(wrapped)(lambda *args: [])
instance = Instance()
partial = functools.partial(app)
builtin = print
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "plain_app.py").write_text(APP)
    (tmp_path / "only_wsgi.py").write_text("application = print")
    (tmp_path / "dashed-app.py").write_text(APP)
    (tmp_path / "packaged_app").mkdir()
    (tmp_path / "packaged_app" / "__init__.py").write_text(APP)
    (tmp_path / "packaged_app" / "inner.py").write_text(APP)
    (tmp_path / "unmet_app.py").write_text("import not_installed_anywhere\n")
    (tmp_path / "failing_app.py").write_text("raise LookupError('mine')\n")
    return tmp_path


@pytest.mark.parametrize(
    "name",
    ["plain_app:app", "plain_app", "plain_app:create_app()", "packaged_app:app",
     "packaged_app.inner:create_app()", "plain_app:create_app( )", "only_wsgi",
     "plain_app:choose('test', debug=True)", "dashed-app:app", "plain_app:gets_arguments",
     "plain_app:instance", "plain_app:Response", "plain_app:decorated", "plain_app:partial",
     "plain_app:builtin", "plain_app:create_twice"],
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
        ("plain_app:create_app(1)", "create_app cannot be called so: too many positional"),
        ("plain_app:create_app(", "with literals as arguments"),
        ("plain_app:create_app(number)", "with literals as arguments"),
        ("plain_app:asgi", "asgi is an ASGI app"),
        ("plain_app:create_app", "create_app is a factory"),
        ("plain_app:create_flask", "create_flask is a factory"),
        ("plain_app:create_tested_app", "create_tested_app is a factory"),
        ("plain_app:make_configured", "make_configured does not take environ, start_response"),
    ],
)
def test_wrong_app_name_is_explained(folder: Path, name: str, expected: str) -> None:
    with pytest.raises(AppNotFound, match=expected):
        load(name, str(folder))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plain_app:create_app", "Set APP_MODULE=plain_app:create_app()."),
        ("plain_app:application", "Set APP_MODULE=plain_app:create_app() or "),
        ("missing_app", "Set APP_MODULE=plain_app:create_app() or "),
        ("packaged_app.missing", "or packaged_app:create_app() or "),
        ("only_wsgi:app", "or packaged_app:create_app()"),
        ("plain_app:number", "Name the app as module:object, or module:factory()."),
    ],
)
def test_remedy_for_a_wrong_app_name_lists_what_exists(
    folder: Path, name: str, expected: str
) -> None:
    (folder / "dashed-app.py").unlink()
    with pytest.raises(AppNotFound) as caught:
        load(name, str(folder))
    assert expected in caught.value.remedy


def test_function_that_may_be_a_factory_is_warned_about(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    load("plain_app:create_twice", str(folder))
    assert "create_twice is called like a factory" in capfd.readouterr().out
    load("plain_app:app", str(folder))
    load("plain_app:get_page", str(folder))
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("server.app:app", "hidden.py exists: set APP_DIR={folder}/server and APP_MODULE=app:app."),
        ("server.app", "APP_DIR={folder}/server and APP_MODULE=app."),
        ("other:app", "exists: set APP_DIR={folder}/server."),
        ("server:app", "exists: set PYTHONPATH={folder}/server."),
    ],
)
def test_hint_about_a_module_in_a_subfolder_has_all_settings(
    folder: Path, module: str, expected: str
) -> None:
    (folder / "server").mkdir()
    (folder / "server" / "hidden.py").touch()
    error = ModuleNotFoundError("No module named 'hidden'", name="hidden")
    assert expected.format(folder=folder) in explain(error, str(folder), module)


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


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("1 +* 2", "SyntaxError: invalid syntax, at broken.py:1."),
        (
            "\nNone.upper",
            "AttributeError: 'NoneType' object has no attribute 'upper', at broken.py:2.",
        ),
        (
            "import json\njson.loads('{')",
            "JSONDecodeError: Expecting property name enclosed in double",
        ),
        (
            "import os\nos.environ['STRIPE_KEY']",
            "the environment variable STRIPE_KEY is not set, at broken.py:2. Set it.",
        ),
        ("{}['STRIPE_KEY']", "KeyError: 'STRIPE_KEY', at broken.py:1."),
        (
            "import redis_of_nobody.client",
            "No module named 'redis_of_nobody', at broken.py:1. Add its package to require",
        ),
        ("import hidden", "hidden.py exists: set APP_DIR="),
        ("from flask import Nothing", "ImportError: cannot import name 'Nothing' from 'flask'"),
        ("raise RuntimeError", "RuntimeError, at broken.py:1."),
        (
            "raise OSError(30, 'Read-only file system', '/app/logs/a.log')",
            "/app/logs/a.log cannot be written, at broken.py:1: the image's own folders are read-",
        ),
        (
            "import sqlite3\nsqlite3.connect('/nowhere/x').execute('select 1')",
            "SQLite cannot write its file, at broken.py:2: unable to open database file; the image",
        ),
        ("open('/nowhere/x', 'w')", "FileNotFoundError: [Errno 2] No such file"),
        ("raise RuntimeError('one\\ntwo')", "RuntimeError: one, at broken.py:1."),
    ],
)
def test_failed_import_is_explained_in_one_line(folder: Path, code: str, expected: str) -> None:
    (folder / "broken.py").write_text(code + "\n")
    (folder / "server").mkdir()
    (folder / "server" / "hidden.py").touch()
    sys.modules.pop("broken", None)
    with pytest.raises(Exception) as caught:
        load("broken:app", str(folder))
    line = explain(caught.value, str(folder))
    assert expected in line and "\n" not in line
