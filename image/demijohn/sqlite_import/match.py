"""Tables that are there already: their columns matched by name, and what differs told."""

from collections.abc import Iterator
from dataclasses import replace

from demijohn.sqlite_import import choose
from demijohn.sqlite_import.facts import DATED, DATES, Facts
from demijohn.sqlite_import.moments import EPOCH_DATES, UNIT_NAMES, Interval, Moment
from demijohn.sqlite_import.move import Move, TableMove
from demijohn.sqlite_import.plan import Options, Plan
from demijohn.sqlite_import.schema import Column, Table
from demijohn.sqlite_import.target import ROUNDING, TargetColumn, TargetTable, renamed
from demijohn.sqlite_import.texts import AnyText, Text
from demijohn.sqlite_import.values import Kind, Numeric


def existing_table(
    table: Table,
    about: dict[str, Facts],
    existing: TargetTable,
    options: Options,
    plan: Plan,
    *,
    verify: bool,
) -> TableMove:
    """Match columns by name; a name's case counts only where it has to."""
    if existing.rejected:
        plan.refusals.append(
            f"{table.name}: cannot be written: {existing.rejected}. Put that right, or say "
            f"--exclude {table.name}."
        )
    elif existing.has_rows and not (options.replace or options.append):
        plan.holding.append(existing.name)
    if existing.triggers and not verify:
        names = ", ".join(dict.fromkeys(trigger.name for trigger in existing.triggers))
        plan.note(existing.name, f"its triggers stay silent meanwhile: {names}")
    left = {column.name: column for column in existing.columns}
    moves = []
    for column in table.columns:
        name = f"{table.name}.{column.name}"
        if plan.excludes("column", name, options):
            continue
        there = _match(column, left)
        if there is None:
            plan.refusals.append(
                f"{name}: the table in Postgres has no such column. Add it, or say "
                f"--exclude {name} to leave it behind."
            )
            continue
        del left[there.name]
        kind = _fitted(column, about[column.name], there.kind, options, name, plan)
        if ROUNDING.fullmatch(kind.sql) and not (verify or there.generated):
            plan.refusals.append(
                f"{name}: is {kind.sql} in Postgres, which rounds what it is given, and does not "
                f"say so. Change its type, or say --exclude {name}."
            )
        if verify and options.on_bad == "text" and kind == Text():
            kind = AnyText()  # as it would have been, if there was need
        if (table.name, column.name) in options.as_text:
            if not isinstance(kind, Text) or kind.limit:
                plan.typed.append(f"{name} ({kind.sql})")
            kind = AnyText(kind.sql)
        moves.append(Move(column, there.name, kind, there.not_null, not there.generated))
    for column_there in left.values():
        if column_there.generated:
            continue
        if column_there.not_null and not column_there.given and not verify:
            plan.refusals.append(
                f"{existing.name}.{column_there.name}: takes no NULL, and {table.name} has no such "
                "column. Give it a default."
            )
        else:
            plan.note(
                f"{existing.name}.{column_there.name}",
                "is not in the SQLite file; "
                + ("its default fills it" if column_there.given else "stays NULL"),
            )
    return TableMove(
        table,
        existing.name,
        False,
        moves,
        triggers=existing.triggers,
        parents=existing.parents,
    )


def closer(table: Table, existing: TargetTable) -> dict[str, dict[str, str]]:
    """What has to be known of the values besides, for the types that the columns have."""
    there = {column.name: column for column in existing.columns}
    kinds = {c.name: found.kind for c in table.columns if (found := _match(c, there))}
    return {
        name: DATES if isinstance(kind, Moment) else DATED
        for name, kind in kinds.items()
        if isinstance(kind, Moment | Interval)
    }


def _match(column: Column, there: dict[str, TargetColumn]) -> TargetColumn | None:
    if column.name in there:
        return there[column.name]
    alike = [one for name, one in there.items() if name.lower() == column.name.lower()]
    return alike[0] if len(alike) == 1 else there.get(renamed(column.name))


def _fitted(
    column: Column, about: Facts, kind: Kind, options: Options, name: str, plan: Plan
) -> Kind:
    """The target's type, with what the values say about numbers that are dates."""
    own = choose.choose(column, about).kind
    asked = options.types.get(name.lower())
    if asked and type(asked) is not type(kind):
        plan.note(name, f"stays {kind.sql}, not {asked.sql}: it is there already")
    if isinstance(kind, Moment):
        unit = next((k.unit for k in (asked, own) if isinstance(k, Moment) and k.unit), "")
        if not unit and about.get("least") is not None and not about["texts"]:
            unit = choose.unit_of(about)
        kind = replace(kind, unit=unit)
    elif isinstance(kind, Interval):
        kind = choose.spans(asked if isinstance(asked, Interval) else kind, about)
    if not kind.unknown:
        plan.note(name, "; ".join(_differences(column.declared or own.sql, own, kind, about)))
    return kind


def _differences(declared: str, own: Kind, kind: Kind, about: Facts) -> Iterator[str]:
    """What a type of the target means for the values, where it is not what SQLite declares."""
    if isinstance(kind, Moment) and kind.unit:
        yield f"its values are {UNIT_NAMES[kind.unit]}"
        return
    if isinstance(kind, Interval) and kind.unit == EPOCH_DATES and about.get("dated"):
        yield "its values are dates; what has passed since 1970 is the interval"
        return
    if _is_otherwise(own, kind):
        yield f"{declared} in SQLite, {kind.sql} in Postgres"
    if isinstance(kind, Moment) and "with time zone" in kind.sql and about.get("zoneless"):
        yield "dates that name no time zone are UTC"
    if isinstance(kind, Moment) and "without time zone" in kind.sql and about.get("zoned"):
        yield "dates that name a time zone are brought to UTC"


def _is_otherwise(own: Kind, kind: Kind) -> bool:
    """Whether a column is of another sort than the values, or narrower than what is declared."""
    match own, kind:
        case Text(), Text():
            return bool(kind.limit) and not 0 < own.limit <= kind.limit
        case Numeric(), Numeric():
            whole = kind.precision - kind.scale
            narrow = own.precision - own.scale > whole or own.scale > kind.scale
            return bool(kind.precision) and (narrow or not own.precision)
        case Moment(), Moment():
            return (own.sql == "date") != (kind.sql == "date")
    return type(own) is not type(kind)
