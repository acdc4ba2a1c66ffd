"""--on-bad skip where foreign keys are there already: a row that refers to one that did not come
does not come either, nor do those that refer to it. Postgres finds them, so memory stays bounded.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from demijohn.sqlite_import import proof
from demijohn.sqlite_import.account import Sum
from demijohn.sqlite_import.move import TableMove
from demijohn.sqlite_import.orphans import examples, refers
from demijohn.sqlite_import.plan import Plan
from demijohn.sqlite_import.refusals import Refusals, counted
from demijohn.sqlite_import.schema import Left
from demijohn.sqlite_import.source import identifier
from demijohn.sqlite_import.target import Target

MARKED = "pg_temp.demijohn_strays"
NEW = " AND c.xmin = (txid_current() & 4294967295)::text::xid"  # what this transaction has written


@dataclass(frozen=True)
class Key:
    """A foreign key that is there; `parent` is SQL, `full` tells of MATCH FULL.

    It is `proven` where all rows keep to it and its parent may be read. Its `casts` are the types
    that its values are compared in, as SQL, and `parent_casts` those of what they refer to; None
    where it is the column's own. What is equal has the same hash in them.
    """

    name: str
    table: str
    columns: list[str]
    parent: str
    parents: list[str]
    full: bool
    deferrable: bool
    parent_oid: int
    proven: bool
    casts: list[str | None]
    parent_casts: list[str | None]

    @property
    def alter(self) -> str:
        """SQL that begins to alter it."""
        return f"ALTER TABLE {identifier(self.table)} ALTER CONSTRAINT {identifier(self.name)}"

    def given(self, row: Sequence[str]) -> str:
        """SQL that tells whether a row, by its values as SQL, refers to something."""
        return (" OR " if self.full else " AND ").join(f"{value} IS NOT NULL" for value in row)

    def tell(self, plan: Plan, move: TableMove, count: int, places: str = "") -> None:
        """Say how many rows of its table it has kept out."""
        one = "what it refers" if count == 1 else "what they refer"
        plan.leave(
            Left("foreign key", f"{move.table.name} ({', '.join(self.columns)})", ""),
            f"{counted(count, 'row')} skipped, since {one} to was skipped, or is not there{places}",
            kept=True,
        )


def keys(target: Target, tables: Sequence[str], *, needed: bool) -> list[Key]:
    """The foreign keys of `tables`: those that the user may make wait, or if `needed` all.

    Raises psycopg2.Error.
    """
    found = target.rows(KEYS, (target.schema, list(tables), needed)) if tables else []
    return [Key(*row) for row in found]


class Strays:
    """Takes the rows out again that refer to nothing, once their tables are loaded.

    `keys` have to wait until then. `sums` is the account of the rows that were taken out.
    """

    def __init__(
        self, target: Target, plan: Plan, keys: list[Key], refusals: Refusals, *, append: bool
    ) -> None:
        self._target = target
        self._plan = plan
        self._keys = keys
        self._refusals = refusals
        self._new = NEW * append  # else all of them are
        self.sums: dict[str, Sum] = {}
        if keys:
            target.run(
                f"CREATE TEMPORARY TABLE {MARKED.removeprefix('pg_temp.')}"
                " (relation oid, place tid, key int, turn int) ON COMMIT DROP"
            )

    def settle(self, move: TableMove) -> int:
        """Do it for a table whose parents are loaded; how many rows it was.

        The keys are checked then, for Postgres keeps in memory what it has still to check.
        """
        mine = [key for key in self._keys if key.table == move.name]
        if not mine or self._plan.cycles:
            return 0
        count = self._take_out(mine)
        self._target.run("SET CONSTRAINTS ALL IMMEDIATE")
        self._target.run("SET CONSTRAINTS ALL DEFERRED")
        return count

    def finish(self) -> None:
        """Do it for all tables at once where they form a circle."""
        if self._plan.cycles:
            self._take_out(self._keys)

    def _take_out(self, mine: list[Key]) -> int:
        if not self._mark(mine):
            return 0
        moves = {move.name: move for move in self._plan.tables}
        names = list(dict.fromkeys(key.table for key in mine))
        for key in mine:
            self._tell(moves[key.table], key)
        total = 0
        for name in names:
            marked = f" WHERE (tableoid, ctid) IN (SELECT relation, place FROM {MARKED})"  # noqa: S608
            self.sums[name] = proof.of_target(self._target, moves[name], marked)
            self._refusals.skipped[moves[name].table.name] += self.sums[name].rows
            total += self.sums[name].rows
        # In one statement: what ON DELETE says of those who refer to them finds all of them gone.
        deletes = [
            f"d{at} AS (DELETE FROM {identifier(name)} c USING {MARKED} s"  # noqa: S608
            " WHERE s.relation = c.tableoid AND s.place = c.ctid)"
            for at, name in enumerate(names)
        ]
        self._target.run(f"WITH {', '.join(deletes)} SELECT")
        self._target.run(f"TRUNCATE {MARKED}")
        return total

    def _mark(self, mine: list[Key]) -> bool:
        """Note the rows that refer to nothing, then those that refer to them; whether there are."""
        marked = self._turn(mine, 0)
        turn = 1
        while marked and self._turn(mine, turn):
            turn += 1
        return marked

    def _turn(self, mine: list[Key], turn: int) -> bool:
        found = False
        for key in mine:
            at = self._keys.index(key)
            pairs = refers(key.columns, key.parents)
            given = key.given([f"c.{identifier(name)}" for name in key.columns])
            if turn:
                origin = (
                    f" JOIN {key.parent} p ON {pairs} JOIN {MARKED} l ON l.relation = p.tableoid"
                    f" AND l.place = p.ctid AND l.turn = {turn - 1} WHERE true"
                )
            else:
                inner = f"SELECT FROM {key.parent} p WHERE {pairs}"
                origin = f" WHERE ({given}) AND NOT EXISTS ({inner})"
            count = self._target.run(
                f"INSERT INTO {MARKED} SELECT c.tableoid, c.ctid, {at}, {turn}"  # noqa: S608
                f" FROM {identifier(key.table)} c{origin}{self._new} AND NOT EXISTS (SELECT"
                f" FROM {MARKED} s WHERE s.relation = c.tableoid AND s.place = c.ctid)"
            )
            found |= count > 0
        return found

    def _tell(self, move: TableMove, key: Key) -> None:
        """Say how many rows of a table a key has kept out, and name a few."""
        of_key = (
            f"FROM {identifier(key.table)} c JOIN {MARKED} s ON s.relation = c.tableoid"
            f" AND s.place = c.ctid AND s.key = {self._keys.index(key)}"
        )
        count, places = examples(self._target, move, key.columns, of_key)
        if count:
            key.tell(self._plan, move, count, f" ({places})")


# Not those of partitions, which go with their table's, nor those that are not enforced or are
# about periods (PostgreSQL 18). Only a table's owner may alter its keys.
KEYS = """
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
