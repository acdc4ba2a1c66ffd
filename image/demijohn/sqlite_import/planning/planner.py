"""Decides which table and column goes where, and notes what the user should know."""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.sqlite_import.model.mapping import ColumnMapping, TableMapping
from demijohn.sqlite_import.model.pg_type import PgType
from demijohn.sqlite_import.model.plan import NameAllocator, Note, Options, Plan
from demijohn.sqlite_import.model.schema import Schema, SchemaLoss, Table
from demijohn.sqlite_import.planning import (
    match_existing,
    plan_errors,
    type_inference,
    type_suggestions,
)
from demijohn.sqlite_import.planning.column_stats import ALL_DATES, Stats, column_stats
from demijohn.sqlite_import.source.database import Source
from demijohn.sqlite_import.sql_names import quote_ident
from demijohn.sqlite_import.target.catalog import Target
from demijohn.sqlite_import.types.datetimes import Interval
from demijohn.sqlite_import.types.text_types import AnyText, Text
from demijohn.sqlite_import.workers.reader_pool import ReaderPool

MAX_COLUMNS = 1600  # https://www.postgresql.org/docs/current/limits.html
SYSTEM_COLUMNS = frozenset(("tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"))
# Where migrations have run, their own records are correct, not the file's.
MIGRATION_TABLES = frozenset(("alembic_version", "django_migrations", "schema_migrations"))

ALEMBIC_TEMPORARY = "_alembic_tmp_"  # https://alembic.sqlalchemy.org/en/latest/batch.html
CREATED_BESIDE_EXISTING = (
    "is created, since Postgres does not have it, although it has other tables of the file"
)
NOCASE_NOTE = "case-insensitive in SQLite (COLLATE NOCASE), case-sensitive in Postgres: use lower()"


def make_plan(
    source: Source,
    pool: ReaderPool,
    schema: Schema,
    target: Target,
    options: Options,
    *,
    verify: bool = False,
) -> Plan:
    """Map every table of the source. With `verify` all of them must exist.

    Raises CommandError(65) if the source is damaged or has no tables.
    """
    plan = Plan(losses=list(schema.losses), names=NameAllocator(target.taken_names))
    if target.schema and not (target.tables.keys() - MIGRATION_TABLES or verify):
        plan.add_note(target.schema, plan_errors.NO_TABLES)
    names = {
        table.name: plan.names.allocate(table.name)
        for table in schema.tables
        if target.find_table(table.name) is None
    }
    for table in schema.tables:
        if plan.is_excluded("table", table.name, options):
            continue
        existing = target.find_table(table.name)
        if existing is None and verify:
            plan.errors.append(f"{table.name}: Postgres has no such table.")
            continue
        if existing is None:
            stats = column_stats(pool, table, _extra_stats(table, options))
            mapping = _plan_new_table(table, names[table.name], stats, options, plan)
        elif table.name in MIGRATION_TABLES and (
            verify or (existing.has_rows and not options.append)
        ):
            plan.losses.append(
                SchemaLoss("table", table.name, "Postgres has the records of its own migrations")
            )
            continue
        else:
            stats = column_stats(pool, table, match_existing.extra_stats(table, existing))
            mapping = match_existing.match_table(
                table, stats, existing, options, plan, verify=verify
            )
        ((mapping.rows,),) = source.execute(f"SELECT count(*) FROM {quote_ident(table.name)}")  # noqa: S608
        mapping.row_bytes = _row_bytes(stats)
        plan.tables.append(mapping)
    if plan.nonempty_tables:
        plan.errors.append(plan_errors.tables_not_empty(plan.nonempty_tables))
    if plan.fixed_type_columns:
        plan.errors.append(plan_errors.types_are_fixed(plan.fixed_type_columns))
    if not plan.tables and not plan.errors:
        why = plan_errors.nothing_to_import(schema, options)
        raise CommandError(Exit.BAD_DATA, f"{source.path} {why}")
    for mapping in plan.tables:
        for column in mapping.uncompared:
            why = f"{column.pg_type.not_comparable}; so its values are counted, but not compared"
            plan.add_note(f"{mapping.source.name}.{column.source.name}", why)
    _check_name_conflicts(plan, target)
    created = [mapping for mapping in plan.tables if mapping.created]
    if len(created) < len(plan.tables):
        for mapping in created:
            plan.add_note(
                mapping.source.name,
                _describe_leftover(mapping.source.name) or CREATED_BESIDE_EXISTING,
            )
    for mapping in created:
        for column in mapping.columns:
            if column.source.collation == "NOCASE" and isinstance(column.pg_type, Text):
                plan.add_note(f"{mapping.source.name}.{column.source.name}", NOCASE_NOTE)
    plan.notes += type_suggestions.suggest_types(pool, created, set(options.types))
    _sort_by_foreign_keys(plan)
    return plan


def _describe_leftover(table: str) -> str:
    """A note about a table that an interrupted Alembic migration has left, or ""."""
    if not table.startswith(ALEMBIC_TEMPORARY):
        return ""
    return f"is left from an interrupted migration, and is created too: --exclude {table}"


def _extra_stats(table: Table, options: Options) -> dict[str, dict[str, str]]:
    """The additional statistics that the types in --type require."""
    requested = {
        column.name: options.types.get(f"{table.name}.{column.name}".lower())
        for column in table.columns
    }
    return {name: ALL_DATES for name, pg_type in requested.items() if isinstance(pg_type, Interval)}


def _check_name_conflicts(plan: Plan, target: Target) -> None:
    """Note new tables that could be confused with existing ones. Two tables cannot go into one."""
    taken: dict[str, str] = {}
    for mapping in plan.tables:
        if mapping.created:
            plan.notes += _describe_similar_tables(mapping, target)
        elif (other := taken.setdefault(mapping.name, mapping.source.name)) != mapping.source.name:
            plan.errors.append(
                f"{other} and {mapping.source.name} would both go into {mapping.name}. "
                "Rename one in SQLite."
            )


def _describe_similar_tables(mapping: TableMapping, target: Target) -> Iterator[Note]:
    if similar := ", ".join(table.name for table in target.tables_like(mapping.source.name)):
        yield Note(mapping.name, f"is created beside {similar}, which differ from it in case only")
    if hidden := target.other_schemas.get(mapping.name):
        yield Note(mapping.name, f"is created in {target.schema}, where it hides {hidden}")


def _row_bytes(stats: dict[str, Stats]) -> int:
    """An upper bound for the size of a row: a character takes up to four bytes."""
    return sum(16 + 4 * (column.get("longest") or 0) for column in stats.values())


def _plan_new_table(
    table: Table,
    name: str,
    stats: dict[str, Stats],
    options: Options,
    plan: Plan,
) -> TableMapping:
    if name != table.name:
        plan.add_note(table.name, f"the table is called {name} in Postgres")
    names = NameAllocator(set(SYSTEM_COLUMNS))
    columns = []
    for column in table.columns:
        key = f"{table.name}.{column.name}"
        if plan.is_excluded("column", key, options):
            continue
        inferred = type_inference.infer_type(column, stats[column.name])
        if requested := options.types.get(key.lower()):
            inferred = _type_from_option(requested, stats[column.name])
        if (table.name, column.name) in options.text_columns:
            inferred = type_inference.InferredType(
                AnyText(), "text: for values that do not fit into another type"
            )
        column_name = names.allocate(column.name)
        if column_name != column.name:
            plan.add_note(key, f"is called {column_name} in Postgres")
        plan.add_note(key, inferred.note)
        not_null = column.not_null or column.name == table.rowid_alias
        columns.append(ColumnMapping(column, column_name, inferred.pg_type, not_null))
    if not columns:
        plan.errors.append(
            f"{table.name}: all of its columns are excluded. Exclude the whole table."
        )
    if len(columns) > MAX_COLUMNS:
        plan.errors.append(
            f"{table.name}: has {len(columns):,} columns, but Postgres allows "
            f"{MAX_COLUMNS:,}. Split it in SQLite, or exclude columns with --exclude "
            f"{table.name}.COLUMN."
        )
    return TableMapping(table, name, True, columns)


def _type_from_option(requested: PgType, stats: Stats) -> type_inference.InferredType:
    pg_type = requested
    if isinstance(requested, Interval):
        pg_type = type_inference.interval_of_dates(requested, stats)
    return type_inference.InferredType(pg_type, f"{pg_type.sql}: as requested")


def _sort_by_foreign_keys(plan: Plan) -> None:
    """Sort parents before children. Tables in a cycle keep their order."""
    by_name = {mapping.name: mapping for mapping in plan.tables}
    graph = {
        name: [parent for parent in mapping.parent_tables if parent in by_name]
        for name, mapping in by_name.items()
    }
    try:
        order = list(TopologicalSorter(graph).static_order())
        plan.tables = [by_name[name] for name in order]
    except CycleError:
        plan.has_cycles = True
