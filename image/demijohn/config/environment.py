"""The environment variables of the app and of every other program that the image runs."""

import re
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from demijohn.config.database_url import DatabaseUrl
from demijohn.config.settings import Settings

# The variables that the child's DATABASE_URL replaces.
REPLACED = ("DATABASE_URL", "DATABASE_URL_FILE", "PGPASSWORD_FILE")

GUNICORN_CONF = Path(__file__).parents[1] / "worker" / "gunicorn_conf.py"

# Lists the variables that child_environment added, each with a checksum of its value.
ADDED = "DEMIJOHN_ADDED"


def child_environment(
    settings: Settings, environ: Mapping[str, str], more: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The complete environment of a child: `environ`, the settings, and the database URLs.

    Of the added variables, only the database's, DATA_DIR and those in `more` have names without a
    prefix, which an app may use for something of its own.
    """
    added = settings.child_variables() | settings.public | dict(more or {})
    added |= {
        "DEMIJOHN_APP_DIR": str(Path(settings.app_dir).resolve()),
        "DEMIJOHN_GUNICORN_CONF": str(GUNICORN_CONF),
        "DEMIJOHN_GIVEN": ",".join(sorted(settings.given)),
        "DEMIJOHN_STARTED_AT": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    if settings.data_dir:
        folder = str(Path(settings.data_dir).resolve())
        added |= {"DEMIJOHN_DATA_DIR": folder, "DATA_DIR": environ.get("DATA_DIR") or folder}
    database = _database(settings)
    replaced = {*REPLACED, *(f"DEMIJOHN_{name}" for name in REPLACED)}
    child = {name: text for name, text in environ.items() if name not in replaced}
    child |= added | database | {"GUNICORN_CMD_ARGS": settings.gunicorn_args}
    if not settings.gunicorn_args:
        del child["GUNICORN_CMD_ARGS"]
    # Gunicorn takes defaults from these before it reads our own values, and exits if one is invalid
    # (https://github.com/benoitc/gunicorn/blob/master/gunicorn/config.py).
    if not re.fullmatch(r"[0-9]{1,9}", child.get("WEB_CONCURRENCY", "")):
        child.pop("WEB_CONCURRENCY", None)
    child.pop("FORWARDED_ALLOW_IPS", None)
    child.setdefault("PYTHONUNBUFFERED", "1")  # what the app prints is in the log at once
    if database:
        added["SQLALCHEMY_DATABASE_URI"] = database["SQLALCHEMY_DATABASE_URI"]
    new = {name: text for name, text in added.items() if name not in environ}
    child[ADDED] = ",".join(f"{name}:{_checksum(text)}" for name, text in sorted(new.items()))
    return child


def _database(settings: Settings) -> dict[str, str]:
    if other := settings.other_database:
        return {"DATABASE_URL": other.text, "SQLALCHEMY_DATABASE_URI": other.text}
    url = settings.database_url
    return database_variables(url, settings) if url else {}


def database_variables(url: DatabaseUrl, settings: Settings) -> dict[str, str]:
    """The variables from which a child reads the database's URL, one per form.

    A driver that the URL names is kept in it; then only SQLAlchemy can read DATABASE_URL.
    """
    return {
        "DATABASE_URL": url.sqlalchemy(url.driver) if url.driver else url.libpq(),
        "SQLALCHEMY_DATABASE_URI": url.sqlalchemy(app_driver(url, settings)),
    }


def app_driver(url: DatabaseUrl, settings: Settings) -> str:
    """The app's driver: DATABASE_DRIVER if it is set, or the one in the URL, or the default."""
    is_set = "DATABASE_DRIVER" in settings.given
    return settings.database_driver if is_set or not url.driver else url.driver


def given_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` without the variables that child_environment added.

    So `PORT=9000 demijohn serve` listens on 9000 in a shell that `demijohn run` opened, and a
    secret that was read from a file does not count as set twice.
    """
    given = dict(environ)
    for entry in filter(None, given.pop(ADDED, "").split(",")):
        name, _, checksum = entry.partition(":")
        if name in given and _checksum(given[name]) == checksum:
            del given[name]
    return given


def flask_app(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """FLASK_APP for Flask's own command, unless it is set: the app that APP_MODULE names.

    https://flask.palletsprojects.com/en/stable/cli/#application-discovery
    """
    return {} if environ.get("FLASK_APP") else {"FLASK_APP": settings.app_module}


def app_path(settings: Settings, environ: Mapping[str, str]) -> str:
    """PYTHONPATH with APP_DIR in it, for a command that runs in another folder."""
    folders = [str(Path(settings.app_dir).resolve()), environ.get("PYTHONPATH", "")]
    return ":".join(filter(None, folders))


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode('utf-8', 'surrogateescape')):x}"
