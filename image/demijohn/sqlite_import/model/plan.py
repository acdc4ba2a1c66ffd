"""What the import will do, decided before anything is written."""

from dataclasses import dataclass, field, replace

from demijohn.sqlite_import.model.mapping import TableMapping
from demijohn.sqlite_import.model.pg_type import PgType
from demijohn.sqlite_import.model.schema import SchemaLoss
from demijohn.sqlite_import.sql_names import MAX_NAME_BYTES, shorten_name


@dataclass
class Options:
    """The options that concern the data."""

    on_bad: str = ""  # "null", "text" or "skip"; "" stops the import
    replace: bool = False
    append: bool = False
    exclude: frozenset[str] = frozenset()  # "table" or "table.column", in lower case
    types: dict[str, PgType] = field(default_factory=dict)  # by "table.column" in lower case
    text_columns: set[tuple[str, str]] = field(
        default_factory=set
    )  # (table, column) pairs that --on-bad text turns into text


@dataclass(frozen=True)
class Note:
    """A remark about a table or a column, its `subject`, printed before anything is written."""

    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.text}"


@dataclass
class Plan:
    """What will be done. `notes` are printed first; `errors` end the command."""

    tables: list[TableMapping] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    # existing tables with rows, without --append or --replace
    nonempty_tables: list[str] = field(default_factory=list)
    fixed_type_columns: list[str] = field(
        default_factory=list
    )  # columns that --on-bad text cannot turn into text
    losses: list[SchemaLoss] = field(default_factory=list)
    has_cycles: bool = False  # whether existing tables refer to each other in a cycle
    names: "NameAllocator" = field(
        default_factory=lambda: NameAllocator(set())
    )  # for everything that is created

    def add_note(self, about: str, what: str) -> None:
        """Add a note, unless `text` is empty."""
        if what:
            self.notes.append(Note(about, what))

    def add_loss(self, loss: SchemaLoss, reason: str, *, is_changed: bool = False) -> None:
        """Record why it is not imported, or, if `is_changed`, how it was changed."""
        self.losses.append(replace(loss, reason=reason, is_changed=is_changed))

    def is_excluded(self, what: str, name: str, options: Options) -> bool:
        """Whether --exclude names the table or column. If so, that is recorded as a loss."""
        asked = name.lower() in options.exclude
        if asked:
            self.losses.append(SchemaLoss(what, name, "excluded with --exclude"))
        return asked

    def find_table(self, table: str) -> TableMapping | None:
        """The mapping of a SQLite table."""
        return next((t for t in self.tables if t.source.name == table), None)


class NameAllocator:
    """Hands out distinct names of at most 63 bytes."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = set(taken)

    def allocate(self, wanted: str) -> str:
        """`wanted`, or if it is taken or too long, its start with a digest."""
        name = wanted
        number = 0
        while name in self._taken or len(name.encode()) > MAX_NAME_BYTES or not name:
            name = shorten_name(wanted, number)
            number += 1
        self._taken.add(name)
        return name
