"""Which column and which table goes where."""

from dataclasses import dataclass, field

from demijohn.sqlite_import.schema import Column, Table
from demijohn.sqlite_import.source import folded
from demijohn.sqlite_import.values import Kind

LARGE_BYTES = 4 << 20  # of a row


@dataclass(frozen=True)
class Trigger:
    """A trigger that fires when rows come; `table`, the table or a partition, is SQL."""

    name: str
    table: str
    always: bool  # in whatever role the session is


@dataclass
class Move:
    """A column on its way: `name` and `kind` are the target's; `required`: it takes no NULL.

    One that is not `sent` is worked out by Postgres, and compared afterwards.
    """

    column: Column
    name: str
    kind: Kind
    required: bool
    sent: bool = True


@dataclass
class TableMove:
    """A table on its way to the table `name`, which is `created` if it was not there."""

    table: Table
    name: str
    created: bool
    moves: list[Move]
    rows: int = 0
    row_bytes: int = 0
    triggers: list[Trigger] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)

    @property
    def is_large(self) -> bool:
        """Whether a row may be so large that few copies of it should be made at once."""
        return self.row_bytes > LARGE_BYTES

    @property
    def uncompared(self) -> list[Move]:
        """The columns of which only NULL or not is compared."""
        return [one for one in self.moves if one.kind.unknown]

    def move(self, column: str) -> Move | None:
        """The move of a source's column, in whatever case."""
        return next((m for m in self.moves if folded(m.column.name) == folded(column)), None)
