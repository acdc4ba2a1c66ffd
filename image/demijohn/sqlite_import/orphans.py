"""Rows that refer to nothing: how many, which, and how many of them did so in SQLite already."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress

from demijohn.common.exit_codes import CommandError
from demijohn.sqlite_import.move import TableMove
from demijohn.sqlite_import.refusals import KEPT, SHOWN, Refusals
from demijohn.sqlite_import.schema import ForeignKey
from demijohn.sqlite_import.source import Source, folded, identifier
from demijohn.sqlite_import.target import Row, Target

EXAMPLES = 5
WHY = {"skip": "rows were skipped", "null": "values became NULL"}


def orphans(
    target: Target, child: TableMove, parent: TableMove, key: ForeignKey
) -> tuple[int, str]:
    """How many rows in Postgres break a foreign key, and what is told of them.

    Raises psycopg2.Error.
    """
    ours, theirs = _names(child, key.columns), _names(parent, key.parents)
    lost = _lost(child.name, ours, parent.name, theirs)
    count, places = examples(target, child, ours, lost)
    refer = "row refers" if count == 1 else "rows refer"
    return count, f"{count:,} {refer} to nothing ({places})"


def examples(
    target: Target, child: TableMove, columns: Sequence[str], lost: str
) -> tuple[int, str]:
    """How many rows `c` there are in what SQL says from FROM on, and the keys of a few.

    Where the table has no key, `columns` tell which they are. Raises psycopg2.Error.
    """
    ((count,),) = target.rows(f"SELECT count(*) {lost}")
    named = _names(child, child.table.key) or columns
    order = ", ".join(f"c.{identifier(name)}" for name in named)
    texts = ", ".join(
        f"coalesce(left(c.{identifier(name)}::text, {SHOWN}), 'NULL')" for name in named
    )
    rows = target.rows(f"SELECT {texts} {lost} ORDER BY {order} LIMIT {EXAMPLES}")
    return count, _places(named, rows, more=count > len(rows))


def due(source: Source, child: TableMove, key: ForeignKey, count: int, refusals: Refusals) -> str:
    """How many of so many rows refer to nothing only because of what does not fit, if that can be
    known. Raises CommandError(65).
    """
    why = WHY.get(refusals.policy, "")
    if not why or not refusals:
        return ""
    mine = [
        found
        for found in refusals.counts
        if found[0] == child.table.name and (refusals.policy == "skip" or found[1] in key.columns)
    ]
    if mine and (refusals.total > KEPT or child.table.rowid == "NULL"):
        # Which of its rows did not come along is not known of all.
        return f", perhaps some because {why}"
    gone = {one.rowid for one in refusals.described if (one.table, one.column, one.reason) in mine}
    # Case counts here as it does in Postgres, or what differs in it would seem to be due to this.
    lost = _lost(child.table.name, key.columns, key.table, key.parents, " COLLATE BINARY")
    ((before,),) = source.execute(
        f"SELECT count(*) {lost} AND CAST({child.table.rowid} AS TEXT)"
        f" NOT IN ({', '.join('?' * len(gone))})",
        tuple(gone),
    )
    more = count - before
    part = "" if more == count else f"{more:,} of them "
    return f", {part}because {why}" if more > 0 else ""


def in_sqlite(source: Source, moves: Iterable[TableMove]) -> Counter[str]:
    """How many rows refer to nothing by SQLite's own count, by `table (columns)`.

    Keys that SQLite cannot check, for what they refer to is not unique, are left out.
    """
    found = Counter[str]()
    names = {folded(move.table.name): move.table.name for move in moves}
    for name in names.values():
        with suppress(CommandError):
            for parent, columns, count in source.execute(UNMET, (name, name)):
                if folded(parent) in names:  # or the key is left behind
                    found[f"{name} ({columns})"] += count
    return found


UNMET = """
SELECT parent, names, broken
  FROM (SELECT parent, fkid, count(*) AS broken FROM pragma_foreign_key_check(?) GROUP BY fkid)
  JOIN (SELECT id, group_concat("from", ', ') AS names
          FROM (SELECT * FROM pragma_foreign_key_list(?) ORDER BY id, seq) GROUP BY id)
    ON id = fkid
 ORDER BY id DESC"""


def _lost(
    child: str, columns: Sequence[str], parent: str, parents: Sequence[str], collation: str = ""
) -> str:
    """SQL, for either side, that finds the rows `c` of the child that refer to nothing."""
    given = " AND ".join(f"c.{identifier(name)} IS NOT NULL" for name in columns)
    there = refers(columns, parents, collation)
    inner = f"SELECT 1 FROM {identifier(parent)} p WHERE {there}"  # noqa: S608
    return f"FROM {identifier(child)} c WHERE {given} AND NOT EXISTS ({inner})"


def refers(columns: Sequence[str], parents: Sequence[str], collation: str = "") -> str:
    """SQL that tells whether the row `c` refers to the row `p`."""
    return " AND ".join(
        f"p.{identifier(theirs)} = c.{identifier(ours)}{collation}"
        for ours, theirs in zip(columns, parents, strict=True)
    )


def _names(move: TableMove, columns: Sequence[str]) -> list[str]:
    """What columns are called in Postgres; nothing if one of them was left behind."""
    found = [one.name for name in columns if (one := move.move(name))]
    return found if len(found) == len(columns) else []


def _places(names: Sequence[str], rows: Sequence[Row], *, more: bool) -> str:
    """Rows by their keys, and whether there are more of them."""
    if len(names) == 1:
        return f"{names[0]} {', '.join(value for (value,) in rows)}{', …' * more}"
    keys = [" ".join(map(" ".join, zip(names, row, strict=True))) for row in rows]
    return "; ".join([*keys, *["…"] * more])
