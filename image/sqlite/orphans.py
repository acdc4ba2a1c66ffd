"""Rows that refer to nothing: how many, which, and how many of them did so in SQLite already."""

from collections.abc import Sequence

from .move import TableMove
from .refusals import KEPT, SHOWN, Refusals
from .schema import ForeignKey
from .source import Source, identifier
from .target import Row, Target

EXAMPLES = 5
WHY = {"skip": "rows were skipped", "null": "values became NULL"}


def orphans(
    target: Target, child: TableMove, parent: TableMove, key: ForeignKey
) -> tuple[int, str]:
    """How many rows in Postgres break a foreign key, and what is told of them.

    Raises psycopg2.Error.
    """
    ours, theirs = _names(child, key.columns), _names(parent, key.parents)
    given = " AND ".join(f"c.{identifier(name)} IS NOT NULL" for name in ours)
    there = " AND ".join(
        f"p.{identifier(name)} = c.{identifier(own)}"
        for own, name in zip(ours, theirs, strict=True)
    )
    lost = (
        f"FROM {identifier(child.name)} c WHERE {given} AND NOT EXISTS"
        f" (SELECT FROM {identifier(parent.name)} p WHERE {there})"
    )
    ((count,),) = target.rows(f"SELECT count(*) {lost}")
    named = _names(child, child.table.key) or ours
    columns = ", ".join(f"c.{identifier(name)}" for name in named)
    texts = ", ".join(f"left(c.{identifier(name)}::text, {SHOWN})" for name in named)
    rows = target.rows(f"SELECT {texts} {lost} ORDER BY {columns} LIMIT {EXAMPLES}")
    refer = "row refers" if count == 1 else "rows refer"
    return count, f"{count:,} {refer} to nothing ({_places(named, rows, more=count > len(rows))})"


def due(source: Source, child: TableMove, key: ForeignKey, count: int, refusals: Refusals) -> str:
    """How many of so many rows refer to nothing only because of what does not fit, if that can be
    known. Raises Stop(65).
    """
    why = WHY.get(refusals.policy, "")
    if not why or not refusals:
        return ""
    mine = [
        found
        for found in refusals.counts
        if found[0] == child.table.name and (refusals.policy == "skip" or found[1] in key.columns)
    ]
    if mine and refusals.total > KEPT:
        # Which of its rows did not come along is not known of all.
        return f", perhaps some because {why}"
    gone = {
        one.rowid
        for one in refusals.described
        if (one.table, one.column, one.reason) in mine and one.rowid.lstrip("-").isdigit()
    }
    ((before, nameless),) = source.execute(
        f"SELECT sum(rowid IS NULL OR rowid NOT IN ({', '.join(gone)})), sum(rowid IS NULL)"  # noqa: S608
        " FROM pragma_foreign_key_check(?) WHERE fkid = ?",
        (child.table.name, key.number),
    )
    if mine and nameless:
        return f", perhaps some because {why}"
    more = count - (before or 0)
    part = "" if more == count else f"{more:,} of them "
    return f", {part}because {why}" if more > 0 else ""


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
