"""--on-bad skip where foreign keys are there already: a row that refers to one that did not come
does not come either, nor do those that refer to it. Postgres finds them, so memory stays bounded.
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

MARKED_ROWS = "pg_temp.demijohn_strays"
WRITTEN_HERE = (
    " AND c.xmin = (txid_current() & 4294967295)::text::xid"  # what this transaction has written
)


@dataclass(frozen=True)
class ExistingForeignKey:
    """A foreign key that is there; `parent` is SQL, `full` tells of MATCH FULL.

    It is `proven` where all rows keep to it and its parent may be read. Its `casts` are the types
    that its values are compared in, as SQL, and `parent_casts` those of what they refer to; None
    where it is the column's own. What is equal has the same hash in them.
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
        """SQL that begins to alter it."""
        return f"ALTER TABLE {quote_ident(self.table)} ALTER CONSTRAINT {quote_ident(self.name)}"

    def refers_sql(self, row: Sequence[str]) -> str:
        """SQL that tells whether a row, by its values as SQL, refers to something."""
        return (" OR " if self.match_full else " AND ").join(
            f"{value} IS NOT NULL" for value in row
        )

    def report_skipped(
        self, plan: Plan, mapping: TableMapping, count: int, places: str = ""
    ) -> None:
        """Say how many rows of its table it has kept out."""
        one = "what it refers" if count == 1 else "what they refer"
        plan.add_loss(
            SchemaLoss("foreign key", f"{mapping.source.name} ({', '.join(self.columns)})", ""),
            f"{counted(count, 'row')} skipped, since {one} to was skipped, or is not there{places}",
            is_changed=True,
        )


def foreign_keys(
    target: Target, tables: Sequence[str], *, needed: bool
) -> list[ExistingForeignKey]:
    """The foreign keys of `tables`: those that the user may make wait, or if `needed` all.

    Raises psycopg2.Error.
    """
    found = target.rows(FOREIGN_KEYS, (target.schema, list(tables), needed)) if tables else []
    return [ExistingForeignKey(*row) for row in found]


class FkCascadeSkip:
    """Takes the rows out again that refer to nothing, once their tables are loaded.

    `keys` have to wait until then. `sums` is the account of the rows that were taken out.
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
        self._written_here = WRITTEN_HERE * append  # else all of them are
        self.checksums: dict[str, TableChecksum] = {}
        if keys:
            target.run(
                f"CREATE TEMPORARY TABLE {MARKED_ROWS.removeprefix('pg_temp.')}"
                " (relation oid, place tid, key int, turn int) ON COMMIT DROP"
            )

    def skip_orphans(self, mapping: TableMapping) -> int:
        """Do it for a table whose parents are loaded; how many rows it was.

        The keys are checked then, for Postgres keeps in memory what it has still to check.
        """
        mine = [key for key in self._foreign_keys if key.table == mapping.name]
        if not mine or self._plan.has_cycles:
            return 0
        count = self._delete_orphans(mine)
        self._target.run("SET CONSTRAINTS ALL IMMEDIATE")
        self._target.run("SET CONSTRAINTS ALL DEFERRED")
        return count

    def skip_orphans_in_cycles(self) -> None:
        """Do it for all tables at once where they form a circle."""
        if self._plan.has_cycles:
            self._delete_orphans(self._foreign_keys)

    def _delete_orphans(self, mine: list[ExistingForeignKey]) -> int:
        if not self._mark(mine):
            return 0
        moves = {mapping.name: mapping for mapping in self._plan.tables}
        names = list(dict.fromkeys(key.table for key in mine))
        for key in mine:
            self._report_skipped(moves[key.table], key)
        total = 0
        for name in names:
            marked = f" WHERE (tableoid, ctid) IN (SELECT relation, place FROM {MARKED_ROWS})"  # noqa: S608
            self.checksums[name] = target_checksum(self._target, moves[name], marked)
            self._rejects.skipped_rows[moves[name].source.name] += self.checksums[name].rows
            total += self.checksums[name].rows
        # In one statement: what ON DELETE says of those who refer to them finds all of them gone.
        deletes = [
            f"d{at} AS (DELETE FROM {quote_ident(name)} c USING {MARKED_ROWS} s"  # noqa: S608
            " WHERE s.relation = c.tableoid AND s.place = c.ctid)"
            for at, name in enumerate(names)
        ]
        self._target.run(f"WITH {', '.join(deletes)} SELECT")
        self._target.run(f"TRUNCATE {MARKED_ROWS}")
        return total

    def _mark(self, mine: list[ExistingForeignKey]) -> bool:
        """Note the rows that refer to nothing, then those that refer to them; whether there are."""
        marked = self._mark_level(mine, 0)
        turn = 1
        while marked and self._mark_level(mine, turn):
            turn += 1
        return marked

    def _mark_level(self, mine: list[ExistingForeignKey], turn: int) -> bool:
        found = False
        for key in mine:
            at = self._foreign_keys.index(key)
            pairs = join_condition(key.columns, key.parent_columns)
            given = key.refers_sql([f"c.{quote_ident(name)}" for name in key.columns])
            if turn:
                origin = (
                    f" JOIN {key.parent_table} p ON {pairs} JOIN {MARKED_ROWS} l ON l.relation = p.tableoid"
                    f" AND l.place = p.ctid AND l.turn = {turn - 1} WHERE true"
                )
            else:
                inner = f"SELECT FROM {key.parent_table} p WHERE {pairs}"
                origin = f" WHERE ({given}) AND NOT EXISTS ({inner})"
            count = self._target.run(
                f"INSERT INTO {MARKED_ROWS} SELECT c.tableoid, c.ctid, {at}, {turn}"  # noqa: S608
                f" FROM {quote_ident(key.table)} c{origin}{self._written_here} AND NOT EXISTS (SELECT"
                f" FROM {MARKED_ROWS} s WHERE s.relation = c.tableoid AND s.place = c.ctid)"
            )
            found |= count > 0
        return found

    def _report_skipped(self, mapping: TableMapping, key: ExistingForeignKey) -> None:
        """Say how many rows of a table a key has kept out, and name a few."""
        of_key = (
            f"FROM {quote_ident(key.table)} c JOIN {MARKED_ROWS} s ON s.relation = c.tableoid"
            f" AND s.place = c.ctid AND s.key = {self._foreign_keys.index(key)}"
        )
        count, places = count_with_examples(self._target, mapping, key.columns, of_key)
        if count:
            key.report_skipped(self._plan, mapping, count, f" ({places})")


# Not those of partitions, which go with their table's, nor those that are not enforced or are
# about periods (PostgreSQL 18). Only a table's owner may alter its keys.
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
