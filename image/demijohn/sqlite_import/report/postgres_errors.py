"""Explains errors of Postgres to the user, with what to do."""

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
MAX_DETAIL_CHARS = 200  # of a key or a value
# followed by one value; else the context is the whole line
COLUMN = re.compile(r"COPY .+?, line \d+, column [^:]+: ")


def explain_error(
    error: psycopg2.Error, report: Report, options: Options, user: str
) -> CommandError:
    """The CommandError for an error that ended the import. `user` is the Postgres role."""
    message, place = primary_message(error), report.database
    is_lost = isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)
    if report.outcome == "unknown":
        if is_lost and not isinstance(error, errors.QueryCanceled):
            return outcome_unknown(f"the connection to {place} broke")
        report.outcome = "failed"  # Postgres has answered, so it has rolled back
    match error:
        case errors.LockNotAvailable():
            return CommandError(
                Exit.UNAVAILABLE,
                f"a table is in use: {message}. Stop the app, or try again. {UNCHANGED}",
            )
        case errors.InsufficientPrivilege() if "row-level security" in message:
            remedy = f"ALTER ROLE {quote_ident(user)} BYPASSRLS, or disable it during the import."
            return CommandError(Exit.UNAVAILABLE, f"{place}: {message}. Run: {remedy} {UNCHANGED}")
        case errors.InsufficientPrivilege():
            return CommandError(
                Exit.UNAVAILABLE,
                f"{place}: {message}. {_missing_privilege(message, user)} {UNCHANGED}",
            )
        case psycopg2.DataError() | psycopg2.IntegrityError() | errors.ProgramLimitExceeded():
            what = " ".join(
                filter(
                    None, (_sentence(message), _location(error), _remedy(error, report, options))
                )
            )
            return CommandError(
                Exit.BAD_DATA, one_line(f"Postgres rejects the data: {what} {UNCHANGED}")
            )
    if is_lost:
        return CommandError(
            Exit.UNAVAILABLE,
            f"{place}: {_describe_disconnect(error, message)}. {UNCHANGED} Try again.",
        )
    return CommandError(Exit.SOFTWARE, f"{place}: {message}. {UNCHANGED}")


def outcome_unknown(what: str) -> CommandError:
    """The error if COMMIT was sent and no answer came."""
    return CommandError(
        Exit.UNAVAILABLE,
        f"{what} during COMMIT; the outcome is unknown. Check with --verify-only.",
    )


def _describe_disconnect(error: psycopg2.Error, message: str) -> str:
    """What happened to the connection. Errors without SQLSTATE come from libpq, not the server."""
    if isinstance(error, errors.AdminShutdown | errors.CrashShutdown | errors.CannotConnectNow):
        return f"the server ended the connection ({message})"
    return message if error.pgcode else f"the connection broke ({message})"


def _location(error: psycopg2.Error) -> str:
    """Where in the data, as a sentence: a key or a value, but never a whole row."""
    detail, context = error.diag.message_detail or "", error.diag.context or ""
    if isinstance(error, errors.NotNullViolation | errors.CheckViolation):
        detail = ""  # contains the whole row
    if not COLUMN.match(context):
        context = context.partition(": ")[0]
    return _sentence(detail or context)


def _sentence(text: str) -> str:
    """A message as a sentence with a full stop, shortened to MAX_DETAIL_CHARS."""
    text = " ".join(text.split())
    text = text if len(text) <= MAX_DETAIL_CHARS else text[: MAX_DETAIL_CHARS - 1] + "…"
    return text and text.removesuffix(".") + "."


def _missing_privilege(message: str, user: str) -> str:
    """The statement that grants the missing privilege."""
    role = quote_ident(user)
    if match := re.fullmatch(r"permission denied for schema (.+)", message):
        schema = quote_ident(match[1])
        return f"Ask its owner to run: GRANT USAGE, CREATE ON SCHEMA {schema} TO {role};"
    if match := re.fullmatch(r"permission denied for (table|sequence) (.+)", message):
        kind = match[1].upper()
        return f"Ask its owner to run: GRANT ALL ON {kind} {quote_ident(match[2])} TO {role};"
    if message.startswith("must be owner of"):
        return (
            f"Import as its owner, not as {user}: keys and sequences are changed during the import."
        )
    return f"Grant it to {user}."


def _remedy(error: psycopg2.Error, report: Report, options: Options) -> str:
    """What to do about a row that Postgres rejects."""
    table = error.diag.table_name or ""
    match error:
        case errors.ProgramLimitExceeded():
            return "Exclude the table or some of its columns with --exclude, or split it in SQLite."
        case errors.UniqueViolation() if options.append:
            return remedies.for_duplicate_key(table)
        case errors.UniqueViolation():
            return "Two rows are equal to Postgres. Fix them in SQLite."
        case errors.NotNullViolation() if options.on_bad == "null":
            return (
                "--on-bad null has no other value for it: use --on-bad skip, which skips the "
                "row and those that refer to it, or fix it in SQLite."
            )
        case errors.CheckViolation():
            return _check_remedy(error)
        case errors.ForeignKeyViolation():
            return _orphan_remedy(table, error.diag.constraint_name or "", options)
        case psycopg2.DataError():
            return _generated_remedy(error.diag.context or "", report)
    return ""


def _check_remedy(error: psycopg2.Error) -> str:
    """What to do about rows that violate a CHECK, or have no partition."""
    name, table = error.diag.constraint_name, error.diag.table_name
    if not name:
        return "Fix such rows in SQLite, or create a partition for them in Postgres."
    if not table:
        return f"Fix such rows in SQLite, or drop {name} from its domain."
    remedy = f"ALTER TABLE {quote_ident(table)} DROP CONSTRAINT {quote_ident(name)};"
    return (
        f"Fix such rows in SQLite, or drop the constraint: {remedy} You can add it again "
        "as NOT VALID, which checks new rows only."
    )


def _generated_remedy(context: str, report: Report) -> str:
    """What to do if the value may belong to a column that Postgres generates."""
    match = re.match(r"COPY (.+), line \d", context)
    mapping = next((one for one in report.plan.tables if match and one.name == match[1]), None)
    if not mapping or all(column.is_copied for column in mapping.columns):
        return ""
    names = [
        f"{mapping.source.name}.{column.source.name}"
        for column in mapping.columns
        if not column.is_copied
    ]
    remedy = (
        f"Use --exclude {' --exclude '.join(names)} to leave it out."
        if mapping.created
        else "Drop it in Postgres, or make it a plain column."
    )
    return one_line(
        f"It may belong to a column that Postgres generates: {', '.join(names)}. {remedy}"
    )


def _orphan_remedy(table: str, constraint: str, options: Options) -> str:
    """What to do about a row of an existing table that has no parent row."""
    remedy = f"drop {constraint}, and add it again as NOT VALID after the import."
    if options.on_bad == "skip":  # requires the owner of the key
        return (
            f"Import as the owner of {table}: then --on-bad skip skips such rows too. Or "
            f"fix it in SQLite, or {remedy}"
        )
    return (
        "The row has no parent row in SQLite either (PRAGMA foreign_key_check lists "
        "such rows), or its parent table is not imported. Use --on-bad skip, which "
        "skips such rows and those that refer to them; or fix it, import that table "
        f"too, or {remedy}"
    )
