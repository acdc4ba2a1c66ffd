"""What a SQLite database declares: its tables, and what there is besides that cannot come along."""

from dataclasses import dataclass, field

from demijohn.sqlite_import.model.sql_text import Tokens
from demijohn.sqlite_import.sql_names import ascii_lower

INTEGER, TEXT, BLOB, REAL, NUMERIC = "integer", "text", "blob", "real", "numeric"


@dataclass(frozen=True)
class Column:
    """A column; `declared` is its type in the user's words, `key` its place in the key from 1."""

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
    """`columns` refer to `parents` of `table`."""

    columns: tuple[str, ...]
    parent_table: str
    parent_columns: tuple[str, ...]
    on_update: str
    on_delete: str
    is_deferred: bool
    name: str = ""


@dataclass(frozen=True)
class Term:
    """One term of an index: a column, or an expression where `column` is None."""

    column: str | None
    expression: Tokens
    descending: bool
    collation: str


@dataclass(frozen=True)
class Index:
    """An index; `constraint` tells that a UNIQUE in the table made it, whose name is `named`."""

    name: str
    is_unique: bool
    is_constraint: bool
    terms: tuple[Term, ...]
    where: Tokens
    constraint_name: str = ""


@dataclass
class Table:
    """A table; `alias` is the column that is the rowid, `rowid` SQL that tells one row's place."""

    name: str
    columns: list[Column]
    key: tuple[str, ...]
    rowid_alias: str | None
    rowid: str
    order_by: str
    is_strict: bool
    highest_rowid: int  # the highest rowid that AUTOINCREMENT has given, 0 where it gave none
    foreign_keys: list[ForeignKey]
    indexes: list[Index]
    checks: list[tuple[str, Tokens]]
    key_name: str = ""
    conflict_clauses: list[str] = field(default_factory=list)  # what rows that clash are to do

    def find_column(self, name: str) -> Column | None:
        """The column of that name, whose case does not count."""
        return next((c for c in self.columns if ascii_lower(c.name) == ascii_lower(name)), None)


@dataclass(frozen=True)
class SchemaLoss:
    """Something of the SQLite database that Postgres does not get, or not as it was, and why."""

    kind: str
    name: str
    reason: str
    is_changed: bool = False  # it came along, otherwise than it was


@dataclass
class Schema:
    """All tables, and what is left behind."""

    tables: list[Table]
    losses: list[SchemaLoss]

    def find_table(self, name: str) -> Table | None:
        """The table of that name, whose case does not count."""
        return next((t for t in self.tables if ascii_lower(t.name) == ascii_lower(name)), None)
