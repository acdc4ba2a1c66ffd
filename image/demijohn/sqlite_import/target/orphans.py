"""Rows without a parent row: how many, which, and how many had none in SQLite."""

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
    """The number of rows in Postgres that violate a foreign key, and a description.

    Raises psycopg2.Error.
    """
    columns = _target_names(child, key.columns)
    parent_columns = _target_names(parent, key.parent_columns)
    from_clause = _orphans_from(child.name, columns, parent.name, parent_columns)
    count, keys = count_with_examples(target, child, columns, from_clause)
    have = "row has" if count == 1 else "rows have"
    return count, f"{count:,} {have} no parent row ({keys})"


def count_with_examples(
    target: Target, child: TableMapping, columns: Sequence[str], from_clause: str
) -> tuple[int, str]:
    """Count the rows `c` of a FROM clause, and list the keys of the first.

    Tables without a primary key use `columns` instead. Raises psycopg2.Error.
    """
    ((count,),) = target.rows(f"SELECT count(*) {from_clause}")
    names = _target_names(child, child.source.key) or columns
    order = ", ".join(f"c.{quote_ident(name)}" for name in names)
    texts = ", ".join(
        f"coalesce(left(c.{quote_ident(name)}::text, {MAX_VALUE_CHARS}), 'NULL')" for name in names
    )
    rows = target.rows(f"SELECT {texts} {from_clause} ORDER BY {order} LIMIT {MAX_EXAMPLES}")
    return count, _format_keys(names, rows, more=count > len(rows))


def describe_cause(
    source: Source, child: TableMapping, key: ForeignKey, count: int, rejects: Rejects
) -> str:
    """Describe how many of `count` rows have no parent row only because of rejects, or "" if that
    is not known. Raises CommandError(65).
    """
    cause = CAUSES.get(rejects.policy, "")
    if not cause or not rejects:
        return ""
    reasons = [
        (table, column, reason)
        for table, column, reason in rejects.counts
        if table == child.source.name and (rejects.policy == "skip" or column in key.columns)
    ]
    if reasons and (rejects.total > MAX_DESCRIBED or child.source.rowid == "NULL"):
        # Not all rejected rows are described, so the number is unknown.
        return f", perhaps some because {cause}"
    rejected = {
        value.rowid
        for value in rejects.described
        if (value.table, value.column, value.reason) in reasons
    }
    # Compare case-sensitively as Postgres does: a difference in case has another cause.
    from_clause = _orphans_from(
        child.source.name, key.columns, key.parent_table, key.parent_columns, " COLLATE BINARY"
    )
    ((before,),) = source.execute(
        f"SELECT count(*) {from_clause} AND CAST({child.source.rowid} AS TEXT)"
        f" NOT IN ({', '.join('?' * len(rejected))})",
        tuple(rejected),
    )
    more = count - before
    part = "" if more == count else f"{more:,} of them "
    return f", {part}because {cause}" if more > 0 else ""


def count_sqlite_orphans(source: Source, mappings: Iterable[TableMapping]) -> Counter[str]:
    """The number of rows without a parent row in SQLite, by "table (columns)".

    Keys whose parent columns are not unique are omitted: SQLite cannot check them.
    """
    found = Counter[str]()
    names = {ascii_lower(mapping.source.name): mapping.source.name for mapping in mappings}
    for name in names.values():
        with suppress(CommandError):
            for parent, columns, count in source.execute(SQLITE_ORPHANS, (name, name)):
                if ascii_lower(parent) in names:  # otherwise the key is not imported
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
    child: str,
    columns: Sequence[str],
    parent: str,
    parent_columns: Sequence[str],
    collation: str = "",
) -> str:
    """A FROM clause for both databases: the child rows `c` without a parent row."""
    not_null = " AND ".join(f"c.{quote_ident(name)} IS NOT NULL" for name in columns)
    condition = join_condition(columns, parent_columns, collation)
    inner = f"SELECT 1 FROM {quote_ident(parent)} p WHERE {condition}"  # noqa: S608
    return f"FROM {quote_ident(child)} c WHERE {not_null} AND NOT EXISTS ({inner})"


def join_condition(
    columns: Sequence[str], parent_columns: Sequence[str], collation: str = ""
) -> str:
    """SQL: whether the row `c` refers to the row `p`."""
    return " AND ".join(
        f"p.{quote_ident(parent_column)} = c.{quote_ident(column)}{collation}"
        for column, parent_column in zip(columns, parent_columns, strict=True)
    )


def _target_names(mapping: TableMapping, columns: Sequence[str]) -> list[str]:
    """The Postgres names of columns, or [] if one is not imported."""
    found = [column.name for name in columns if (column := mapping.find_column(name))]
    return found if len(found) == len(columns) else []


def _format_keys(names: Sequence[str], rows: Sequence[Row], *, more: bool) -> str:
    """The keys of rows as text, and "…" if there are more."""
    if len(names) == 1:
        return f"{names[0]} {', '.join(value for (value,) in rows)}{', …' * more}"
    keys = [" ".join(map(" ".join, zip(names, row, strict=True))) for row in rows]
    return "; ".join([*keys, *["…"] * more])
