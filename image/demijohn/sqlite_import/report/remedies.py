"""What to do about data that cannot be imported: options to type, and alternatives."""

from collections import Counter
from collections.abc import Iterable

from demijohn.sqlite_import.model.mapping import TableMapping
from demijohn.sqlite_import.model.rejects import Rejects
from demijohn.sqlite_import.text import list_first
from demijohn.sqlite_import.types.text_types import Bytes, Text


def for_rejects(rejects: Rejects, mappings: Iterable[TableMapping]) -> str:
    """What to do about rejects. Only options that work for their columns are named."""
    affected = {(table, column) for table, column, _ in rejects.counts}
    columns = [
        (mapping, column)
        for mapping in mappings
        for column in mapping.columns
        if (mapping.source.name, column.source.name) in affected
    ]
    existing = [(mapping, column) for mapping, column in columns if not mapping.created]
    options = ["--on-bad skip (their rows are skipped)"]
    if all(isinstance(column.pg_type, Text) and not column.pg_type.limit for _, column in existing):
        options.insert(0, "--on-bad text (their columns become text)")
    if not any(column.not_null for _, column in columns):
        options.insert(0, "--on-bad null (they become NULL)")
    convertible = [
        f"{mapping.source.name}.{column.source.name}"
        for mapping, column in columns
        if mapping.created and not isinstance(column.pg_type, Text | Bytes)
    ]
    alternatives = ["fix them in SQLite"]
    if existing:
        names = list_first([f"{mapping.name}.{column.name}" for mapping, column in existing])
        alternatives.insert(0, f"change the type of {names} in Postgres")
    if convertible:
        alternatives.insert(0, f"use a type that fits, such as --type {convertible[0]}=text")
    fit = "value does not fit" if rejects.total == 1 else "values do not fit"
    return (
        f"{rejects.total:,} {fit}, so nothing was imported. Use {', '.join(options)}; or "
        f"{', or '.join(alternatives)}."
    )


def for_orphans(rows: Counter[str]) -> str:
    """What else to fix: rows without a parent row, with their number by foreign key, or ""."""
    if not rows:
        return ""
    count = rows.total()
    have = "row has" if count == 1 else "rows have"
    keys = list_first([f"{key}: {number:,}" for key, number in rows.items()])
    return f" Also, {count:,} {have} no parent row. Fix that too, or use --on-bad skip: {keys}."


def for_duplicate_key(table: str) -> str:
    """What to do about a key that already exists with --append."""
    return (
        f"{table} already has a row with that key, or two rows of the file are equal to "
        "Postgres. If the rows of the file are imported already, use --exclude "
        f"{table}. If they are other rows, give them unused keys in SQLite. --replace "
        "deletes all existing rows of the tables first."
    )
