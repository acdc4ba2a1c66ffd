"""How Alembic reaches the database: in one transaction, one process at a time."""

from logging.config import fileConfig

from alembic import context
from sqlalchemy import text

from backend import database, settings
from backend.models import metadata

# Any number will do that nobody else takes. A lock of the transaction, and not of the session,
# which behind PgBouncer would outlive us and belong to somebody else.
LOCK = 7141003582


def migrate() -> None:
    """Bring the database to the wanted revision, all of it or nothing.

    Processes that start together wait here for the first, and then find nothing to do.
    """
    engine = database.engine_for_migrations(settings.load())
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata)
        with context.begin_transaction():
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            context.run_migrations()


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
