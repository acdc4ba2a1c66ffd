"""Which table and column goes where: decided, and told, before anything is written."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter

from ..exits import Exit, Stop
from . import advice, choose
from .choose import Facts
from .crew import Crew
from .moments import UNIT_NAMES, Interval, Moment
from .move import Move, TableMove
from .schema import Column, Left, Schema, Table
from .source import Source, identifier
from .target import NAME_BYTES, ROUNDING, Target, TargetColumn, TargetTable, renamed
from .texts import AnyText, Text
from .values import Kind

MOST_COLUMNS = 1600  # https://www.postgresql.org/docs/current/limits.html
SYSTEM_COLUMNS = frozenset(("tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"))
# What migrations write down of themselves. Where they have run, theirs is the truth.
BOOKS_OF_MIGRATIONS = frozenset(("alembic_version", "django_migrations", "schema_migrations"))


@dataclass
class Options:
    """What the command was asked for."""

    on_bad: str = ""  # "null", "text" or "skip"; empty: stop
    replace: bool = False
    append: bool = False
    exclude: frozenset[str] = frozenset()  # "table" or "table.column", in lower case
    types: dict[str, Kind] = field(default_factory=dict)  # by "table.column" in lower case
    as_text: set[tuple[str, str]] = field(default_factory=set)  # columns that --on-bad makes text


@dataclass
class Plan:
    """All that will be done; `notes` are told first, `refusals` end the command."""

    tables: list[TableMove] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    holding: list[str] = field(default_factory=list)  # tables that hold rows, and may not
    left: list[Left] = field(default_factory=list)
    cycles: bool = False  # tables that exist refer to each other in a circle
    names: "Names" = field(default_factory=lambda: Names(set()))  # for all that is created

    def leave(self, what: Left, reason: str, *, kept: bool = False) -> None:
        """Note that it is left behind, or `kept` otherwise than it was."""
        self.left.append(replace(what, reason=reason, kept=kept))

    def find(self, table: str) -> TableMove | None:
        """The move of a source's table."""
        return next((t for t in self.tables if t.table.name == table), None)


class Names:
    """Hands out names that Postgres takes: at most 63 bytes, none of them twice."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = set(taken)

    def give(self, wanted: str) -> str:
        """`wanted`, or as much of it as goes, with a digest of the whole."""
        name = wanted
        number = 0
        while name in self._taken or len(name.encode()) > NAME_BYTES or not name:
            name = renamed(wanted, number)
            number += 1
        self._taken.add(name)
        return name


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

    Raises Stop(65) where the source is damaged.
    """
    plan = Plan(left=list(schema.left), names=Names(target.relations))
    called = {
        table.name: plan.names.give(table.name)
        for table in schema.tables
        if target.find(table.name) is None
    }
    for table in schema.tables:
        if table.name.lower() in options.exclude:
            plan.left.append(Left("table", table.name, "excluded as asked"))
            continue
        existing = target.find(table.name)
        about = choose.facts(crew, table, _dates(table, existing))
        if existing is None and verify:
            plan.refusals.append(f"{table.name}: there is no such table in Postgres.")
            continue
        if existing is None:
            move = _new(table, called[table.name], about, options, plan)
        elif existing.has_rows and table.name in BOOKS_OF_MIGRATIONS and not options.append:
            plan.left.append(Left("table", table.name, "the migrations have written their own"))
            continue
        else:
            move = _existing(table, about, existing, options, plan, verify=verify)
        ((move.rows,),) = source.execute(f"SELECT count(*) FROM {identifier(table.name)}")  # noqa: S608
        move.row_bytes = _row_bytes(about)
        plan.tables.append(move)
    if plan.holding:
        plan.refusals.append(advice.holding(plan.holding))
    if not plan.tables and not plan.refusals:
        raise Stop(Exit.BAD_DATA, f"{source.path} has no tables to import.")
    if not (target.tables.keys() - BOOKS_OF_MIGRATIONS or verify):
        plan.notes.insert(0, advice.empty(target.schema))
    taken: dict[str, str] = {}
    for move in plan.tables:
        if move.created:
            plan.notes += _alike(move, target)
        elif (other := taken.setdefault(move.name, move.table.name)) != move.table.name:
            plan.refusals.append(
                f"{other} and {move.table.name} would both go into {move.name}. "
                "Rename one in SQLite."
            )
    _order(plan)
    return plan


def _alike(move: TableMove, target: Target) -> Iterator[str]:
    """What to know of tables for which a new one may be mistaken."""
    if alike := ", ".join(table.name for table in target.alike(move.table.name)):
        yield f"{move.name}: is created beside {alike}: none of them is it beyond doubt"
    if hidden := target.elsewhere.get(move.name):
        yield f"{move.name}: is created in {target.schema}, where it hides {hidden}"


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
        plan.notes.append(f"{table.name}: the table is called {name} in Postgres")
    columns = Names(set(SYSTEM_COLUMNS))
    moves = []
    for column in table.columns:
        key = f"{table.name}.{column.name}".lower()
        if key in options.exclude:
            plan.left.append(Left("column", f"{table.name}.{column.name}", "excluded as asked"))
            continue
        choice = choose.choose(column, about[column.name])
        if key in options.types:
            choice = choose.Choice(options.types[key], f"{options.types[key].sql}: as asked")
        if (table.name, column.name) in options.as_text:
            choice = choose.Choice(AnyText(), "text: for the values that do not fit elsewhere")
        called = columns.give(column.name)
        if called != column.name:
            plan.notes.append(f"{table.name}.{column.name}: is called {called} in Postgres")
        if choice.note:
            plan.notes.append(f"{table.name}.{column.name}: {choice.note}")
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


def _existing(
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
    if existing.triggers:
        names = ", ".join(dict.fromkeys(trigger.name for trigger in existing.triggers))
        plan.notes.append(f"{existing.name}: its triggers stay silent meanwhile: {names}")
    left = {column.name: column for column in existing.columns}
    moves = []
    for column in table.columns:
        name = f"{table.name}.{column.name}"
        if name.lower() in options.exclude:
            plan.left.append(Left("column", name, "excluded as asked"))
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
                plan.refusals.append(
                    f"{name}: is {kind.sql} in Postgres, so --on-bad text cannot make it text."
                )
            kind = AnyText(kind.sql)
        moves.append(Move(column, there.name, kind, there.not_null, not there.generated))
    for column_there in left.values():
        if column_there.generated:
            continue
        if column_there.not_null and not column_there.given:
            plan.refusals.append(
                f"{existing.name}.{column_there.name}: takes no NULL, and {table.name} has no such "
                "column. Give it a default."
            )
        else:
            plan.notes.append(
                f"{existing.name}.{column_there.name}: is not in the SQLite file; "
                + ("its default fills it" if column_there.given else "stays NULL")
            )
    return TableMove(
        table,
        existing.name,
        False,
        moves,
        triggers=existing.triggers,
        parents=existing.parents,
    )


def _dates(table: Table, existing: TargetTable | None) -> set[str]:
    """The columns that are dates or times in Postgres, and may be numbers in SQLite."""
    there = {column.name: column for column in existing.columns} if existing else {}
    matched = ((column, _match(column, there)) for column in table.columns)
    return {column.name for column, one in matched if one and isinstance(one.kind, Moment)}


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
        plan.notes.append(f"{name}: stays {kind.sql}, not {asked.sql}: it is there already")
    if isinstance(kind, Moment):
        unit = next((k.unit for k in (asked, own) if isinstance(k, Moment) and k.unit), "")
        if not unit and about.get("least") is not None and not about["texts"]:
            unit = choose.unit_of(about["least"], about["most"], about["reals"])
        if unit:
            plan.notes.append(f"{name}: its values are {UNIT_NAMES[unit]}")
            return replace(kind, unit=unit)
    elif isinstance(kind, Interval) and isinstance(asked, Interval):
        return asked
    elif not kind.known:
        plan.notes.append(f"{name}: {kind.sql} is Postgres's to judge; the proof only counts it")
    elif type(own) is not type(kind):
        plan.notes.append(f"{name}: {kind.sql} in Postgres, by itself it would be {own.sql}")
    return kind


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
