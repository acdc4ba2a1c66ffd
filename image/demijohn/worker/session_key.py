"""Finds a Flask app whose sessions fail, or can be forged, for want of a good SECRET_KEY."""

import sys
from typing import Any

SHORTEST = 12  # characters; "dev" is in Flask's tutorial
# Extensions that keep something in the session.
EXTENSIONS = ("flask_login", "flask_wtf")


def warning(app: Any, folder: str) -> str:
    """One line that says what is wrong; empty if nothing is, or if no session is used."""
    flask: Any = sys.modules.get("flask")
    if not flask or not isinstance(app, flask.Flask) or not _has_signed_sessions(app, flask):
        return ""
    if not (user := _user_of_sessions(flask, folder)):
        return ""
    key = app.secret_key
    if key and len(key) >= SHORTEST:
        return ""
    effect = "can be forged: SECRET_KEY is short" if key else "fails: the app has no SECRET_KEY"
    return (
        f"the session, which {user} uses, {effect}. Set SECRET_KEY to a long random text, and "
        "app.config['SECRET_KEY'] = os.environ['SECRET_KEY']."
    )


def _has_signed_sessions(app: Any, flask: Any) -> bool:
    return isinstance(app.session_interface, flask.sessions.SecureCookieSessionInterface)


def _user_of_sessions(flask: Any, folder: str) -> str:
    """The extension, or the module of the app, that uses Flask's session; empty if none does."""
    used = {id(flask.session), id(flask.flash)}
    for name, module in list(sys.modules.items()):
        if name in EXTENSIONS:
            return name
        path = getattr(module, "__file__", None) or ""
        is_own = path.startswith(f"{folder}/") and "site-packages" not in path
        if is_own and any(id(value) in used for value in vars(module).values()):
            return name
    return ""
