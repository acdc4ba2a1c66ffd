"""What Postgres holds already: tables, columns with their types, and what is in the way."""

import hashlib
import re
from dataclasses import dataclass, field, replace
from typing import Any

from psycopg2.extensions import connection as Connection

from demijohn.sqlite_import.moments import Interval, Moment, TimeOfDay
from demijohn.sqlite_import.move import Trigger
from demijohn.sqlite_import.texts import Bytes, Json, Short, Text, Uuid, Words
from demijohn.sqlite_import.values import Boolean, Double, Integer, Kind, Money, Numeric

NAME_BYTES = 63  # https://www.postgresql.org/docs/current/limits.html, identifier length


@dataclass(frozen=True)
class TargetColumn:
    """A column of a table that exists; `given` tells that Postgres fills it where nothing comes."""

    name: str
    kind: Kind
    not_null: bool
    given: bool
    generated: bool


@dataclass
class TargetTable:
    """A table that exists."""

    name: str
    oid: int
    columns: list[TargetColumn]
    has_rows: bool = False
    triggers: list[Trigger] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)  # the tables that its foreign keys refer to
    rejected: str = ""  # why nothing can be written into it, whoever tries


Row = tuple[Any, ...]


class Target:
    """The database that is written to, in one transaction on one connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.version: int = connection.server_version
        self.schema = ""
        self.tables: dict[str, TargetTable] = {}
        self.relations: set[str] = set()  # all names that a new table or index cannot have
        self.elsewhere: dict[str, str] = {}  # tables that one of that name would hide

    def rows(self, sql: str, parameters: tuple[object, ...] = ()) -> list[Row]:
        """The rows of a query. Raises psycopg2.Error."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return list(cursor.fetchall()) if cursor.description else []

    def run(self, sql: str) -> int:
        """Execute a statement; of how many rows, if it is about rows. Raises psycopg2.Error."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.rowcount

    def begin(self) -> None:
        """Settle for this transaction what values look like and that nothing times out."""
        for name, value in (
            ("DateStyle", "ISO"),
            ("TimeZone", "UTC"),
            ("IntervalStyle", "postgres"),
            ("bytea_output", "hex"),
            ("extra_float_digits", "1"),
            ("client_encoding", "UTF8"),
            ("standard_conforming_strings", "on"),
            ("row_security", "off"),  # an error, where rows would be hidden from us
            ("statement_timeout", "0"),
            ("idle_in_transaction_session_timeout", "0"),
        ):
            self.run(f"SET LOCAL {name} = '{value}'")

    def read(self) -> None:
        """Learn what there is in the schema that new tables go into."""
        self.schema = self.rows("SELECT current_schema()")[0][0] or ""
        for oid, name, kind, refused in self.rows(TABLES, (self.schema,)):
            self.relations.add(name)
            if kind in ("r", "p", "v", "m", "f"):
                self.tables[name] = TargetTable(name, oid, [], rejected=refused or "")
        self.relations |= {name for (name,) in self.rows(TAKEN, (self.schema,))}
        self.elsewhere = dict(self.rows(ELSEWHERE))
        by_oid = {table.oid: table for table in self.tables.values()}
        for oid, name, type_name, labels, not_null, given, generated in self.rows(
            COLUMNS, (self.schema,)
        ):
            if table := by_oid.get(oid):
                kind = kind_of(type_name, tuple(labels or ()))
                table.columns.append(TargetColumn(name, kind, not_null, given, generated))
        for oid, *trigger in self.rows(TRIGGERS, (self.schema,)):
            by_oid[oid].triggers.append(Trigger(*trigger))
        for oid, parent in self.rows(PARENTS, (self.schema,)):
            if parent in by_oid and oid in by_oid:
                by_oid[oid].parents.append(by_oid[parent].name)

    def find(self, name: str) -> TargetTable | None:
        """The table of that name, the only one whose name differs in case alone, or the renamed."""
        if name in self.tables:
            return self.tables[name]
        alike = self.alike(name)
        return alike[0] if len(alike) == 1 else self.tables.get(renamed(name))

    def alike(self, name: str) -> list[TargetTable]:
        """The tables whose names differ from it in case alone, if at all."""
        return [table for key, table in self.tables.items() if key.lower() == name.lower()]


def renamed(wanted: str, number: int = 0) -> str:
    """What is created instead of a name that cannot be had: its beginning, and a digest of it."""
    seed = f"{wanted}{number or ''}"
    ending = "_" + hashlib.sha256(seed.encode()).hexdigest()[:7]
    return wanted.encode()[: NAME_BYTES - len(ending)].decode(errors="ignore") + ending


TABLES = """
SELECT c.oid, c.relname, c.relkind,
       CASE WHEN c.relkind IN ('v', 'm') THEN 'it is a view'
            WHEN c.relkind = 'f' THEN 'it is a foreign table'
            WHEN c.relkind = 'r' AND EXISTS (SELECT FROM pg_catalog.pg_inherits i
                                              WHERE i.inhparent = c.oid)
              THEN 'other tables inherit from it, and what they hold counts as its own' END
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = %s ORDER BY c.relname"""

# Types share the names of tables; and a name of Postgres's own would mean its own table.
TAKEN = """
SELECT t.typname FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE n.nspname = %s AND t.typcategory <> 'A'
UNION
SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = 'pg_catalog' AND c.relkind IN ('r', 'v')"""

ELSEWHERE = """
SELECT c.relname, n.nspname || '.' || c.relname
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = ANY (current_schemas(false)) AND n.nspname <> current_schema()
   AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"""

# Of a domain, its type; of one over another, that one's. Any of them may say NOT NULL.
COLUMNS = """
SELECT a.attrelid, a.attname,
       pg_catalog.format_type(base.type, base.modifier),
       (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
          FROM pg_catalog.pg_enum e WHERE e.enumtypid = base.type),
       base.required, a.atthasdef OR a.attidentity <> '', a.attgenerated <> ''
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 CROSS JOIN LATERAL (
         WITH RECURSIVE step (type, modifier, required) AS (
           SELECT a.atttypid, a.atttypmod, a.attnotnull
            UNION ALL
           SELECT t.typbasetype, t.typtypmod, step.required OR t.typnotnull
             FROM step JOIN pg_catalog.pg_type t ON t.oid = step.type AND t.typtype = 'd')
         SELECT step.* FROM step JOIN pg_catalog.pg_type t ON t.oid = step.type AND t.typtype <> 'd'
       ) base
 WHERE n.nspname = %s AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p')
 ORDER BY a.attrelid, a.attnum"""

# Those of partitions too: it is there that rows come. Parents first, for they carry theirs along.
TRIGGERS = """
SELECT c.oid, t.tgname, t.tgrelid::regclass::text, t.tgenabled = 'A'
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 CROSS JOIN LATERAL (SELECT c.oid AS relid, 0 AS level
                      UNION SELECT p.relid, p.level FROM pg_partition_tree(c.oid) p) tree
  JOIN pg_catalog.pg_trigger t ON t.tgrelid = tree.relid
 WHERE n.nspname = %s AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
   AND c.relkind IN ('r', 'p') ORDER BY t.tgname, tree.level"""

PARENTS = """
SELECT r.conrelid, r.confrelid
  FROM pg_catalog.pg_constraint r JOIN pg_catalog.pg_namespace n ON n.oid = r.connamespace
 WHERE n.nspname = %s AND r.contype = 'f' AND r.conrelid <> r.confrelid"""

PLAIN: dict[str, Kind] = {
    "bigint": Integer(),
    "integer": Integer("integer"),
    "smallint": Integer("smallint"),
    "oid": Integer("oid"),
    "boolean": Boolean(),
    "double precision": Double(),
    "real": Double("real"),
    "numeric": Numeric(),
    "text": Text(),
    "citext": Text("citext"),
    "character varying": Text("character varying"),
    "bytea": Bytes(),
    "uuid": Uuid(),
    "json": Json(),
    "jsonb": Json("jsonb"),
    "date": Moment("date"),
    "timestamp without time zone": Moment("timestamp without time zone"),
    "timestamp with time zone": Moment("timestamp with time zone"),
    "time without time zone": TimeOfDay(),
    "interval": Interval(),
    "money": Money(),
    "name": Short("name", NAME_BYTES),
    '"char"': Short('"char"', 1),
}

# What else rounds, or leaves a part away, and says nothing of it.
ROUNDING = re.compile(
    r"interval[ (].+|time\(\d\) with time zone"
    r'|(?:numeric|time|timestamp)\(.+\[\]|(?:money|name|"char")\[\]'
)


def kind_of(type_name: str, labels: tuple[str, ...] = ()) -> Kind:
    """The kind for a type as Postgres's format_type names it."""
    if type_name in PLAIN:
        return PLAIN[type_name]
    if match := re.fullmatch(r"(?:character varying|character)\((\d+)\)", type_name):
        return Text(type_name, int(match[1]))
    if match := re.fullmatch(r"numeric\((\d+),(-?\d+)\)", type_name):
        return Numeric(type_name, int(match[1]), int(match[2]))
    if match := re.fullmatch(r"(time(?:stamp)?)\(([0-6])\)( with(?:out)? time zone)", type_name):
        kind = PLAIN.get(match[1] + match[3])
        if isinstance(kind, Moment | TimeOfDay):
            return replace(kind, digits=int(match[2]))
    return Words(type_name, labels)
