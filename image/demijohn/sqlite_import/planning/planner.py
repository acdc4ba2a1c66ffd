"""Decides which table and column goes where, and notes what there is to know of it."""

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
# What migrations write down of themselves. Where they have run, theirs is the truth.
MIGRATION_TABLES = frozenset(("alembic_version", "django_migrations", "schema_migrations"))

ALEMBIC_TEMPORARY = "_alembic_tmp_"  # https://alembic.sqlalchemy.org/en/latest/batch.html
CREATED_BESIDE_EXISTING = (
    "is made here, since Postgres has no table of that name, and has others of the file"
)
NOCASE_NOTE = "COLLATE NOCASE in SQLite; in Postgres it compares with case, so write lower()"


def make_plan(
    source: Source,
    pool: ReaderPool,
    schema: Schema,
    target: Target,
    options: Options,
    *,
    verify: bool = False,
) -> Plan:
    """Match every table of the source; to `verify`, all of them have to be there.

    Raises CommandError(65) where the source is damaged.
    """
    plan = Plan(losses=list(schema.losses), names=NameAllocator(target.taken_names))
    if target.schema and not (target.tables.keys() - MIGRATION_TABLES or verify):
        plan.add_note(target.schema, plan_errors.NO_TABLES)
    called = {
        table.name: plan.names.allocate(table.name)
        for table in schema.tables
        if target.find_table(table.name) is None
    }
    for table in schema.tables:
        if plan.is_excluded("table", table.name, options):
            continue
        existing = target.find_table(table.name)
        if existing is None and verify:
            plan.errors.append(f"{table.name}: there is no such table in Postgres.")
            continue
        if existing is None:
            about = column_stats(pool, table, _extra_stats(table, options))
            mapping = _plan_new_table(table, called[table.name], about, options, plan)
        elif table.name in MIGRATION_TABLES and (
            verify or (existing.has_rows and not options.append)
        ):
            plan.losses.append(
                SchemaLoss("table", table.name, "the migrations have written their own")
            )
            continue
        else:
            about = column_stats(pool, table, match_existing.extra_stats(table, existing))
            mapping = match_existing.match_table(
                table, about, existing, options, plan, verify=verify
            )
        ((mapping.rows,),) = source.execute(f"SELECT count(*) FROM {quote_ident(table.name)}")  # noqa: S608
        mapping.row_bytes = _row_bytes(about)
        plan.tables.append(mapping)
    if plan.nonempty_tables:
        plan.errors.append(plan_errors.tables_not_empty(plan.nonempty_tables))
    if plan.fixed_type_columns:
        plan.errors.append(plan_errors.types_are_fixed(plan.fixed_type_columns))
    if not plan.tables and not plan.errors:
        why = "has no tables to import" if not schema.tables else "has tables, and all are left out"
        raise CommandError(Exit.BAD_DATA, f"{source.path} {why}.")
    for mapping in plan.tables:
        for column in mapping.uncompared:
            why = f"{column.pg_type.not_comparable}; so the proof counts its values, and does not compare them"
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
    """What to know of a table in which Alembic has copied rows, and that it has not renamed."""
    if not table.startswith(ALEMBIC_TEMPORARY):
        return ""
    return f"is left of a migration that broke off, and is made here too: --exclude {table}"


def _extra_stats(table: Table, options: Options) -> dict[str, dict[str, str]]:
    """What has to be known of the values besides, for the types that were asked for."""
    asked = {
        one.name: options.types.get(f"{table.name}.{one.name}".lower()) for one in table.columns
    }
    return {name: ALL_DATES for name, pg_type in asked.items() if isinstance(pg_type, Interval)}


def _check_name_conflicts(plan: Plan, target: Target) -> None:
    """What to know of tables for which a new one may be mistaken; no two may go into one."""
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
    if alike := ", ".join(table.name for table in target.tables_like(mapping.source.name)):
        yield Note(mapping.name, f"is created beside {alike}: none of them is it beyond doubt")
    if hidden := target.other_schemas.get(mapping.name):
        yield Note(mapping.name, f"is created in {target.schema}, where it hides {hidden}")


def _row_bytes(about: dict[str, Stats]) -> int:
    """How large a row may be: a character of text takes up to four bytes."""
    return sum(16 + 4 * (column.get("longest") or 0) for column in about.values())


def _plan_new_table(
    table: Table,
    name: str,
    about: dict[str, Stats],
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
        choice = type_inference.infer_type(column, about[column.name])
        if asked := options.types.get(key.lower()):
            choice = _type_from_option(asked, about[column.name])
        if (table.name, column.name) in options.text_columns:
            choice = type_inference.InferredType(
                AnyText(), "text: for the values that do not fit elsewhere"
            )
        called = names.allocate(column.name)
        if called != column.name:
            plan.add_note(key, f"is called {called} in Postgres")
        plan.add_note(key, choice.note)
        alias = column.name == table.rowid_alias
        columns.append(ColumnMapping(column, called, choice.pg_type, column.not_null or alias))
    if not columns:
        plan.errors.append(f"{table.name}: no column is left of it. Exclude the whole table.")
    if len(columns) > MAX_COLUMNS:
        plan.errors.append(
            f"{table.name}: has {len(columns):,} columns, and Postgres takes {MAX_COLUMNS:,}. "
            f"Split it in SQLite, or leave columns behind with --exclude {table.name}.COLUMN."
        )
    return TableMapping(table, name, True, columns)


def _type_from_option(asked: PgType, about: Stats) -> type_inference.InferredType:
    pg_type = (
        type_inference.interval_of_dates(asked, about) if isinstance(asked, Interval) else asked
    )
    return type_inference.InferredType(pg_type, f"{pg_type.sql}: as asked")


def _sort_by_foreign_keys(plan: Plan) -> None:
    """Parents before children; where they form a circle, as they come."""
    there = {mapping.name: mapping for mapping in plan.tables}
    graph = {
        name: [parent for parent in mapping.parent_tables if parent in there]
        for name, mapping in there.items()
    }
    try:
        order = list(TopologicalSorter(graph).static_order())
        plan.tables = [there[name] for name in order]
    except CycleError:
        plan.has_cycles = True
