"""Rows that refer to nothing: how many, which, and how many of them did so in SQLite already."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress

from demijohn.common.exit_codes import CommandError
from demijohn.sqlite_import.model.mapping import TableMapping
from demijohn.sqlite_import.model.rejects import MAX_DESCRIBED, MAX_VALUE_CHARS, Rejects
from demijohn.sqlite_import.model.schema import ForeignKey
from demijohn.sqlite_import.source.database import Source
from demijohn.sqlite_import.sql_names import Row, ascii_lower, quote_ident
from demijohn.sqlite_import.target.catalog import Target

MAX_EXAMPLES = 5
CAUSES = {"skip": "rows were skipped", "null": "values became NULL"}


def describe_orphans(
    target: Target, child: TableMapping, parent: TableMapping, key: ForeignKey
) -> tuple[int, str]:
    """How many rows in Postgres break a foreign key, and what is told of them.

    Raises psycopg2.Error.
    """
    ours, theirs = _target_names(child, key.columns), _target_names(parent, key.parent_columns)
    lost = _orphans_from(child.name, ours, parent.name, theirs)
    count, places = count_with_examples(target, child, ours, lost)
    refer = "row refers" if count == 1 else "rows refer"
    return count, f"{count:,} {refer} to nothing ({places})"


def count_with_examples(
    target: Target, child: TableMapping, columns: Sequence[str], lost: str
) -> tuple[int, str]:
    """How many rows `c` there are in what SQL says from FROM on, and the keys of a few.

    Where the table has no key, `columns` tell which they are. Raises psycopg2.Error.
    """
    ((count,),) = target.rows(f"SELECT count(*) {lost}")
    named = _target_names(child, child.source.key) or columns
    order = ", ".join(f"c.{quote_ident(name)}" for name in named)
    texts = ", ".join(
        f"coalesce(left(c.{quote_ident(name)}::text, {MAX_VALUE_CHARS}), 'NULL')" for name in named
    )
    rows = target.rows(f"SELECT {texts} {lost} ORDER BY {order} LIMIT {MAX_EXAMPLES}")
    return count, _format_keys(named, rows, more=count > len(rows))


def describe_cause(
    source: Source, child: TableMapping, key: ForeignKey, count: int, rejects: Rejects
) -> str:
    """How many of so many rows refer to nothing only because of what does not fit, if that can be
    known. Raises CommandError(65).
    """
    why = CAUSES.get(rejects.policy, "")
    if not why or not rejects:
        return ""
    mine = [
        found
        for found in rejects.counts
        if found[0] == child.source.name and (rejects.policy == "skip" or found[1] in key.columns)
    ]
    if mine and (rejects.total > MAX_DESCRIBED or child.source.rowid == "NULL"):
        # Which of its rows did not come along is not known of all.
        return f", perhaps some because {why}"
    gone = {one.rowid for one in rejects.described if (one.table, one.column, one.reason) in mine}
    # Case counts here as it does in Postgres, or what differs in it would seem to be due to this.
    lost = _orphans_from(
        child.source.name, key.columns, key.parent_table, key.parent_columns, " COLLATE BINARY"
    )
    ((before,),) = source.execute(
        f"SELECT count(*) {lost} AND CAST({child.source.rowid} AS TEXT)"
        f" NOT IN ({', '.join('?' * len(gone))})",
        tuple(gone),
    )
    more = count - before
    part = "" if more == count else f"{more:,} of them "
    return f", {part}because {why}" if more > 0 else ""


def count_sqlite_orphans(source: Source, mappings: Iterable[TableMapping]) -> Counter[str]:
    """How many rows refer to nothing by SQLite's own count, by `table (columns)`.

    Keys that SQLite cannot check, for what they refer to is not unique, are left out.
    """
    found = Counter[str]()
    names = {ascii_lower(mapping.source.name): mapping.source.name for mapping in mappings}
    for name in names.values():
        with suppress(CommandError):
            for parent, columns, count in source.execute(SQLITE_ORPHANS, (name, name)):
                if ascii_lower(parent) in names:  # or the key is left behind
                    found[f"{name} ({columns})"] += count
    return found


SQLITE_ORPHANS = """
SELECT parent, names, broken
  FROM (SELECT parent, fkid, count(*) AS broken FROM pragma_foreign_key_check(?) GROUP BY fkid)
  JOIN (SELECT id, group_concat("from", ', ') AS names
          FROM (SELECT * FROM pragma_foreign_key_list(?) ORDER BY id, seq) GROUP BY id)
    ON id = fkid
 ORDER BY id DESC"""


def _orphans_from(
    child: str, columns: Sequence[str], parent: str, parents: Sequence[str], collation: str = ""
) -> str:
    """SQL, for either side, that finds the rows `c` of the child that refer to nothing."""
    given = " AND ".join(f"c.{quote_ident(name)} IS NOT NULL" for name in columns)
    there = join_condition(columns, parents, collation)
    inner = f"SELECT 1 FROM {quote_ident(parent)} p WHERE {there}"  # noqa: S608
    return f"FROM {quote_ident(child)} c WHERE {given} AND NOT EXISTS ({inner})"


def join_condition(columns: Sequence[str], parents: Sequence[str], collation: str = "") -> str:
    """SQL that tells whether the row `c` refers to the row `p`."""
    return " AND ".join(
        f"p.{quote_ident(theirs)} = c.{quote_ident(ours)}{collation}"
        for ours, theirs in zip(columns, parents, strict=True)
    )


def _target_names(mapping: TableMapping, columns: Sequence[str]) -> list[str]:
    """What columns are called in Postgres; nothing if one of them was left behind."""
    found = [column.name for name in columns if (column := mapping.find_column(name))]
    return found if len(found) == len(columns) else []


def _format_keys(names: Sequence[str], rows: Sequence[Row], *, more: bool) -> str:
    """Rows by their keys, and whether there are more of them."""
    if len(names) == 1:
        return f"{names[0]} {', '.join(value for (value,) in rows)}{', …' * more}"
    keys = [" ".join(map(" ".join, zip(names, row, strict=True))) for row in rows]
    return "; ".join([*keys, *["…"] * more])
