"""What to do about data that is not imported as it is: ways out, each as it is to be typed."""

from collections import Counter
from collections.abc import Iterable

from demijohn.sqlite_import.model.mapping import TableMapping
from demijohn.sqlite_import.model.rejects import Rejects
from demijohn.sqlite_import.text import list_first
from demijohn.sqlite_import.types.text_types import Bytes, Text


def for_rejects(rejects: Rejects, mappings: Iterable[TableMapping]) -> str:
    """The ways out of values that do not fit, only those that their columns leave open."""
    bad = {(table, column) for table, column, _ in rejects.counts}
    found = [
        (mapping, column)
        for mapping in mappings
        for column in mapping.columns
        if (mapping.source.name, column.source.name) in bad
    ]
    there = [(mapping, column) for mapping, column in found if not mapping.created]
    ways = ["--on-bad skip (their rows are left out)"]
    if all(isinstance(column.pg_type, Text) and not column.pg_type.limit for _, column in there):
        ways.insert(0, "--on-bad text (their columns become text)")
    if not any(column.not_null for _, column in found):
        ways.insert(0, "--on-bad null (NULL in their place)")
    typed = [
        f"{mapping.source.name}.{column.source.name}"
        for mapping, column in found
        if mapping.created and not isinstance(column.pg_type, Text | Bytes)
    ]
    others = ["put them right in SQLite"]
    if there:
        names = list_first([f"{mapping.name}.{column.name}" for mapping, column in there])
        others.insert(0, f"change the type of {names} in Postgres")
    if typed:
        others.insert(0, f"name a type that takes them, such as --type {typed[0]}=text")
    fit = "value does not fit" if rejects.total == 1 else "values do not fit"
    return (
        f"{rejects.total:,} {fit}, so nothing was imported. Say {', '.join(ways)}; "
        f"or {', or '.join(others)}."
    )


def for_orphans(rows: Counter[str]) -> str:
    """What else is to be put right: rows that refer to nothing, by their foreign keys."""
    if not rows:
        return ""
    count = rows.total()
    refer = "row refers" if count == 1 else "rows refer"
    keys = list_first([f"{key}: {number:,}" for key, number in rows.items()])
    return (
        f" And {count:,} {refer} to nothing, which is to be put right too, unless you say --on-bad "
        f"skip: {keys}."
    )


def for_duplicate_key(table: str) -> str:
    """What to do about a key that --append meets in Postgres."""
    return (
        f"{table} holds a row of that key already, or two rows of the file are the same to "
        f"Postgres. If the rows of the file are there, leave them out: --exclude {table}. If they "
        "are others, give them keys in SQLite that are free. --replace takes the file's rows for "
        "all that the tables hold, which is lost then."
    )
