"""Statements that may fail inside the transaction, and what Postgres says when they do."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2

from demijohn.sqlite_import.target.catalog import Target


@contextmanager
def savepoint(target: Target) -> Iterator[None]:
    """Run statements in a savepoint, and roll back to it if one fails. Raises psycopg2.Error."""
    target.run("SAVEPOINT attempt")
    try:
        yield
    except (
        psycopg2.DataError,
        psycopg2.ProgrammingError,
        psycopg2.IntegrityError,
        psycopg2.NotSupportedError,
        psycopg2.OperationalError,
    ):
        if target.connection.closed:
            raise
        target.run("ROLLBACK TO SAVEPOINT attempt")
        target.run("RELEASE SAVEPOINT attempt")  # COPY FREEZE fails inside another savepoint
        raise
    target.run("RELEASE SAVEPOINT attempt")


def primary_message(error: psycopg2.Error) -> str:
    """The first line of Postgres's error message."""
    text = error.diag.message_primary or str(error).strip() or type(error).__name__
    return text.splitlines()[0]
