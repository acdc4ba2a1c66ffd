"""Whether a database can be imported into at all, and by whom: asked before anything is read."""

from collections.abc import Sequence

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.database.connect import unwritable
from demijohn.sqlite_import.sql_names import quote_ident
from demijohn.sqlite_import.target.catalog import Target
from demijohn.sqlite_import.text import one_line

TO_COMPARE = ("SELECT",)
TO_APPEND = ("SELECT", "INSERT", "UPDATE, DELETE, TRUNCATE")  # one of these, for the lock
TO_REPLACE = ("SELECT", "INSERT", "TRUNCATE")

DATABASE_STATE = """
SELECT pg_catalog.current_setting('server_encoding'), pg_catalog.pg_is_in_recovery(),
       pg_catalog.current_setting('transaction_read_only')::bool, pg_catalog.current_database()"""


def check_database(target: Target, place: str, *, verify: bool) -> None:
    """Raise CommandError(69) where the database at `place` cannot hold texts, or takes nothing.

    To `verify`, nothing has to be taken.
    """
    ((encoding, standby, read_only, name),) = target.rows(DATABASE_STATE)
    # There a text is bytes, which may mean anything: none of its functions count characters.
    if encoding == "SQL_ASCII":
        way = f"CREATE DATABASE {quote_ident(name)} TEMPLATE template0 ENCODING 'UTF8'"
        why = f"has the encoding SQL_ASCII, which knows no letter beyond ASCII. Make it anew: {way}"
    else:
        why = "" if verify else unwritable(name, standby=standby, read_only=read_only)
    if why:
        unchanged = "" if verify else " Nothing was changed."
        raise CommandError(Exit.UNAVAILABLE, one_line(f"{place} {why}.") + unchanged)


def check_privileges(
    target: Target, place: str, tables: Sequence[str], wanted: Sequence[str]
) -> None:
    """Raise CommandError(69) where the user lacks a right that is `wanted` to any of the tables."""
    lacks = [f"NOT pg_catalog.has_table_privilege(c.oid, '{right}')" for right in wanted]
    found = target.rows(
        f"SELECT c.relname, {', '.join(lacks)} FROM pg_catalog.pg_class c"  # noqa: S608
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE n.nspname = %s AND c.relname = ANY (%s) AND ({' OR '.join(lacks)})"
        " ORDER BY c.relname",
        (target.schema, list(tables)),
    )
    if not found:
        return
    ((user,),) = target.rows("SELECT current_user")
    lacking = [any(column) for column in zip(*found, strict=True)][1:]
    given = [right.partition(",")[0] for right, no in zip(wanted, lacking, strict=True) if no]
    names = ", ".join(quote_ident(name) for name, *_ in found)
    grant = f"GRANT {', '.join(given)} ON {names} TO {quote_ident(user)};"
    raise CommandError(
        Exit.UNAVAILABLE,
        one_line(f"{place}: user {user} lacks rights. Let the tables' owner say: {grant}")
        + " Nothing was changed." * (wanted != TO_COMPARE),
    )
