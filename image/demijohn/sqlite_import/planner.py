"""Decides which table and column goes where, and notes what there is to know of it."""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.sqlite_import import advice, choose, hints, match
from demijohn.sqlite_import.crew import Crew
from demijohn.sqlite_import.facts import DATED, Facts, facts
from demijohn.sqlite_import.moments import Interval
from demijohn.sqlite_import.move import Move, TableMove
from demijohn.sqlite_import.plan import Names, Note, Options, Plan
from demijohn.sqlite_import.schema import Left, Schema, Table
from demijohn.sqlite_import.source import Source, identifier
from demijohn.sqlite_import.target import Target
from demijohn.sqlite_import.texts import AnyText, Text
from demijohn.sqlite_import.values import Kind

MOST_COLUMNS = 1600  # https://www.postgresql.org/docs/current/limits.html
SYSTEM_COLUMNS = frozenset(("tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"))
# What migrations write down of themselves. Where they have run, theirs is the truth.
BOOKS_OF_MIGRATIONS = frozenset(("alembic_version", "django_migrations", "schema_migrations"))

ALEMBICS_COPY = "_alembic_tmp_"  # https://alembic.sqlalchemy.org/en/latest/batch.html
MADE_HERE = "is made here, since Postgres has no table of that name, and has others of the file"
HEEDS_CASE = "COLLATE NOCASE in SQLite; in Postgres it compares with case, so write lower()"


def make(
    source: Source,
    crew: Crew,
    schema: Schema,
    target: Target,
    options: Options,
    *,
    verify: bool = False,
) -> Plan:
    """Match every table of the source; to `verify`, all of them have to be there.

    Raises CommandError(65) where the source is damaged.
    """
    plan = Plan(left=list(schema.left), names=Names(target.relations))
    if target.schema and not (target.tables.keys() - BOOKS_OF_MIGRATIONS or verify):
        plan.note(target.schema, advice.EMPTY)
    called = {
        table.name: plan.names.give(table.name)
        for table in schema.tables
        if target.find(table.name) is None
    }
    for table in schema.tables:
        if plan.excludes("table", table.name, options):
            continue
        existing = target.find(table.name)
        if existing is None and verify:
            plan.refusals.append(f"{table.name}: there is no such table in Postgres.")
            continue
        if existing is None:
            about = facts(crew, table, _closer(table, options))
            move = _new(table, called[table.name], about, options, plan)
        elif table.name in BOOKS_OF_MIGRATIONS and (
            verify or (existing.has_rows and not options.append)
        ):
            plan.left.append(Left("table", table.name, "the migrations have written their own"))
            continue
        else:
            about = facts(crew, table, match.closer(table, existing))
            move = match.existing_table(table, about, existing, options, plan, verify=verify)
        ((move.rows,),) = source.execute(f"SELECT count(*) FROM {identifier(table.name)}")  # noqa: S608
        move.row_bytes = _row_bytes(about)
        plan.tables.append(move)
    if plan.holding:
        plan.refusals.append(advice.holding(plan.holding))
    if plan.typed:
        plan.refusals.append(advice.typed(plan.typed))
    if not plan.tables and not plan.refusals:
        why = "has no tables to import" if not schema.tables else "has tables, and all are left out"
        raise CommandError(Exit.BAD_DATA, f"{source.path} {why}.")
    for move in plan.tables:
        for one in move.uncompared:
            why = f"{one.kind.unknown}; so the proof counts its values, and does not compare them"
            plan.note(f"{move.table.name}.{one.column.name}", why)
    _beside_others(plan, target)
    created = [move for move in plan.tables if move.created]
    if len(created) < len(plan.tables):
        for move in created:
            plan.note(move.table.name, _leftover(move.table.name) or MADE_HERE)
    for move in created:
        for one in move.moves:
            if one.column.collation == "NOCASE" and isinstance(one.kind, Text):
                plan.note(f"{move.table.name}.{one.column.name}", HEEDS_CASE)
    plan.notes += hints.hints(crew, created, set(options.types))
    _order(plan)
    return plan


def _leftover(table: str) -> str:
    """What to know of a table in which Alembic has copied rows, and that it has not renamed."""
    if not table.startswith(ALEMBICS_COPY):
        return ""
    return f"is left of a migration that broke off, and is made here too: --exclude {table}"


def _closer(table: Table, options: Options) -> dict[str, dict[str, str]]:
    """What has to be known of the values besides, for the types that were asked for."""
    asked = {
        one.name: options.types.get(f"{table.name}.{one.name}".lower()) for one in table.columns
    }
    return {name: DATED for name, kind in asked.items() if isinstance(kind, Interval)}


def _beside_others(plan: Plan, target: Target) -> None:
    """What to know of tables for which a new one may be mistaken; no two may go into one."""
    taken: dict[str, str] = {}
    for move in plan.tables:
        if move.created:
            plan.notes += _alike(move, target)
        elif (other := taken.setdefault(move.name, move.table.name)) != move.table.name:
            plan.refusals.append(
                f"{other} and {move.table.name} would both go into {move.name}. "
                "Rename one in SQLite."
            )


def _alike(move: TableMove, target: Target) -> Iterator[Note]:
    if alike := ", ".join(table.name for table in target.alike(move.table.name)):
        yield Note(move.name, f"is created beside {alike}: none of them is it beyond doubt")
    if hidden := target.elsewhere.get(move.name):
        yield Note(move.name, f"is created in {target.schema}, where it hides {hidden}")


def _row_bytes(about: dict[str, Facts]) -> int:
    """How large a row may be: a character of text takes up to four bytes."""
    return sum(16 + 4 * (column.get("longest") or 0) for column in about.values())


def _new(
    table: Table,
    name: str,
    about: dict[str, Facts],
    options: Options,
    plan: Plan,
) -> TableMove:
    if name != table.name:
        plan.note(table.name, f"the table is called {name} in Postgres")
    columns = Names(set(SYSTEM_COLUMNS))
    moves = []
    for column in table.columns:
        key = f"{table.name}.{column.name}"
        if plan.excludes("column", key, options):
            continue
        choice = choose.choose(column, about[column.name])
        if asked := options.types.get(key.lower()):
            choice = _as_asked(asked, about[column.name])
        if (table.name, column.name) in options.as_text:
            choice = choose.Choice(AnyText(), "text: for the values that do not fit elsewhere")
        called = columns.give(column.name)
        if called != column.name:
            plan.note(key, f"is called {called} in Postgres")
        plan.note(key, choice.note)
        alias = column.name == table.alias
        moves.append(Move(column, called, choice.kind, column.not_null or alias))
    if not moves:
        plan.refusals.append(f"{table.name}: no column is left of it. Exclude the whole table.")
    if len(moves) > MOST_COLUMNS:
        plan.refusals.append(
            f"{table.name}: has {len(moves):,} columns, and Postgres takes {MOST_COLUMNS:,}. "
            f"Split it in SQLite, or leave columns behind with --exclude {table.name}.COLUMN."
        )
    return TableMove(table, name, True, moves)


def _as_asked(asked: Kind, about: Facts) -> choose.Choice:
    kind = choose.spans(asked, about) if isinstance(asked, Interval) else asked
    return choose.Choice(kind, f"{kind.sql}: as asked")


def _order(plan: Plan) -> None:
    """Parents before children; where they form a circle, as they come."""
    there = {move.name: move for move in plan.tables}
    graph = {
        name: [parent for parent in move.parents if parent in there] for name, move in there.items()
    }
    try:
        order = list(TopologicalSorter(graph).static_order())
        plan.tables = [there[name] for name in order]
    except CycleError:
        plan.cycles = True
