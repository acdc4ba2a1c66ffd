"""Tables that are there already: held meanwhile, emptied if asked to, and kept from reacting."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from psycopg2 import errors

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.sqlite_import import proof, strays, suitable
from demijohn.sqlite_import.account import Sum
from demijohn.sqlite_import.move import TableMove
from demijohn.sqlite_import.plan import Options, Plan
from demijohn.sqlite_import.source import identifier
from demijohn.sqlite_import.target import Target


def hold(target: Target, options: Options, database: str, names: Sequence[str]) -> None:
    """Lock those of the tables that are there, and see whether they hold rows.

    `database` is what it is called in messages. Raises CommandError(69) where a right is missing.
    """
    kept = (name for name in names if name.lower() not in options.exclude)
    tables = [one for one in map(target.find, kept) if one and not one.rejected]
    needed = suitable.TO_REPLACE if options.replace else suitable.TO_APPEND
    suitable.rights(target, database, [one.name for one in tables], needed)
    mode = "ACCESS EXCLUSIVE" if options.replace else "SHARE ROW EXCLUSIVE"
    for table in tables:
        quoted = identifier(table.name)
        target.run(f"LOCK TABLE {quoted} IN {mode} MODE")
        ((table.has_rows,),) = target.rows(f"SELECT EXISTS (SELECT FROM {quoted})")  # noqa: S608


def empty(target: Target, options: Options, plan: Plan) -> dict[str, Sum]:
    """Empty the tables if asked to; else what they hold, which is none of ours to prove.

    Raises CommandError(65) where another table, which is not imported, refers to one of them.
    """
    tables = _existing(plan)
    if not tables:
        return {}
    if options.replace:
        try:
            target.run(f"TRUNCATE {', '.join(identifier(move.name) for move in tables)}")
        except errors.FeatureNotSupported as error:
            raise CommandError(
                Exit.BAD_DATA,
                f"--replace: {error.diag.message_detail or error.diag.message_primary}"
                " Empty that table first, or import it too.",
            ) from None
    if not options.append:
        return {}
    return {move.name: proof.of_target(target, move) for move in tables}


@contextmanager
def undisturbed(target: Target, plan: Plan, *, may_skip: bool) -> Iterator[list[strays.Key]]:
    """Load without triggers, and with foreign keys that wait where tables form a circle, or where
    rows may have to be taken out again: in that case, those keys.
    """
    tables = _existing(plan)
    triggers = [trigger for move in tables for trigger in move.triggers]
    for trigger in triggers:
        target.run(f"ALTER TABLE {trigger.table} DISABLE TRIGGER {identifier(trigger.name)}")
    waiting = plan.cycles or may_skip
    names = [move.name for move in tables]
    keys = strays.keys(target, names, needed=plan.cycles) if waiting else []
    altered = [key.alter for key in keys if not key.deferrable]
    for one in altered:
        target.run(f"{one} DEFERRABLE INITIALLY DEFERRED")
    target.run("SET CONSTRAINTS ALL DEFERRED")
    yield keys if may_skip else []
    target.run("SET CONSTRAINTS ALL IMMEDIATE")
    for one in altered:
        target.run(f"{one} NOT DEFERRABLE")
    for trigger in triggers:
        enable = "ENABLE ALWAYS" if trigger.always else "ENABLE"
        target.run(f"ALTER TABLE {trigger.table} {enable} TRIGGER {identifier(trigger.name)}")


def _existing(plan: Plan) -> list[TableMove]:
    return [move for move in plan.tables if not move.created]
