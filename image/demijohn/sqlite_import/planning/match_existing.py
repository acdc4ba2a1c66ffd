"""Tables that are there already: their columns matched by name, and what differs told."""

from collections.abc import Iterator
from dataclasses import replace

from demijohn.sqlite_import.model.mapping import ColumnMapping, TableMapping
from demijohn.sqlite_import.model.pg_type import PgType
from demijohn.sqlite_import.model.plan import Options, Plan
from demijohn.sqlite_import.model.schema import Column, Table
from demijohn.sqlite_import.planning import type_inference
from demijohn.sqlite_import.planning.column_stats import ALL_DATES, DATETIME_STATS, Stats
from demijohn.sqlite_import.sql_names import shorten_name
from demijohn.sqlite_import.target.catalog import ROUNDING_TYPES, TargetColumn, TargetTable
from demijohn.sqlite_import.types.datetimes import EPOCH_DATES, UNIT_NAMES, Interval, Timestamp
from demijohn.sqlite_import.types.postgres_types import Numeric
from demijohn.sqlite_import.types.text_types import AnyText, Text


def match_table(
    table: Table,
    about: dict[str, Stats],
    existing: TargetTable,
    options: Options,
    plan: Plan,
    *,
    verify: bool,
) -> TableMapping:
    """Match columns by name; a name's case counts only where it has to."""
    if existing.unwritable_reason:
        plan.errors.append(
            f"{table.name}: cannot be written: {existing.unwritable_reason}. Put that right, or say "
            f"--exclude {table.name}."
        )
    elif existing.has_rows and not (options.replace or options.append):
        plan.nonempty_tables.append(existing.name)
    if existing.triggers and not verify:
        names = ", ".join(dict.fromkeys(trigger.name for trigger in existing.triggers))
        plan.add_note(existing.name, f"its triggers stay silent meanwhile: {names}")
    left = {column.name: column for column in existing.columns}
    columns = []
    for column in table.columns:
        name = f"{table.name}.{column.name}"
        if plan.is_excluded("column", name, options):
            continue
        there = _find_column(column, left)
        if there is None:
            plan.errors.append(
                f"{name}: the table in Postgres has no such column. Add it, or say "
                f"--exclude {name} to leave it behind."
            )
            continue
        del left[there.name]
        pg_type = _match_type(column, about[column.name], there.pg_type, options, name, plan)
        if ROUNDING_TYPES.fullmatch(pg_type.sql) and not (verify or there.is_generated):
            plan.errors.append(
                f"{name}: is {pg_type.sql} in Postgres, which rounds what it is given, and does not "
                f"say so. Change its type, or say --exclude {name}."
            )
        if verify and options.on_bad == "text" and pg_type == Text():
            pg_type = AnyText()  # as it would have been, if there was need
        if (table.name, column.name) in options.text_columns:
            if not isinstance(pg_type, Text) or pg_type.limit:
                plan.fixed_type_columns.append(f"{name} ({pg_type.sql})")
            pg_type = AnyText(pg_type.sql)
        columns.append(
            ColumnMapping(column, there.name, pg_type, there.not_null, not there.is_generated)
        )
    for column_there in left.values():
        if column_there.is_generated:
            continue
        if column_there.not_null and not column_there.has_default and not verify:
            plan.errors.append(
                f"{existing.name}.{column_there.name}: takes no NULL, and {table.name} has no such "
                "column. Give it a default."
            )
        else:
            plan.add_note(
                f"{existing.name}.{column_there.name}",
                "is not in the SQLite file; "
                + ("its default fills it" if column_there.has_default else "stays NULL"),
            )
    return TableMapping(
        table,
        existing.name,
        False,
        columns,
        triggers=existing.triggers,
        parent_tables=existing.parent_tables,
    )


def extra_stats(table: Table, existing: TargetTable) -> dict[str, dict[str, str]]:
    """What has to be known of the values besides, for the types that the columns have."""
    there = {column.name: column for column in existing.columns}
    kinds = {c.name: found.pg_type for c in table.columns if (found := _find_column(c, there))}
    return {
        name: DATETIME_STATS if isinstance(pg_type, Timestamp) else ALL_DATES
        for name, pg_type in kinds.items()
        if isinstance(pg_type, Timestamp | Interval)
    }


def _find_column(column: Column, there: dict[str, TargetColumn]) -> TargetColumn | None:
    if column.name in there:
        return there[column.name]
    alike = [one for name, one in there.items() if name.lower() == column.name.lower()]
    return alike[0] if len(alike) == 1 else there.get(shorten_name(column.name))


def _match_type(
    column: Column, about: Stats, pg_type: PgType, options: Options, name: str, plan: Plan
) -> PgType:
    """The target's type, with what the values say about numbers that are dates."""
    own = type_inference.infer_type(column, about).pg_type
    asked = options.types.get(name.lower())
    if asked and type(asked) is not type(pg_type):
        plan.add_note(name, f"stays {pg_type.sql}, not {asked.sql}: it is there already")
    if isinstance(pg_type, Timestamp):
        unit = next((k.unit for k in (asked, own) if isinstance(k, Timestamp) and k.unit), "")
        if not unit and about.get("least") is not None and not about["texts"]:
            unit = type_inference.infer_unit(about)
        pg_type = replace(pg_type, unit=unit)
    elif isinstance(pg_type, Interval):
        pg_type = type_inference.interval_of_dates(
            asked if isinstance(asked, Interval) else pg_type, about
        )
    if not pg_type.not_comparable:
        plan.add_note(
            name, "; ".join(_describe_differences(column.declared or own.sql, own, pg_type, about))
        )
    return pg_type


def _describe_differences(
    declared: str, own: PgType, pg_type: PgType, about: Stats
) -> Iterator[str]:
    """What a type of the target means for the values, where it is not what SQLite declares."""
    if isinstance(pg_type, Timestamp) and pg_type.unit:
        yield f"its values are {UNIT_NAMES[pg_type.unit]}"
        return
    if isinstance(pg_type, Interval) and pg_type.unit == EPOCH_DATES and about.get("dated"):
        yield "its values are dates; what has passed since 1970 is the interval"
        return
    if _is_other_or_narrower(own, pg_type):
        yield f"{declared} in SQLite, {pg_type.sql} in Postgres"
    if isinstance(pg_type, Timestamp) and "with time zone" in pg_type.sql and about.get("zoneless"):
        yield "dates that name no time zone are UTC"
    if isinstance(pg_type, Timestamp) and "without time zone" in pg_type.sql and about.get("zoned"):
        yield "dates that name a time zone are brought to UTC"


def _is_other_or_narrower(own: PgType, pg_type: PgType) -> bool:
    """Whether a column is of another sort than the values, or narrower than what is declared."""
    match own, pg_type:
        case Text(), Text():
            return bool(pg_type.limit) and not 0 < own.limit <= pg_type.limit
        case Numeric(), Numeric():
            whole = pg_type.precision - pg_type.scale
            narrow = own.precision - own.scale > whole or own.scale > pg_type.scale
            return bool(pg_type.precision) and (narrow or not own.precision)
        case Timestamp(), Timestamp():
            return (own.sql == "date") != (pg_type.sql == "date")
    return type(own) is not type(pg_type)
