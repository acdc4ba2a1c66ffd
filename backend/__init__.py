"""Tally, live polls: the demo app of the image. Start reading at `create_app`."""

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
from .voter_cookie import set_voter_cookie

MAX_BODY_BYTES = 64 * 1024  # ten times the largest poll; Nginx has its own limit


def create_app(environ: Mapping[str, str] | None = None) -> Flask:
    """Build the app with settings from `environ`, by default the process's. Connects to nothing.

    Raises settings.SettingsError, whose message names the variable and says what to do.
    """
    loaded = settings.load(environ)
    app = Flask(__name__, static_folder=None)
    app.config.update(SECRET_KEY=loaded.secret_key, MAX_CONTENT_LENGTH=MAX_BODY_BYTES)
    app.json = StrictJSON(app)
    app.logger.setLevel(loaded.log_level.upper())
    app.extensions["settings"] = loaded

    problems.register(app)
    # First: Flask runs after_request functions in reverse order.
    traffic.register(app, loaded.run_dir)
    database.register(app, loaded)
    app.before_request(api.require_json)
    app.url_value_preprocessor(polls.read_poll_id)
    for module in (polls, ballots, results, timeline, export, status, api):
        app.register_blueprint(module.routes)
    app.after_request(set_voter_cookie)
    app.after_request(_set_caching)
    return app


def _set_caching(response: Response) -> Response:
    """Default to no-store, and answer 304 if the client has the current ETag."""
    response.headers.setdefault("Cache-Control", "no-store")
    if "ETag" in response.headers:
        response.make_conditional(request)
    return response
