"""--on-bad skip with existing foreign keys: rows that refer to a skipped row are skipped too, and
so are those that refer to them. Postgres finds them, so memory is bounded.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from demijohn.sqlite_import.checksum.source_checksum import TableChecksum
from demijohn.sqlite_import.checksum.target_checksum import target_checksum
from demijohn.sqlite_import.model.mapping import TableMapping
from demijohn.sqlite_import.model.plan import Plan
from demijohn.sqlite_import.model.rejects import Rejects
from demijohn.sqlite_import.model.schema import SchemaLoss
from demijohn.sqlite_import.sql_names import quote_ident
from demijohn.sqlite_import.target.catalog import Target
from demijohn.sqlite_import.target.orphans import count_with_examples, join_condition
from demijohn.sqlite_import.text import counted

MARKED_ROWS = "pg_temp.demijohn_skipped"
# Rows that this transaction has written.
WRITTEN_HERE = " AND c.xmin = (txid_current() & 4294967295)::text::xid"


@dataclass(frozen=True)
class ExistingForeignKey:
    """An existing foreign key. `parent_table` is a quoted name.

    It `is_valid` if it is validated and its parent can be read. `casts` are the SQL types in which
    its values are compared, and `parent_casts` those of the parent's; None for the type of the
    column. Values that are equal in these types have equal hashes.
    """

    name: str
    table: str
    columns: list[str]
    parent_table: str
    parent_columns: list[str]
    match_full: bool
    deferrable: bool
    parent_oid: int
    is_valid: bool
    casts: list[str | None]
    parent_casts: list[str | None]

    @property
    def alter_sql(self) -> str:
        """The start of an ALTER statement."""
        return f"ALTER TABLE {quote_ident(self.table)} ALTER CONSTRAINT {quote_ident(self.name)}"

    def refers_sql(self, row: Sequence[str]) -> str:
        """SQL: whether a row refers to something. `row` has the SQL of its values."""
        return (" OR " if self.match_full else " AND ").join(
            f"{value} IS NOT NULL" for value in row
        )

    def report_skipped(self, plan: Plan, mapping: TableMapping, count: int, keys: str = "") -> None:
        """Add to the plan how many rows of its table were skipped."""
        parents = "its parent row was" if count == 1 else "their parent rows were"
        plan.add_loss(
            SchemaLoss("foreign key", f"{mapping.source.name} ({', '.join(self.columns)})", ""),
            f"{counted(count, 'row')} skipped, because {parents} skipped or missing{keys}",
            is_changed=True,
        )


def foreign_keys(
    target: Target, tables: Sequence[str], *, needed: bool
) -> list[ExistingForeignKey]:
    """The foreign keys of `tables`: those that the user may defer, or if `needed` all.

    Raises psycopg2.Error.
    """
    found = target.rows(FOREIGN_KEYS, (target.schema, list(tables), needed)) if tables else []
    return [ExistingForeignKey(*row) for row in found]


class FkCascadeSkip:
    """Deletes rows without a parent row after their tables are loaded.

    `keys` must be deferred until then. `checksums` are those of the deleted rows, by table.
    """

    def __init__(
        self,
        target: Target,
        plan: Plan,
        keys: list[ExistingForeignKey],
        rejects: Rejects,
        *,
        append: bool,
    ) -> None:
        self._target = target
        self._plan = plan
        self._foreign_keys = keys
        self._rejects = rejects
        self._written_here = WRITTEN_HERE * append  # otherwise all rows are new
        self.checksums: dict[str, TableChecksum] = {}
        if keys:
            target.run(
                f"CREATE TEMPORARY TABLE {MARKED_ROWS.removeprefix('pg_temp.')}"
                " (relation oid, place tid, key int, level int) ON COMMIT DROP"
            )

    def skip_orphans(self, mapping: TableMapping) -> int:
        """Delete the orphans of a table whose parents are loaded; how many.

        Then check the keys: Postgres keeps pending checks in memory.
        """
        keys = [key for key in self._foreign_keys if key.table == mapping.name]
        if not keys or self._plan.has_cycles:
            return 0
        count = self._delete_orphans(keys)
        self._target.run("SET CONSTRAINTS ALL IMMEDIATE")
        self._target.run("SET CONSTRAINTS ALL DEFERRED")
        return count

    def skip_orphans_in_cycles(self) -> None:
        """Delete the orphans of all tables at once if they form a cycle."""
        if self._plan.has_cycles:
            self._delete_orphans(self._foreign_keys)

    def _delete_orphans(self, keys: list[ExistingForeignKey]) -> int:
        if not self._mark(keys):
            return 0
        mappings = {mapping.name: mapping for mapping in self._plan.tables}
        names = list(dict.fromkeys(key.table for key in keys))
        for key in keys:
            self._report_skipped(mappings[key.table], key)
        total = 0
        for name in names:
            marked = f" WHERE (tableoid, ctid) IN (SELECT relation, place FROM {MARKED_ROWS})"  # noqa: S608
            self.checksums[name] = target_checksum(self._target, mappings[name], marked)
            self._rejects.skipped_rows[mappings[name].source.name] += self.checksums[name].rows
            total += self.checksums[name].rows
        # One statement: ON DELETE actions then find the referring rows deleted too.
        deletes = [
            f"d{at} AS (DELETE FROM {quote_ident(name)} c USING {MARKED_ROWS} s"  # noqa: S608
            " WHERE s.relation = c.tableoid AND s.place = c.ctid)"
            for at, name in enumerate(names)
        ]
        self._target.run(f"WITH {', '.join(deletes)} SELECT")
        self._target.run(f"TRUNCATE {MARKED_ROWS}")
        return total

    def _mark(self, keys: list[ExistingForeignKey]) -> bool:
        """Mark orphans, then the rows that refer to them; whether there are any."""
        marked = self._mark_level(keys, 0)
        level = 1
        while marked and self._mark_level(keys, level):
            level += 1
        return marked

    def _mark_level(self, keys: list[ExistingForeignKey], level: int) -> bool:
        found = False
        for key in keys:
            at = self._foreign_keys.index(key)
            same_key = join_condition(key.columns, key.parent_columns)
            refers = key.refers_sql([f"c.{quote_ident(name)}" for name in key.columns])
            if level:
                source = (
                    f" JOIN {key.parent_table} p ON {same_key}"
                    f" JOIN {MARKED_ROWS} m ON m.relation = p.tableoid AND m.place = p.ctid"
                    f" AND m.level = {level - 1} WHERE true"
                )
            else:
                inner = f"SELECT FROM {key.parent_table} p WHERE {same_key}"
                source = f" WHERE ({refers}) AND NOT EXISTS ({inner})"
            count = self._target.run(
                f"INSERT INTO {MARKED_ROWS} SELECT c.tableoid, c.ctid, {at}, {level}"  # noqa: S608
                f" FROM {quote_ident(key.table)} c{source}{self._written_here}"
                f" AND NOT EXISTS (SELECT FROM {MARKED_ROWS} s"
                " WHERE s.relation = c.tableoid AND s.place = c.ctid)"
            )
            found |= count > 0
        return found

    def _report_skipped(self, mapping: TableMapping, key: ExistingForeignKey) -> None:
        """Report how many rows of a table a key has skipped, with examples."""
        of_key = (
            f"FROM {quote_ident(key.table)} c JOIN {MARKED_ROWS} s ON s.relation = c.tableoid"
            f" AND s.place = c.ctid AND s.key = {self._foreign_keys.index(key)}"
        )
        count, keys = count_with_examples(self._target, mapping, key.columns, of_key)
        if count:
            key.report_skipped(self._plan, mapping, count, f" ({keys})")


# Without keys of partitions, which follow their table, and without those that are not enforced or
# have periods (PostgreSQL 18). Only the owner of a table may alter its keys.
FOREIGN_KEYS = """
SELECT r.conname, c.relname, k.columns, r.confrelid::regclass::text, k.parents,
       r.confmatchtype = 'f', r.condeferrable, r.confrelid,
       r.convalidated AND k.hashed AND pg_catalog.has_schema_privilege(p.relnamespace, 'USAGE')
       AND pg_catalog.has_table_privilege(p.oid, 'SELECT')
       AND NOT pg_catalog.row_security_active(p.oid), k.casts, k.parent_casts
  FROM pg_catalog.pg_constraint r
  JOIN pg_catalog.pg_class c ON c.oid = r.conrelid
  JOIN pg_catalog.pg_class p ON p.oid = r.confrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 CROSS JOIN LATERAL (
         SELECT array_agg(a.attname::text ORDER BY u.place) AS columns,
                array_agg(b.attname::text ORDER BY u.place) AS parents,
                bool_and(o.oprcanhash) AS hashed,
                array_agg(NULLIF(format_type(o.oprright, -1), 'anyenum') || l.words
                          ORDER BY u.place) AS casts,
                array_agg(NULLIF(format_type(o.oprleft, -1), 'anyenum') || l.words
                          ORDER BY u.place) AS parent_casts
           FROM unnest(r.conkey, r.confkey, r.conpfeqop)
                  WITH ORDINALITY u (number, parent, operator, place)
           JOIN pg_catalog.pg_attribute a ON a.attrelid = r.conrelid AND a.attnum = u.number
           JOIN pg_catalog.pg_attribute b ON b.attrelid = r.confrelid AND b.attnum = u.parent
           JOIN pg_catalog.pg_operator o ON o.oid = u.operator
          CROSS JOIN LATERAL (
                  SELECT coalesce(' COLLATE ' || NULLIF(b.attcollation, 0)::regcollation::text, '')
                ) l (words)) k
 WHERE n.nspname = %s AND c.relname = ANY (%s) AND r.contype = 'f' AND r.conparentid = 0
   AND to_jsonb(r) ->> 'conenforced' IS DISTINCT FROM 'false'
   AND to_jsonb(r) ->> 'conperiod' IS DISTINCT FROM 'true'
   AND (%s OR r.condeferrable OR pg_catalog.pg_has_role(c.relowner, 'USAGE'))
 ORDER BY c.relname, r.conname"""
