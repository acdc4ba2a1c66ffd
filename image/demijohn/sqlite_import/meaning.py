"""What an error of Postgres's means for the one who imports, and what to do."""

import re

import psycopg2
from psycopg2 import errors

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.sqlite_import import advice
from demijohn.sqlite_import.create import first_line
from demijohn.sqlite_import.plan import Options
from demijohn.sqlite_import.refusals import one_line
from demijohn.sqlite_import.report import Report
from demijohn.sqlite_import.source import identifier

UNCHANGED = "Nothing was changed."
SHOWN = 200  # characters of a key or a value
COLUMN = re.compile(r"COPY .+?, line \d+, column [^:]+: ")  # and one value; else the whole line


def meaning(error: psycopg2.Error, report: Report, options: Options, user: str) -> CommandError:
    """How the import ends that `error` ended; `user` is the one Postgres knows it as."""
    said, place = first_line(error), report.database
    lost = isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)
    if report.outcome == "unknown":
        if lost and not isinstance(error, errors.QueryCanceled):
            return unknown(f"the connection to {place} broke")
        report.outcome = "failed"  # Postgres answered: it has rolled back
    match error:
        case errors.LockNotAvailable():
            return CommandError(
                Exit.UNAVAILABLE,
                f"a table is in use: {said}. Stop the app, or try again. {UNCHANGED}",
            )
        case errors.InsufficientPrivilege() if "row-level security" in said:
            way = f"ALTER ROLE {identifier(user)} BYPASSRLS, or disable it meanwhile."
            return CommandError(Exit.UNAVAILABLE, f"{place}: {said}. Say: {way} {UNCHANGED}")
        case errors.InsufficientPrivilege():
            return CommandError(
                Exit.UNAVAILABLE, f"{place}: {said}. {_right(said, user)} {UNCHANGED}"
            )
        case psycopg2.DataError() | psycopg2.IntegrityError() | errors.ProgramLimitExceeded():
            what = " ".join(
                filter(None, (_sentence(said), _where(error), _way_out(error, report, options)))
            )
            return CommandError(Exit.BAD_DATA, one_line(f"Postgres refuses it: {what} {UNCHANGED}"))
    if lost:
        return CommandError(
            Exit.UNAVAILABLE, f"{place}: {_ending(error, said)}. {UNCHANGED} Try again."
        )
    return CommandError(Exit.SOFTWARE, f"{place}: {said}. {UNCHANGED}")


def unknown(what: str) -> CommandError:
    """What is said where the commit was sent, and no answer to it was heard."""
    return CommandError(
        Exit.UNAVAILABLE,
        f"{what} in the very moment of the commit. Ask with --verify-only whether all is there.",
    )


def _ending(error: psycopg2.Error, said: str) -> str:
    """What became of the connection. What has no SQLSTATE, libpq says, and not the server."""
    if isinstance(error, errors.AdminShutdown | errors.CrashShutdown | errors.CannotConnectNow):
        return f"the server ended the connection ({said})"
    return said if error.pgcode else f"the connection broke ({said})"


def _where(error: psycopg2.Error) -> str:
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
    text = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
    return text and text.removesuffix(".") + "."


def _right(said: str, user: str) -> str:
    """The statement that gives the right which is missing."""
    role = identifier(user)
    if match := re.fullmatch(r"permission denied for schema (.+)", said):
        return f"Let its owner say: GRANT USAGE, CREATE ON SCHEMA {identifier(match[1])} TO {role};"
    if match := re.fullmatch(r"permission denied for (table|sequence) (.+)", said):
        kind = match[1].upper()
        return f"Let its owner say: GRANT ALL ON {kind} {identifier(match[2])} TO {role};"
    if said.startswith("must be owner of"):
        return f"Import as its owner, not as {user}, for keys and sequences are changed meanwhile."
    return f"Grant it to {user}."


def _way_out(error: psycopg2.Error, report: Report, options: Options) -> str:
    """What to do about a row that Postgres does not take."""
    table = error.diag.table_name or ""
    match error:
        case errors.ProgramLimitExceeded():
            return "Leave a table or columns behind with --exclude, or split it in SQLite."
        case errors.UniqueViolation() if options.append:
            return advice.duplicate(table)
        case errors.UniqueViolation():
            return "Two rows are the same to Postgres: put them right in SQLite."
        case errors.NotNullViolation() if options.on_bad == "null":
            return (
                "--on-bad null has nothing else to put there: say --on-bad skip, which leaves the "
                "row out, and those that refer to it, or put it right in SQLite."
            )
        case errors.CheckViolation():
            return _check(error)
        case errors.ForeignKeyViolation():
            return _orphan(table, error.diag.constraint_name or "", options)
        case psycopg2.DataError():
            return _computed(error.diag.context or "", report)
    return ""


def _check(error: psycopg2.Error) -> str:
    """What to do about rows that a CHECK is against, or for which there is no partition."""
    name, table = error.diag.constraint_name, error.diag.table_name
    if not name:
        return "Put such rows right in SQLite, or make a place for them in Postgres."
    if not table:
        return f"Put such rows right in SQLite, or take {name} off its domain."
    way = f"ALTER TABLE {identifier(table)} DROP CONSTRAINT {identifier(name)};"
    return (
        f"Put such rows right in SQLite, or drop it: {way} It may come back as NOT VALID, and then "
        "holds for new rows only."
    )


def _computed(context: str, report: Report) -> str:
    """What to do where the value at fault may be one that Postgres works out itself."""
    match = re.match(r"COPY (.+), line \d", context)
    move = next((one for one in report.plan.tables if match and one.name == match[1]), None)
    if not move or all(one.sent for one in move.moves):
        return ""
    names = [f"{move.table.name}.{one.column.name}" for one in move.moves if not one.sent]
    way = (
        f"Say --exclude {' --exclude '.join(names)} to leave it behind."
        if move.created
        else "Drop it in Postgres, or make it a plain column."
    )
    return one_line(f"It may be that of {', '.join(names)}, which Postgres works out itself. {way}")


def _orphan(table: str, constraint: str, options: Options) -> str:
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
