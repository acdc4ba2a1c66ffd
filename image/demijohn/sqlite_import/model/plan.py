"""Which table and column goes where, as it was decided before anything is written."""

from dataclasses import dataclass, field, replace

from demijohn.sqlite_import.model.mapping import TableMapping
from demijohn.sqlite_import.model.pg_type import PgType
from demijohn.sqlite_import.model.schema import SchemaLoss
from demijohn.sqlite_import.sql_names import MAX_NAME_BYTES, shorten_name


@dataclass
class Options:
    """What the command was asked for."""

    on_bad: str = ""  # "null", "text" or "skip"; empty: stop
    replace: bool = False
    append: bool = False
    exclude: frozenset[str] = frozenset()  # "table" or "table.column", in lower case
    types: dict[str, PgType] = field(default_factory=dict)  # by "table.column" in lower case
    text_columns: set[tuple[str, str]] = field(
        default_factory=set
    )  # columns that --on-bad makes text


@dataclass(frozen=True)
class Note:
    """Something to know of a table or a column, `about`, before anything is written."""

    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.text}"


@dataclass
class Plan:
    """All that will be done; `notes` are told first, `refusals` end the command."""

    tables: list[TableMapping] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    nonempty_tables: list[str] = field(default_factory=list)  # tables that hold rows, and may not
    fixed_type_columns: list[str] = field(
        default_factory=list
    )  # columns that --on-bad text cannot make text
    losses: list[SchemaLoss] = field(default_factory=list)
    has_cycles: bool = False  # tables that exist refer to each other in a circle
    names: "NameAllocator" = field(
        default_factory=lambda: NameAllocator(set())
    )  # for all that is created

    def add_note(self, about: str, what: str) -> None:
        """Tell it before anything is written; nothing if there is nothing."""
        if what:
            self.notes.append(Note(about, what))

    def add_loss(self, loss: SchemaLoss, reason: str, *, is_changed: bool = False) -> None:
        """Note that it is left behind, or `is_changed` otherwise than it was."""
        self.losses.append(replace(loss, reason=reason, is_changed=is_changed))

    def is_excluded(self, what: str, name: str, options: Options) -> bool:
        """Whether a table or a column is to stay behind, as asked; then that is noted."""
        asked = name.lower() in options.exclude
        if asked:
            self.losses.append(SchemaLoss(what, name, "excluded as asked"))
        return asked

    def find_table(self, table: str) -> TableMapping | None:
        """The move of a source's table."""
        return next((t for t in self.tables if t.source.name == table), None)


class NameAllocator:
    """Hands out names that Postgres takes: at most 63 bytes, none of them twice."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = set(taken)

    def allocate(self, wanted: str) -> str:
        """`wanted`, or as much of it as goes, with a digest of the whole."""
        name = wanted
        number = 0
        while name in self._taken or len(name.encode()) > MAX_NAME_BYTES or not name:
            name = shorten_name(wanted, number)
            number += 1
        self._taken.add(name)
        return name
