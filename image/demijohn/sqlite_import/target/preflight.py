"""Checks whether the database and the user can import, before anything is read."""

from collections.abc import Sequence

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.database.connect import unwritable
from demijohn.sqlite_import.sql_names import quote_ident
from demijohn.sqlite_import.target.catalog import Target
from demijohn.sqlite_import.text import one_line

TO_COMPARE = ("SELECT",)
TO_APPEND = ("SELECT", "INSERT", "UPDATE, DELETE, TRUNCATE")  # any of the last three, for the lock
TO_REPLACE = ("SELECT", "INSERT", "TRUNCATE")

DATABASE_STATE = """
SELECT pg_catalog.current_setting('server_encoding'), pg_catalog.pg_is_in_recovery(),
       pg_catalog.current_setting('transaction_read_only')::bool, pg_catalog.current_database()"""


def check_database(target: Target, place: str, *, verify: bool) -> None:
    """Raise CommandError(69) if the database at `place` has no usable encoding, or is read-only.

    With `verify`, a read-only database is accepted.
    """
    ((encoding, standby, read_only, name),) = target.rows(DATABASE_STATE)
    # In SQL_ASCII a text is any bytes, and functions count bytes instead of characters.
    if encoding == "SQL_ASCII":
        statement = f"CREATE DATABASE {quote_ident(name)} TEMPLATE template0 ENCODING 'UTF8'"
        why = (
            "has the encoding SQL_ASCII, which has no characters beyond ASCII. Create it "
            f"again: {statement}"
        )
    else:
        why = "" if verify else unwritable(name, standby=standby, read_only=read_only)
    if why:
        unchanged = "" if verify else " Nothing was changed."
        raise CommandError(Exit.UNAVAILABLE, one_line(f"{place} {why}.") + unchanged)


def check_privileges(
    target: Target, place: str, tables: Sequence[str], wanted: Sequence[str]
) -> None:
    """Raise CommandError(69) if the user lacks a `wanted` privilege on one of the tables."""
    missing = [f"NOT pg_catalog.has_table_privilege(c.oid, '{privilege}')" for privilege in wanted]
    found = target.rows(
        f"SELECT c.relname, {', '.join(missing)} FROM pg_catalog.pg_class c"  # noqa: S608
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE n.nspname = %s AND c.relname = ANY (%s) AND ({' OR '.join(missing)})"
        " ORDER BY c.relname",
        (target.schema, list(tables)),
    )
    if not found:
        return
    ((user,),) = target.rows("SELECT current_user")
    is_missing = [any(column) for column in zip(*found, strict=True)][1:]
    privileges = [
        privilege.partition(",")[0]
        for privilege, missing_for_one in zip(wanted, is_missing, strict=True)
        if missing_for_one
    ]
    names = ", ".join(quote_ident(name) for name, *_ in found)
    grant = f"GRANT {', '.join(privileges)} ON {names} TO {quote_ident(user)};"
    raise CommandError(
        Exit.UNAVAILABLE,
        one_line(
            f"{place}: user {user} lacks privileges. Ask the owner of the tables to run: {grant}"
        )
        + " Nothing was changed." * (wanted != TO_COMPARE),
    )
