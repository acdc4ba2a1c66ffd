"""Tally: live polls. The Flask app in the box; `create_app` is where to begin reading."""

from flask import Flask, Response

from . import api, ballots, database, export, polls, problems, results, settings, status
from .strict_json import StrictJSON
from .voters import hand_out_cookie

MAX_BODY_BYTES = 64 * 1024  # the largest poll is a tenth of it; Nginx has a limit of its own


def create_app() -> Flask:
    """Build the app from the environment's settings. It connects to nothing yet.

    Raises settings.SettingsError, whose message says what is wrong with which variable.
    """
    loaded = settings.load()
    app = Flask(__name__, static_folder=None)
    app.config.update(SECRET_KEY=loaded.secret_key, MAX_CONTENT_LENGTH=MAX_BODY_BYTES)
    app.json = StrictJSON(app)
    app.logger.setLevel(loaded.log_level.upper())
    app.extensions["settings"] = loaded

    problems.register(app)
    database.register(app, loaded)
    app.before_request(api.require_json)
    app.url_value_preprocessor(polls.read_poll_id)
    for module in (polls, ballots, results, export, status, api):
        app.register_blueprint(module.routes)
    app.after_request(hand_out_cookie)
    app.after_request(_keep_from_caches)
    return app


def _keep_from_caches(response: Response) -> Response:
    """Nothing is cached but what says so itself."""
    response.headers.setdefault("Cache-Control", "no-store")
    return response
