"""Reads what the Postgres database contains: tables, columns, types, triggers."""

import re
from dataclasses import dataclass, field, replace

from psycopg2.extensions import connection as Connection

from demijohn.sqlite_import.model.mapping import Trigger
from demijohn.sqlite_import.model.pg_type import PgType
from demijohn.sqlite_import.sql_names import MAX_NAME_BYTES, Row, shorten_name
from demijohn.sqlite_import.types.datetimes import Interval, TimeOfDay, Timestamp
from demijohn.sqlite_import.types.numbers_and_booleans import (
    Boolean,
    Double,
    Integer,
    Money,
    Numeric,
)
from demijohn.sqlite_import.types.text_types import (
    ByteLimitedText,
    Bytes,
    EnumOrUnknown,
    Json,
    Text,
    Uuid,
)


@dataclass(frozen=True)
class TargetColumn:
    """A column of an existing table."""

    name: str
    pg_type: PgType
    not_null: bool
    has_default: bool
    is_generated: bool


@dataclass
class TargetTable:
    """An existing table."""

    name: str
    oid: int
    columns: list[TargetColumn]
    has_rows: bool = False
    triggers: list[Trigger] = field(default_factory=list)
    parent_tables: list[str] = field(default_factory=list)  # that its foreign keys refer to
    unwritable_reason: str = ""  # why it cannot be written to, or ""


class Target:
    """The target database: one connection, one transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.version: int = connection.server_version
        self.schema = ""
        self.tables: dict[str, TargetTable] = {}
        self.taken_names: set[str] = set()  # names that a new table or index cannot have
        # by name: tables of other schemas that a new one would hide
        self.other_schemas: dict[str, str] = {}

    def rows(self, sql: str, parameters: tuple[object, ...] = ()) -> list[Row]:
        """The rows of a query. Raises psycopg2.Error."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return list(cursor.fetchall()) if cursor.description else []

    def run(self, sql: str) -> int:
        """Execute a statement; the number of affected rows. Raises psycopg2.Error."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.rowcount

    def configure_transaction(self) -> None:
        """Set output formats, and disable timeouts, for this transaction."""
        for name, value in (
            ("DateStyle", "ISO"),
            ("TimeZone", "UTC"),
            ("IntervalStyle", "postgres"),
            ("bytea_output", "hex"),
            ("extra_float_digits", "1"),
            ("client_encoding", "UTF8"),
            ("standard_conforming_strings", "on"),
            ("row_security", "off"),  # raise an error instead of hiding rows
            ("statement_timeout", "0"),
            ("idle_in_transaction_session_timeout", "0"),
        ):
            self.run(f"SET LOCAL {name} = '{value}'")

    def read_catalog(self) -> None:
        """Read the catalog of the schema that new tables go into."""
        self.schema = self.rows("SELECT current_schema()")[0][0] or ""
        for oid, name, kind, refused in self.rows(TABLES, (self.schema,)):
            self.taken_names.add(name)
            if kind in ("r", "p", "v", "m", "f"):
                self.tables[name] = TargetTable(name, oid, [], unwritable_reason=refused or "")
        self.taken_names |= {name for (name,) in self.rows(TAKEN_NAMES, (self.schema,))}
        self.other_schemas = dict(self.rows(TABLES_IN_OTHER_SCHEMAS))
        by_oid = {table.oid: table for table in self.tables.values()}
        for oid, name, type_name, labels, not_null, given, generated in self.rows(
            COLUMNS, (self.schema,)
        ):
            if table := by_oid.get(oid):
                kind = pg_type_named(type_name, tuple(labels or ()))
                table.columns.append(TargetColumn(name, kind, not_null, given, generated))
        for oid, *trigger in self.rows(TRIGGERS, (self.schema,)):
            by_oid[oid].triggers.append(Trigger(*trigger))
        for oid, parent in self.rows(PARENTS, (self.schema,)):
            if parent in by_oid and oid in by_oid:
                by_oid[oid].parent_tables.append(by_oid[parent].name)

    def find_table(self, name: str) -> TargetTable | None:
        """The table of that name, else the only one that differs in case, else the shortened."""
        if name in self.tables:
            return self.tables[name]
        alike = self.tables_like(name)
        return alike[0] if len(alike) == 1 else self.tables.get(shorten_name(name))

    def tables_like(self, name: str) -> list[TargetTable]:
        """The tables with that name, case-insensitively."""
        return [table for key, table in self.tables.items() if key.lower() == name.lower()]


TABLES = """
SELECT c.oid, c.relname, c.relkind,
       CASE WHEN c.relkind IN ('v', 'm') THEN 'it is a view'
            WHEN c.relkind = 'f' THEN 'it is a foreign table'
            WHEN c.relkind = 'r' AND EXISTS (SELECT FROM pg_catalog.pg_inherits i
                                              WHERE i.inhparent = c.oid)
              THEN 'other tables inherit from it, and their rows count as its own' END
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = %s ORDER BY c.relname"""

# Types share the namespace of tables. A name of pg_catalog would mean Postgres's own table.
TAKEN_NAMES = """
SELECT t.typname FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE n.nspname = %s AND t.typcategory <> 'A'
UNION
SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = 'pg_catalog' AND c.relkind IN ('r', 'v')"""

TABLES_IN_OTHER_SCHEMAS = """
SELECT c.relname, n.nspname || '.' || c.relname
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = ANY (current_schemas(false)) AND n.nspname <> current_schema()
   AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"""

# Of a domain, the base type; domains can be nested. Any of them may be NOT NULL.
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

# Includes triggers of partitions, where rows are inserted. Parents first: they pass theirs on.
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

TYPES_BY_NAME: dict[str, PgType] = {
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
    "date": Timestamp("date"),
    "timestamp without time zone": Timestamp("timestamp without time zone"),
    "timestamp with time zone": Timestamp("timestamp with time zone"),
    "time without time zone": TimeOfDay(),
    "interval": Interval(),
    "money": Money(),
    "name": ByteLimitedText("name", MAX_NAME_BYTES),
    '"char"': ByteLimitedText('"char"', 1),
}

# Other types that silently round or truncate.
ROUNDING_TYPES = re.compile(
    r"interval[ (].+|time\(\d\) with time zone"
    r'|(?:numeric|time|timestamp)\(.+\[\]|(?:money|name|"char")\[\]'
)


def pg_type_named(type_name: str, labels: tuple[str, ...] = ()) -> PgType:
    """The type for a name as Postgres's format_type returns it."""
    if type_name in TYPES_BY_NAME:
        return TYPES_BY_NAME[type_name]
    if match := re.fullmatch(r"(?:character varying|character)\((\d+)\)", type_name):
        return Text(type_name, int(match[1]))
    if match := re.fullmatch(r"numeric\((\d+),(-?\d+)\)", type_name):
        return Numeric(type_name, int(match[1]), int(match[2]))
    if match := re.fullmatch(r"(time(?:stamp)?)\(([0-6])\)( with(?:out)? time zone)", type_name):
        pg_type = TYPES_BY_NAME.get(match[1] + match[3])
        if isinstance(pg_type, Timestamp | TimeOfDay):
            return replace(pg_type, digits=int(match[2]))
    return EnumOrUnknown(type_name, labels)
