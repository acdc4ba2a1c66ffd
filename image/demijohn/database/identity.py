"""Checks whether two connections lead to the same database, even if their URLs differ."""

from dataclasses import dataclass

import psycopg2
from psycopg2.extensions import connection as Connection

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.config.settings import Settings
from demijohn.database.connection_errors import diagnose


@dataclass(frozen=True)
class Identity:
    """A database's name, its OID, and its server's system identifier, 0 if not readable.

    initdb creates the system identifier; it is the same on a primary and its standbys.
    """

    name: str
    oid: int
    system: int

    def differs(self, other: "Identity") -> bool:
        """Whether the two are certainly different databases."""
        if self.system and other.system and self.system != other.system:
            return True
        return (self.name, self.oid) != (other.name, other.oid)


def check_same_database(app: Connection, direct: Connection, settings: Settings) -> None:
    """Raise CommandError(78) if `direct`, to RELEASE_DATABASE_URL, leads to another database than
    `app`, to DATABASE_URL; CommandError(69) if one of them fails.
    """
    try:
        differs = identify(app).differs(identify(direct))
    except psycopg2.Error as error:
        line, _ = diagnose(error, settings.database)
        raise CommandError(Exit.UNAVAILABLE, line) from None
    if differs:
        other = (settings.release_database_url or settings.database).place()
        raise CommandError(
            Exit.CONFIGURATION,
            f"RELEASE_DATABASE_URL leads to another database ({other}) than DATABASE_URL "
            f"({settings.database.place()}). "
            "Set it to the direct URL of the same database, or unset it.",
        )


def identify(connection: Connection) -> Identity:
    """Query the identity of a connection's database, in autocommit mode. Raises psycopg2.Error.

    The URL is not enough: a pooler may use another name for the database.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT datname, oid::bigint FROM pg_catalog.pg_database"
            " WHERE datname = current_database()"
        )
        row = cursor.fetchone()
        assert row is not None  # noqa: S101  the current database always has a row
        try:
            cursor.execute("SELECT system_identifier FROM pg_catalog.pg_control_system()")
            system = cursor.fetchone()
        except (psycopg2.ProgrammingError, psycopg2.NotSupportedError):
            system = None  # some hosts do not allow this query
    return Identity(row[0], row[1], system[0] if system else 0)
