"""Warnings about a Flask app without a good SECRET_KEY."""

import sys
from pathlib import Path
from types import ModuleType

import flask
import pytest
from demijohn.worker.session_key import warning
from flask.sessions import SessionInterface

FOLDER = "/srv/app"


@pytest.fixture(autouse=True)
def without_extensions(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("flask_login", "flask_wtf"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def add_module(monkeypatch: pytest.MonkeyPatch, name: str, **values: object) -> None:
    module = ModuleType(name)
    module.__file__ = str(Path(FOLDER) / f"{name}.py")
    vars(module).update(values)
    monkeypatch.setitem(sys.modules, name, module)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (None, "the session, which login uses, fails: the app has no SECRET_KEY. Set SECRET_KEY"),
        ("", "fails: the app has no SECRET_KEY."),
        ("dev", "can be forged: SECRET_KEY is short."),
        ("9a7f03bd51", "can be forged"),
    ],
)
def test_session_without_a_good_key_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, key: str | None, expected: str
) -> None:
    add_module(monkeypatch, "login", session=flask.session)
    app = flask.Flask(__name__)
    app.secret_key = key
    assert expected in warning(app, FOLDER)


def test_message_that_is_flashed_needs_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    add_module(monkeypatch, "notes", say=flask.flash)
    assert "which notes uses" in warning(flask.Flask(__name__), FOLDER)


def test_extension_needs_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    add_module(monkeypatch, "flask_login")
    assert "which flask_login uses" in warning(flask.Flask(__name__), FOLDER)


def test_nothing_is_said_where_no_signed_session_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    app = flask.Flask(__name__)
    add_module(monkeypatch, "views", request=flask.request)
    assert not warning(app, FOLDER)
    add_module(monkeypatch, "login", session=flask.session)
    assert not warning(app, "/srv/other")
    assert not warning(app.wsgi_app, FOLDER)
    app.session_interface = SessionInterface()
    assert not warning(app, FOLDER)
    app = flask.Flask(__name__)
    app.secret_key = "0123456789abcdef"
    assert not warning(app, FOLDER)
