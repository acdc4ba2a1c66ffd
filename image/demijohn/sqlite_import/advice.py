"""What to do about data that is not imported as it is: ways out, each as it is to be typed."""

from collections import Counter
from collections.abc import Iterable, Sequence

from demijohn.sqlite_import.move import TableMove
from demijohn.sqlite_import.refusals import Refusals
from demijohn.sqlite_import.texts import Bytes, Text

NAMED = 5  # tables in one line
EMPTY = (
    "has no tables, so they are made here, of what SQLite knows. An app with migrations should run "
    "those first (flask db upgrade), and import then"
)


def unfit(refusals: Refusals, moves: Iterable[TableMove]) -> str:
    """The ways out of values that do not fit, only those that their columns leave open."""
    bad = {(table, column) for table, column, _ in refusals.counts}
    found = [
        (table, move)
        for table in moves
        for move in table.moves
        if (table.table.name, move.column.name) in bad
    ]
    there = [(table, move) for table, move in found if not table.created]
    ways = ["--on-bad skip (their rows are left out)"]
    if all(isinstance(move.kind, Text) and not move.kind.limit for _, move in there):
        ways.insert(0, "--on-bad text (their columns become text)")
    if not any(move.required for _, move in found):
        ways.insert(0, "--on-bad null (NULL in their place)")
    typed = [
        f"{table.table.name}.{move.column.name}"
        for table, move in found
        if table.created and not isinstance(move.kind, Text | Bytes)
    ]
    others = ["put them right in SQLite"]
    if there:
        names = listed([f"{table.name}.{move.name}" for table, move in there])
        others.insert(0, f"change the type of {names} in Postgres")
    if typed:
        others.insert(0, f"name a type that takes them, such as --type {typed[0]}=text")
    fit = "value does not fit" if refusals.total == 1 else "values do not fit"
    return (
        f"{refusals.total:,} {fit}, so nothing was imported. Say {', '.join(ways)}; "
        f"or {', or '.join(others)}."
    )


def unmet(rows: Counter[str]) -> str:
    """What else is to be put right: rows that refer to nothing, by their foreign keys."""
    if not rows:
        return ""
    count = rows.total()
    refer = "row refers" if count == 1 else "rows refer"
    keys = listed([f"{key}: {number:,}" for key, number in rows.items()])
    return (
        f" And {count:,} {refer} to nothing, which is to be put right too, unless you say --on-bad "
        f"skip: {keys}."
    )


def holding(tables: Sequence[str]) -> str:
    """What to do about tables that hold rows already; one line for all of them."""
    these, them, they = (
        ("This table holds", "it", "it holds")
        if len(tables) == 1
        else ("These tables hold", "them", "they hold")
    )
    return (
        f"{these} rows already: {listed(tables)}. Say --replace to empty {them} first, --append to "
        f"add to what {they}, "
        "or --exclude TABLE to leave one out; if the import was done before, --verify-only "
        "compares both sides."
    )


def typed(columns: Sequence[str]) -> str:
    """What to do about columns that have their types already; one line for all of them."""
    them, types, are = ("it", "type", "is") if len(columns) == 1 else ("them", "types", "are")
    its = "its" if len(columns) == 1 else "their"
    return (
        f"--on-bad text cannot make {them} text, for {its} {types} in Postgres {are} there already:"
        f" {listed(columns)}. Say --on-bad skip, or change {its} {types} there."
    )


def duplicate(table: str) -> str:
    """What to do about a key that --append meets in Postgres."""
    return (
        f"{table} holds a row of that key already, or two rows of the file are the same to "
        f"Postgres. If the rows of the file are there, leave them out: --exclude {table}. If they "
        "are others, give them keys in SQLite that are free. --replace takes the file's rows for "
        "all that the tables hold, which is lost then."
    )


def listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
