"""The app's settings from the environment. All have defaults, so that the app runs without any.

For development, a `.env` beside this file is read too; environment variables win.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .connection_url import connection_parameters

DOTENV = Path(__file__).with_name(".env")
DRIVERS = ("psycopg2", "pg8000")
LOG_LEVELS = ("debug", "info", "warning", "error")
PROCESS_STARTED_AT = datetime.now(UTC)


class SettingsError(ValueError):
    """A setting is invalid; the message names it and says what to do."""


@dataclass(frozen=True)
class Settings:
    """`database` holds libpq's connection parameters; timeouts are in seconds."""

    database: Mapping[str, str]
    driver: str
    pool_size: int
    connect_timeout: float
    statement_timeout: float
    release: str | None
    region: str | None
    instance: str | None
    started_at: datetime
    secret_key: str | None
    run_dir: str | None
    log_level: str


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `environ`, by default the process's environment.

    Raises SettingsError for the first invalid one.
    """
    known = _with_dotenv() if environ is None else environ
    # DEMIJOHN_DATABASE_… are the image's settings of the database, which win over plain names.
    known = dict(known) | {
        name.removeprefix("DEMIJOHN_"): text
        for name, text in known.items()
        if name.startswith("DEMIJOHN_DATABASE_")
    }
    try:
        database = connection_parameters(known)
    except ValueError as error:
        raise SettingsError(f"DATABASE_URL {error}") from None
    return Settings(
        database=database,
        driver=_one_of(known, "DATABASE_DRIVER", DRIVERS, "psycopg2"),
        pool_size=int(_number(known, "DATABASE_POOL_SIZE", 4)),
        connect_timeout=_number(known, "DATABASE_CONNECT_TIMEOUT", 3),
        statement_timeout=_number(known, "DATABASE_STATEMENT_TIMEOUT", 3),
        release=known.get("DEMIJOHN_RELEASE") or None,
        region=known.get("DEMIJOHN_REGION") or None,
        instance=known.get("DEMIJOHN_INSTANCE") or None,
        started_at=_moment(known, "DEMIJOHN_STARTED_AT"),
        secret_key=known.get("SECRET_KEY") or None,
        run_dir=known.get("DEMIJOHN_RUN_DIR") or None,
        log_level=_one_of(known, "LOG_LEVEL", LOG_LEVELS, "info"),
    )


def _with_dotenv() -> Mapping[str, str]:
    if not DOTENV.is_file():
        return os.environ
    from dotenv import dotenv_values

    written = {name: text for name, text in dotenv_values(DOTENV).items() if text is not None}
    return written | os.environ


def _one_of(known: Mapping[str, str], name: str, allowed: tuple[str, ...], default: str) -> str:
    value = known.get(name) or default
    if value.lower() not in allowed:
        raise SettingsError(f"{name}={value!r} must be one of: {', '.join(allowed)}")
    return value.lower()


def _number(known: Mapping[str, str], name: str, default: float) -> float:
    text = known.get(name) or str(default)
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 1 <= value <= 3600:
        raise SettingsError(f"{name}={text!r} must be a number from 1 to 3600")
    return value


def _moment(known: Mapping[str, str], name: str) -> datetime:
    text = known.get(name)
    if not text:
        return PROCESS_STARTED_AT
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment
    raise SettingsError(f"{name}={text!r} must be a date and time such as 2030-01-31T18:00:00Z")
