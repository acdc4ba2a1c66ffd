"""Tally: live polls. The Flask app in the box; `create_app` is where to begin reading."""

from collections.abc import Mapping

from flask import Flask, Response, request

from . import (
    api,
    ballots,
    database,
    export,
    polls,
    problems,
    results,
    settings,
    status,
    timeline,
    traffic,
)
from .strict_json import StrictJSON
from .voters import hand_out_cookie

MAX_BODY_BYTES = 64 * 1024  # the largest poll is a tenth of it; Nginx has a limit of its own


def create_app(environ: Mapping[str, str] | None = None) -> Flask:
    """Build the app, with settings from `environ` or else the process's; it connects to nothing.

    Raises settings.SettingsError, whose message says what is wrong with which variable.
    """
    loaded = settings.load(environ)
    app = Flask(__name__, static_folder=None)
    app.config.update(SECRET_KEY=loaded.secret_key, MAX_CONTENT_LENGTH=MAX_BODY_BYTES)
    app.json = StrictJSON(app)
    app.logger.setLevel(loaded.log_level.upper())
    app.extensions["settings"] = loaded

    problems.register(app)
    traffic.register(app)  # before all others: what comes first after a request is run last
    database.register(app, loaded)
    app.before_request(api.require_json)
    app.url_value_preprocessor(polls.read_poll_id)
    for module in (polls, ballots, results, timeline, export, status, api):
        app.register_blueprint(module.routes)
    app.after_request(hand_out_cookie)
    app.after_request(_spare_bytes)
    return app


def _spare_bytes(response: Response) -> Response:
    """Answer 304 to who has it already; keep from caches whatever does not say otherwise."""
    response.headers.setdefault("Cache-Control", "no-store")
    if "ETag" in response.headers:
        response.make_conditional(request)
    return response
