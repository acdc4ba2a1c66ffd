"""Locks existing tables, empties them on request, and disables their triggers during the load."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from psycopg2 import errors

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.sqlite_import.checksum.source_checksum import TableChecksum
from demijohn.sqlite_import.checksum.target_checksum import target_checksum
from demijohn.sqlite_import.load import fk_cascade_skip
from demijohn.sqlite_import.model.mapping import TableMapping
from demijohn.sqlite_import.model.plan import Options, Plan
from demijohn.sqlite_import.sql_names import quote_ident
from demijohn.sqlite_import.target import preflight
from demijohn.sqlite_import.target.catalog import Target


def lock_tables(target: Target, options: Options, database: str, names: Sequence[str]) -> None:
    """Lock the existing ones of these tables, and check whether they have rows.

    `database` is its name in messages. Raises CommandError(69) if a privilege is missing.
    """
    kept = (name for name in names if name.lower() not in options.exclude)
    tables = [one for one in map(target.find_table, kept) if one and not one.unwritable_reason]
    needed = preflight.TO_REPLACE if options.replace else preflight.TO_APPEND
    preflight.check_privileges(target, database, [one.name for one in tables], needed)
    mode = "ACCESS EXCLUSIVE" if options.replace else "SHARE ROW EXCLUSIVE"
    for table in tables:
        quoted = quote_ident(table.name)
        target.run(f"LOCK TABLE {quoted} IN {mode} MODE")
        ((table.has_rows,),) = target.rows(f"SELECT EXISTS (SELECT FROM {quoted})")  # noqa: S608


def empty_tables(target: Target, options: Options, plan: Plan) -> dict[str, TableChecksum]:
    """With --replace empty the tables; with --append return the checksums of existing rows.

    Raises CommandError(65) if a table that is not imported refers to one of them.
    """
    tables = _existing_tables(plan)
    if not tables:
        return {}
    if options.replace:
        try:
            target.run(f"TRUNCATE {', '.join(quote_ident(mapping.name) for mapping in tables)}")
        except errors.FeatureNotSupported as error:
            raise CommandError(
                Exit.BAD_DATA,
                f"--replace: {error.diag.message_detail or error.diag.message_primary}"
                " Empty that table first, or import it too.",
            ) from None
    if not options.append:
        return {}
    return {mapping.name: target_checksum(target, mapping) for mapping in tables}


@contextmanager
def without_triggers(
    target: Target, plan: Plan, *, may_skip: bool
) -> Iterator[list[fk_cascade_skip.ExistingForeignKey]]:
    """Load without triggers. Foreign keys are deferred if tables form a cycle, or if rows may be
    deleted again: then the context is those keys.
    """
    tables = _existing_tables(plan)
    triggers = [trigger for mapping in tables for trigger in mapping.triggers]
    for trigger in triggers:
        target.run(f"ALTER TABLE {trigger.table} DISABLE TRIGGER {quote_ident(trigger.name)}")
    waiting = plan.has_cycles or may_skip
    names = [mapping.name for mapping in tables]
    keys = fk_cascade_skip.foreign_keys(target, names, needed=plan.has_cycles) if waiting else []
    altered = [key.alter_sql for key in keys if not key.deferrable]
    for one in altered:
        target.run(f"{one} DEFERRABLE INITIALLY DEFERRED")
    target.run("SET CONSTRAINTS ALL DEFERRED")
    yield keys if may_skip else []
    target.run("SET CONSTRAINTS ALL IMMEDIATE")
    for one in altered:
        target.run(f"{one} NOT DEFERRABLE")
    for trigger in triggers:
        enable = "ENABLE ALWAYS" if trigger.always else "ENABLE"
        target.run(f"ALTER TABLE {trigger.table} {enable} TRIGGER {quote_ident(trigger.name)}")


def _existing_tables(plan: Plan) -> list[TableMapping]:
    return [mapping for mapping in plan.tables if not mapping.created]
