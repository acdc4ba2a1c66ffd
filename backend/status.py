"""The view of the status: release, instance, database and traffic."""

from datetime import UTC, datetime
from time import perf_counter

from flask import Blueprint, current_app
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from . import deadline, traffic
from .api import Reply, operation
from .database import transaction
from .schemas import DatabaseStatus, Status
from .settings import Settings

routes = Blueprint("status", __name__, url_prefix="/api")

TIMEOUT = 2.0  # seconds; shorter than for other requests, since it is used for diagnosis
AWAY = DatabaseStatus(available=False, version=None, latency_ms=None, schema_revision=None)


@routes.get("/status")
@operation("getStatus", Reply({200: Status}))
def show_status() -> Status:
    """Show the release, the instance, the database and the traffic.

    Works without the database. Requests for the status are not counted in the traffic.
    """
    settings: Settings = current_app.extensions["settings"]
    return Status(
        release=settings.release,
        region=settings.region,
        instance=settings.instance,
        started_at=settings.started_at,
        as_of=datetime.now(UTC),
        driver=settings.driver,
        database=_database_status(),
        traffic=traffic.of(current_app),
    )


def _database_status() -> DatabaseStatus:
    try:
        with deadline.within(TIMEOUT), transaction() as connection:
            begin = perf_counter()
            version = connection.execute(text("SELECT current_setting('server_version')")).scalar()
            latency = perf_counter() - begin
            return DatabaseStatus(
                available=True,
                version=version,
                latency_ms=round(latency * 1000, 2),
                schema_revision=_schema_revision(connection),
            )
    except (DBAPIError, PoolTimeout):
        return AWAY


def _schema_revision(connection: Connection) -> str | None:
    """The current Alembic revision, or None if no migration has run."""
    if connection.execute(text("SELECT to_regclass('alembic_version')")).scalar() is None:
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
