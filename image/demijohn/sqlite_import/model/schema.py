"""The schema of a SQLite database, and the parts of it that cannot be imported."""

from dataclasses import dataclass, field

from demijohn.sqlite_import.model.sql_text import Tokens
from demijohn.sqlite_import.sql_names import ascii_lower

INTEGER, TEXT, BLOB, REAL, NUMERIC = "integer", "text", "blob", "real", "numeric"


@dataclass(frozen=True)
class Column:
    """A column. `declared` is its type as written, `key_position` its place in the primary key from
    1, or 0.
    """

    name: str
    declared: str
    not_null: bool
    default: str | None
    key_position: int
    affinity: str
    collation: str = "BINARY"
    generated: Tokens = field(default_factory=list)
    is_stored: bool = False


@dataclass(frozen=True)
class ForeignKey:
    """A foreign key from `columns` to `parent_columns` of `parent_table`."""

    columns: tuple[str, ...]
    parent_table: str
    parent_columns: tuple[str, ...]
    on_update: str
    on_delete: str
    is_deferred: bool
    name: str = ""


@dataclass(frozen=True)
class Term:
    """One term of an index: a column, or an expression if `column` is None."""

    column: str | None
    expression: Tokens
    descending: bool
    collation: str


@dataclass(frozen=True)
class Index:
    """An index. If `is_constraint`, it belongs to a UNIQUE named `constraint_name`."""

    name: str
    is_unique: bool
    is_constraint: bool
    terms: tuple[Term, ...]
    where: Tokens
    constraint_name: str = ""


@dataclass
class Table:
    """A table. `rowid_alias` is the column that is the rowid; `rowid`, SQL, identifies a row."""

    name: str
    columns: list[Column]
    key: tuple[str, ...]
    rowid_alias: str | None
    rowid: str
    order_by: str
    is_strict: bool
    highest_rowid: int  # the highest rowid that AUTOINCREMENT has given, or 0
    foreign_keys: list[ForeignKey]
    indexes: list[Index]
    checks: list[tuple[str, Tokens]]
    key_name: str = ""
    # clauses such as "UNIQUE ON CONFLICT REPLACE"
    conflict_clauses: list[str] = field(default_factory=list)

    def find_column(self, name: str) -> Column | None:
        """The column of that name. Case-insensitive."""
        return next((c for c in self.columns if ascii_lower(c.name) == ascii_lower(name)), None)


@dataclass(frozen=True)
class SchemaLoss:
    """Something that Postgres does not get, or not unchanged, and the reason."""

    kind: str
    name: str
    reason: str
    is_changed: bool = False  # imported, but changed


@dataclass
class Schema:
    """All tables, and what cannot be imported."""

    tables: list[Table]
    losses: list[SchemaLoss]

    def find_table(self, name: str) -> Table | None:
        """The table of that name. Case-insensitive."""
        return next((t for t in self.tables if ascii_lower(t.name) == ascii_lower(name)), None)
