"""Whether two connections lead to the same database, however their URLs differ."""

from dataclasses import dataclass

import psycopg2
from psycopg2.extensions import connection as Connection

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.config.settings import Settings
from demijohn.database.connection_errors import diagnose


@dataclass(frozen=True)
class Identity:
    """A database's name, its number in its server, and its server's number, 0 where not told.

    The server's number is made by initdb and is the same on a primary and its standbys.
    """

    name: str
    number: int
    server: int

    def differs(self, other: "Identity") -> bool:
        """Whether the two are certainly different databases."""
        if self.server and other.server and self.server != other.server:
            return True
        return (self.name, self.number) != (other.name, other.number)


def check_same_database(app: Connection, direct: Connection, settings: Settings) -> None:
    """Raise CommandError(78) if `direct`, to RELEASE_DATABASE_URL, leads to another database than
    `app`, to DATABASE_URL; CommandError(69) if one of them fails.
    """
    try:
        differs = identify(app).differs(identify(direct))
    except psycopg2.Error as error:
        line, _ = diagnose(error, settings.database_url)
        raise CommandError(Exit.UNAVAILABLE, line) from None
    if differs:
        other = (settings.release_database_url or settings.database_url).place()
        raise CommandError(
            Exit.CONFIGURATION,
            f"RELEASE_DATABASE_URL leads to another database ({other}) than DATABASE_URL "
            f"({settings.database_url.place()}). "
            "Set it to the direct URL of the same database, or unset it.",
        )


def identify(connection: Connection) -> Identity:
    """Ask which database a connection in autocommit mode leads to. Raises psycopg2.Error.

    Not by its URL: a pooler may know it under a name of its own.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT datname, oid::bigint FROM pg_catalog.pg_database"
            " WHERE datname = current_database()"
        )
        row = cursor.fetchone()
        assert row is not None  # noqa: S101  the database that we are in
        try:
            cursor.execute("SELECT system_identifier FROM pg_catalog.pg_control_system()")
            server = cursor.fetchone()
        except (psycopg2.ProgrammingError, psycopg2.NotSupportedError):
            server = None  # some hosts do not allow it
    return Identity(row[0], row[1], server[0] if server else 0)
