"""What an error of Postgres's means for the one who imports, and what to do."""

import re

import psycopg2
from psycopg2 import errors

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.sqlite_import.model.plan import Options
from demijohn.sqlite_import.report import remedies
from demijohn.sqlite_import.report.report import Report
from demijohn.sqlite_import.sql_names import quote_ident
from demijohn.sqlite_import.target.savepoint import primary_message
from demijohn.sqlite_import.text import one_line

UNCHANGED = "Nothing was changed."
MAX_DETAIL_CHARS = 200  # characters of a key or a value
COLUMN = re.compile(r"COPY .+?, line \d+, column [^:]+: ")  # and one value; else the whole line


def explain_error(
    error: psycopg2.Error, report: Report, options: Options, user: str
) -> CommandError:
    """How the import ends that `error` ended; `user` is the one Postgres knows it as."""
    said, place = primary_message(error), report.database
    lost = isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)
    if report.outcome == "unknown":
        if lost and not isinstance(error, errors.QueryCanceled):
            return outcome_unknown(f"the connection to {place} broke")
        report.outcome = "failed"  # Postgres answered: it has rolled back
    match error:
        case errors.LockNotAvailable():
            return CommandError(
                Exit.UNAVAILABLE,
                f"a table is in use: {said}. CommandError the app, or try again. {UNCHANGED}",
            )
        case errors.InsufficientPrivilege() if "row-level security" in said:
            way = f"ALTER ROLE {quote_ident(user)} BYPASSRLS, or disable it meanwhile."
            return CommandError(Exit.UNAVAILABLE, f"{place}: {said}. Say: {way} {UNCHANGED}")
        case errors.InsufficientPrivilege():
            return CommandError(
                Exit.UNAVAILABLE, f"{place}: {said}. {_missing_privilege(said, user)} {UNCHANGED}"
            )
        case psycopg2.DataError() | psycopg2.IntegrityError() | errors.ProgramLimitExceeded():
            what = " ".join(
                filter(None, (_sentence(said), _location(error), _remedy(error, report, options)))
            )
            return CommandError(Exit.BAD_DATA, one_line(f"Postgres refuses it: {what} {UNCHANGED}"))
    if lost:
        return CommandError(
            Exit.UNAVAILABLE,
            f"{place}: {_describe_disconnect(error, said)}. {UNCHANGED} Try again.",
        )
    return CommandError(Exit.SOFTWARE, f"{place}: {said}. {UNCHANGED}")


def outcome_unknown(what: str) -> CommandError:
    """What is said where the commit was sent, and no answer to it was heard."""
    return CommandError(
        Exit.UNAVAILABLE,
        f"{what} in the very moment of the commit. Ask with --verify-only whether all is there.",
    )


def _describe_disconnect(error: psycopg2.Error, said: str) -> str:
    """What became of the connection. What has no SQLSTATE, libpq says, and not the server."""
    if isinstance(error, errors.AdminShutdown | errors.CrashShutdown | errors.CannotConnectNow):
        return f"the server ended the connection ({said})"
    return said if error.pgcode else f"the connection broke ({said})"


def _location(error: psycopg2.Error) -> str:
    """Where in the data it is, as a sentence: a key or a value, but no row, which is nobody's."""
    detail, context = error.diag.message_detail or "", error.diag.context or ""
    if isinstance(error, errors.NotNullViolation | errors.CheckViolation):
        detail = ""  # all of the row
    if not COLUMN.match(context):
        context = context.partition(": ")[0]
    return _sentence(detail or context)


def _sentence(text: str) -> str:
    """A text of Postgres's with a full stop, and no more of it than can be read."""
    text = " ".join(text.split())
    text = text if len(text) <= MAX_DETAIL_CHARS else text[: MAX_DETAIL_CHARS - 1] + "…"
    return text and text.removesuffix(".") + "."


def _missing_privilege(said: str, user: str) -> str:
    """The statement that gives the right which is missing."""
    role = quote_ident(user)
    if match := re.fullmatch(r"permission denied for schema (.+)", said):
        return (
            f"Let its owner say: GRANT USAGE, CREATE ON SCHEMA {quote_ident(match[1])} TO {role};"
        )
    if match := re.fullmatch(r"permission denied for (table|sequence) (.+)", said):
        kind = match[1].upper()
        return f"Let its owner say: GRANT ALL ON {kind} {quote_ident(match[2])} TO {role};"
    if said.startswith("must be owner of"):
        return f"Import as its owner, not as {user}, for keys and sequences are changed meanwhile."
    return f"Grant it to {user}."


def _remedy(error: psycopg2.Error, report: Report, options: Options) -> str:
    """What to do about a row that Postgres does not take."""
    table = error.diag.table_name or ""
    match error:
        case errors.ProgramLimitExceeded():
            return "Leave a table or columns behind with --exclude, or split it in SQLite."
        case errors.UniqueViolation() if options.append:
            return remedies.for_duplicate_key(table)
        case errors.UniqueViolation():
            return "Two rows are the same to Postgres: put them right in SQLite."
        case errors.NotNullViolation() if options.on_bad == "null":
            return (
                "--on-bad null has nothing else to put there: say --on-bad skip, which leaves the "
                "row out, and those that refer to it, or put it right in SQLite."
            )
        case errors.CheckViolation():
            return _check_remedy(error)
        case errors.ForeignKeyViolation():
            return _orphan_remedy(table, error.diag.constraint_name or "", options)
        case psycopg2.DataError():
            return _generated_remedy(error.diag.context or "", report)
    return ""


def _check_remedy(error: psycopg2.Error) -> str:
    """What to do about rows that a CHECK is against, or for which there is no partition."""
    name, table = error.diag.constraint_name, error.diag.table_name
    if not name:
        return "Put such rows right in SQLite, or make a place for them in Postgres."
    if not table:
        return f"Put such rows right in SQLite, or take {name} off its domain."
    way = f"ALTER TABLE {quote_ident(table)} DROP CONSTRAINT {quote_ident(name)};"
    return (
        f"Put such rows right in SQLite, or drop it: {way} It may come back as NOT VALID, and then "
        "holds for new rows only."
    )


def _generated_remedy(context: str, report: Report) -> str:
    """What to do where the value at fault may be one that Postgres works out itself."""
    match = re.match(r"COPY (.+), line \d", context)
    mapping = next((one for one in report.plan.tables if match and one.name == match[1]), None)
    if not mapping or all(column.is_copied for column in mapping.columns):
        return ""
    names = [
        f"{mapping.source.name}.{column.source.name}"
        for column in mapping.columns
        if not column.is_copied
    ]
    way = (
        f"Say --exclude {' --exclude '.join(names)} to leave it behind."
        if mapping.created
        else "Drop it in Postgres, or make it a plain column."
    )
    return one_line(f"It may be that of {', '.join(names)}, which Postgres works out itself. {way}")


def _orphan_remedy(table: str, constraint: str, options: Options) -> str:
    """What to do about a row of a table that was there, and that refers to nothing."""
    way = f"drop {constraint} and add it afterwards as NOT VALID."
    if options.on_bad == "skip":  # which takes the key's owner
        return (
            f"Import as the owner of {table}, and --on-bad skip leaves such rows out too; or put "
            f"it right in SQLite, or {way}"
        )
    return (
        "The row refers to nothing in SQLite either (PRAGMA foreign_key_check lists all such), or "
        "to a table that is not imported. Say --on-bad skip, which leaves out all such rows, and "
        f"those that refer to them; or put it right, import that table too, or {way}"
    )
