"""Alembic's environment: migrations run in one transaction, in one process at a time."""

import sys
from logging.config import fileConfig

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from backend import database, settings
from backend.models import metadata
from backend.postgres_errors import reason

# An arbitrary key. The lock belongs to the transaction: behind PgBouncer, a session's lock would
# outlive this process and belong to another client.
LOCK = 7141003582

# If its client is killed, a statement goes on and holds the lock until it ends, so the server must
# check its client every second. Not with SET, which fails on a Postgres before 14.
CHECK_CLIENT = """
    SELECT set_config(name, '1000', true) FROM pg_settings
    WHERE name = 'client_connection_check_interval'
"""


def migrate() -> None:
    """Migrate the database in one transaction.

    Other processes wait for the first, and then find nothing to do.
    """
    with _connected() as connection:
        context.configure(connection=connection, target_metadata=metadata)
        with context.begin_transaction():
            connection.execute(text(CHECK_CLIENT))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            context.run_migrations()


def _connected() -> Connection:
    """Connect, or exit with one line that says why not."""
    try:
        return database.engine_for_migrations(settings.load()).connect()
    except settings.SettingsError as error:
        sys.exit(f"alembic: {error}")
    except DBAPIError as error:
        sys.exit(f"alembic: the database cannot be reached: {reason(error)}")


def print_sql() -> None:
    """Print the SQL of the migrations, for `alembic upgrade head --sql`."""
    context.configure(dialect_name="postgresql", target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


if context.config.config_file_name is not None:
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)

if context.is_offline_mode():
    print_sql()
else:
    migrate()
