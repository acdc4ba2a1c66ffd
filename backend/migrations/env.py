"""How Alembic reaches the database: in one transaction, one process at a time."""

import sys
from logging.config import fileConfig

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from backend import database, settings
from backend.models import metadata
from backend.postgres_errors import reason

# Any number will do that nobody else takes. A lock of the transaction, and not of the session,
# which behind PgBouncer would outlive us and belong to somebody else.
LOCK = 7141003582

# A statement goes on when its client is killed, and holds the lock until it ends: so the server is
# to look for its client every second. Not by SET, which a Postgres before 14 would refuse.
HEED_CLIENT = """
    SELECT set_config(name, '1000', true) FROM pg_settings
    WHERE name = 'client_connection_check_interval'
"""


def migrate() -> None:
    """Bring the database to the wanted revision, all of it or nothing.

    Processes that start together wait here for the first, and then find nothing to do.
    """
    with _connected() as connection:
        context.configure(connection=connection, target_metadata=metadata)
        with context.begin_transaction():
            connection.execute(text(HEED_CLIENT))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            context.run_migrations()


def _connected() -> Connection:
    """A connection; if there is none to be had, the end, with one line that says why."""
    try:
        return database.engine_for_migrations(settings.load()).connect()
    except settings.SettingsError as error:
        sys.exit(f"alembic: {error}")
    except DBAPIError as error:
        sys.exit(f"alembic: the database cannot be reached: {reason(error)}")


def print_sql() -> None:
    """`alembic upgrade head --sql`: what would be done, for those who do it by hand."""
    context.configure(dialect_name="postgresql", target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


if context.config.config_file_name is not None:
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)

if context.is_offline_mode():
    print_sql()
else:
    migrate()
