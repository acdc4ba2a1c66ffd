"""Messages about plans that cannot be carried out, and about databases without tables."""

from collections.abc import Sequence

from demijohn.sqlite_import.text import list_first

NO_TABLES = (
    "has no tables, so they are made here, of what SQLite knows. An app with migrations should run "
    "those first (flask db upgrade), and import then"
)


def tables_not_empty(tables: Sequence[str]) -> str:
    """What to do about tables that hold rows already; one line for all of them."""
    these, them, they = (
        ("This table holds", "it", "it holds")
        if len(tables) == 1
        else ("These tables hold", "them", "they hold")
    )
    return (
        f"{these} rows already: {list_first(tables)}. Say --replace to empty {them} first, --append to "
        f"add to what {they}, "
        "or --exclude TABLE to leave one out; if the import was done before, --verify-only "
        "compares both sides."
    )


def types_are_fixed(columns: Sequence[str]) -> str:
    """What to do about columns that have their types already; one line for all of them."""
    them, types, are = ("it", "type", "is") if len(columns) == 1 else ("them", "types", "are")
    its = "its" if len(columns) == 1 else "their"
    return (
        f"--on-bad text cannot make {them} text, for {its} {types} in Postgres {are} there already:"
        f" {list_first(columns)}. Say --on-bad skip, or change {its} {types} there."
    )
