"""Which column and which table goes where."""

from dataclasses import dataclass, field

from demijohn.sqlite_import.model.pg_type import PgType
from demijohn.sqlite_import.model.schema import Column, Table
from demijohn.sqlite_import.sql_names import ascii_lower

LARGE_ROW_BYTES = 4 << 20  # of a row


@dataclass(frozen=True)
class Trigger:
    """A trigger that fires when rows come; `table`, the table or a partition, is SQL."""

    name: str
    table: str
    always: bool  # in whatever role the session is


@dataclass
class ColumnMapping:
    """A column on its way: `name` and `kind` are the target's; `required`: it takes no NULL.

    One that is not `sent` is worked out by Postgres, and compared afterwards.
    """

    source: Column
    name: str
    pg_type: PgType
    not_null: bool
    is_copied: bool = True


@dataclass
class TableMapping:
    """A table on its way to the table `name`, which is `created` if it was not there."""

    source: Table
    name: str
    created: bool
    columns: list[ColumnMapping]
    rows: int = 0
    row_bytes: int = 0
    triggers: list[Trigger] = field(default_factory=list)
    parent_tables: list[str] = field(default_factory=list)

    @property
    def has_large_rows(self) -> bool:
        """Whether a row may be so large that few copies of it should be made at once."""
        return self.row_bytes > LARGE_ROW_BYTES

    @property
    def uncompared(self) -> list[ColumnMapping]:
        """The columns of which only NULL or not is compared."""
        return [column for column in self.columns if column.pg_type.not_comparable]

    def find_column(self, column: str) -> ColumnMapping | None:
        """The move of a source's column, in whatever case."""
        return next(
            (m for m in self.columns if ascii_lower(m.source.name) == ascii_lower(column)), None
        )
