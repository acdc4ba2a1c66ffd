"""Existing tables: matches their columns by name, and describes the differences."""

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
from demijohn.sqlite_import.types.numbers_and_booleans import Numeric
from demijohn.sqlite_import.types.text_types import AnyText, Text


def match_table(
    table: Table,
    stats: dict[str, Stats],
    existing: TargetTable,
    options: Options,
    plan: Plan,
    *,
    verify: bool,
) -> TableMapping:
    """Match columns by name, case-insensitively unless the name is ambiguous."""
    if existing.unwritable_reason:
        plan.errors.append(
            f"{table.name}: cannot be written to: {existing.unwritable_reason}. Fix that, "
            f"or use --exclude {table.name}."
        )
    elif existing.has_rows and not (options.replace or options.append):
        plan.nonempty_tables.append(existing.name)
    if existing.triggers and not verify:
        names = ", ".join(dict.fromkeys(trigger.name for trigger in existing.triggers))
        plan.add_note(existing.name, f"its triggers are disabled during the import: {names}")
    unmatched = {column.name: column for column in existing.columns}
    columns = []
    for column in table.columns:
        name = f"{table.name}.{column.name}"
        if plan.is_excluded("column", name, options):
            continue
        target_column = _find_column(column, unmatched)
        if target_column is None:
            plan.errors.append(
                f"{name}: the table in Postgres has no such column. Add it, or use --exclude "
                f"{name}."
            )
            continue
        del unmatched[target_column.name]
        pg_type = _match_type(
            column, stats[column.name], target_column.pg_type, options, name, plan
        )
        if ROUNDING_TYPES.fullmatch(pg_type.sql) and not (verify or target_column.is_generated):
            plan.errors.append(
                f"{name}: is {pg_type.sql} in Postgres, which silently rounds values. Change "
                f"its type, or use --exclude {name}."
            )
        if verify and options.on_bad == "text" and pg_type == Text():
            pg_type = AnyText()  # as the import would have done if needed
        if (table.name, column.name) in options.text_columns:
            if not isinstance(pg_type, Text) or pg_type.limit:
                plan.fixed_type_columns.append(f"{name} ({pg_type.sql})")
            pg_type = AnyText(pg_type.sql)
        columns.append(
            ColumnMapping(
                column,
                target_column.name,
                pg_type,
                target_column.not_null,
                not target_column.is_generated,
            )
        )
    for unmatched_column in unmatched.values():
        if unmatched_column.is_generated:
            continue
        if unmatched_column.not_null and not unmatched_column.has_default and not verify:
            plan.errors.append(
                f"{existing.name}.{unmatched_column.name}: is NOT NULL, and {table.name} has no "
                "such column. Give it a default."
            )
        else:
            plan.add_note(
                f"{existing.name}.{unmatched_column.name}",
                "is not in the SQLite file; "
                + ("its default is used" if unmatched_column.has_default else "stays NULL"),
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
    """The additional statistics that the types of the target columns require."""
    target_columns = {column.name: column for column in existing.columns}
    types = {
        column.name: found.pg_type
        for column in table.columns
        if (found := _find_column(column, target_columns))
    }
    return {
        name: DATETIME_STATS if isinstance(pg_type, Timestamp) else ALL_DATES
        for name, pg_type in types.items()
        if isinstance(pg_type, Timestamp | Interval)
    }


def _find_column(column: Column, target_columns: dict[str, TargetColumn]) -> TargetColumn | None:
    if column.name in target_columns:
        return target_columns[column.name]
    matches = [
        target_column
        for name, target_column in target_columns.items()
        if name.lower() == column.name.lower()
    ]
    return matches[0] if len(matches) == 1 else target_columns.get(shorten_name(column.name))


def _match_type(
    column: Column, stats: Stats, pg_type: PgType, options: Options, name: str, plan: Plan
) -> PgType:
    """The target's type, with the unit of numeric dates from the values."""
    inferred = type_inference.infer_type(column, stats).pg_type
    requested = options.types.get(name.lower())
    if requested and type(requested) is not type(pg_type):
        plan.add_note(name, f"stays {pg_type.sql}, not {requested.sql}: the column exists already")
    if isinstance(pg_type, Timestamp):
        unit = next(
            (k.unit for k in (requested, inferred) if isinstance(k, Timestamp) and k.unit), ""
        )
        if not unit and stats.get("least") is not None and not stats["texts"]:
            unit = type_inference.infer_unit(stats)
        pg_type = replace(pg_type, unit=unit)
    elif isinstance(pg_type, Interval):
        pg_type = type_inference.interval_of_dates(
            requested if isinstance(requested, Interval) else pg_type, stats
        )
    if not pg_type.not_comparable:
        declared = column.declared or inferred.sql
        differences = _describe_differences(declared, inferred, pg_type, stats)
        plan.add_note(name, "; ".join(differences))
    return pg_type


def _describe_differences(
    declared: str, inferred: PgType, pg_type: PgType, stats: Stats
) -> Iterator[str]:
    """What the target's type means for the values if it differs from the declared one."""
    if isinstance(pg_type, Timestamp) and pg_type.unit:
        yield f"its values are {UNIT_NAMES[pg_type.unit]}"
        return
    if isinstance(pg_type, Interval) and pg_type.unit == EPOCH_DATES and stats.get("dated"):
        yield "its values are dates; the time since 1970 becomes the interval"
        return
    if _is_other_or_narrower(inferred, pg_type):
        yield f"{declared} in SQLite, {pg_type.sql} in Postgres"
    if isinstance(pg_type, Timestamp) and "with time zone" in pg_type.sql and stats.get("zoneless"):
        yield "dates without a time zone are taken as UTC"
    if isinstance(pg_type, Timestamp) and "without time zone" in pg_type.sql and stats.get("zoned"):
        yield "dates with a time zone are converted to UTC"


def _is_other_or_narrower(inferred: PgType, pg_type: PgType) -> bool:
    """Whether the column is of another type than the values, or narrower than declared."""
    match inferred, pg_type:
        case Text(), Text():
            return bool(pg_type.limit) and not 0 < inferred.limit <= pg_type.limit
        case Numeric(), Numeric():
            whole = pg_type.precision - pg_type.scale
            narrow = inferred.precision - inferred.scale > whole or inferred.scale > pg_type.scale
            return bool(pg_type.precision) and (narrow or not inferred.precision)
        case Timestamp(), Timestamp():
            return (inferred.sql == "date") != (pg_type.sql == "date")
    return type(inferred) is not type(pg_type)
