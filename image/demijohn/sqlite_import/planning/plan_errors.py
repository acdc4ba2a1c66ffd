"""Messages about plans that cannot be carried out, and about databases without tables."""

from collections.abc import Sequence

from demijohn.sqlite_import.model.plan import Options
from demijohn.sqlite_import.model.schema import Schema
from demijohn.sqlite_import.text import list_first

NO_TABLES = (
    "has no tables, so they are created as SQLite declares them. If the app has "
    "migrations, run those first (flask db upgrade), then import"
)


def nothing_to_import(schema: Schema, options: Options) -> str:
    """Why the plan has no table; the name of the file precedes it."""
    if not schema.tables:
        return "has no tables. Check that it is the right file."
    if options.exclude:
        return "has tables, but --exclude leaves none to import. Remove a table from --exclude."
    return "has only records of migrations, and Postgres has its own. Import another file."


def tables_not_empty(tables: Sequence[str]) -> str:
    """One message about all tables that are not empty."""
    subject, them = ("This table is", "it") if len(tables) == 1 else ("These tables are", "them")
    return (
        f"{subject} not empty: {list_first(tables)}. Use --replace to empty {them} first, "
        f"--append to add to {them}, or --exclude TABLE to leave one out. If the import was done "
        "before, --verify-only compares both sides."
    )


def types_are_fixed(columns: Sequence[str]) -> str:
    """One message about all columns whose types cannot become text."""
    them, types = ("it", "its type") if len(columns) == 1 else ("them", "their types")
    return (
        f"--on-bad text cannot make {them} text, since {types} in Postgres cannot be changed by "
        f"the import: {list_first(columns)}. Use --on-bad skip, or change {types} there."
    )
