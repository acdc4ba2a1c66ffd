"""Which table and column goes where, as it was decided before anything is written."""

from dataclasses import dataclass, field, replace

from demijohn.sqlite_import.move import TableMove
from demijohn.sqlite_import.schema import Left
from demijohn.sqlite_import.target import NAME_BYTES, renamed
from demijohn.sqlite_import.values import Kind


@dataclass
class Options:
    """What the command was asked for."""

    on_bad: str = ""  # "null", "text" or "skip"; empty: stop
    replace: bool = False
    append: bool = False
    exclude: frozenset[str] = frozenset()  # "table" or "table.column", in lower case
    types: dict[str, Kind] = field(default_factory=dict)  # by "table.column" in lower case
    as_text: set[tuple[str, str]] = field(default_factory=set)  # columns that --on-bad makes text


@dataclass(frozen=True)
class Note:
    """Something to know of a table or a column, `about`, before anything is written."""

    about: str
    what: str

    def __str__(self) -> str:
        return f"{self.about}: {self.what}"


@dataclass
class Plan:
    """All that will be done; `notes` are told first, `refusals` end the command."""

    tables: list[TableMove] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    holding: list[str] = field(default_factory=list)  # tables that hold rows, and may not
    typed: list[str] = field(default_factory=list)  # columns that --on-bad text cannot make text
    left: list[Left] = field(default_factory=list)
    cycles: bool = False  # tables that exist refer to each other in a circle
    names: "Names" = field(default_factory=lambda: Names(set()))  # for all that is created

    def note(self, about: str, what: str) -> None:
        """Tell it before anything is written; nothing if there is nothing."""
        if what:
            self.notes.append(Note(about, what))

    def leave(self, what: Left, reason: str, *, kept: bool = False) -> None:
        """Note that it is left behind, or `kept` otherwise than it was."""
        self.left.append(replace(what, reason=reason, kept=kept))

    def excludes(self, what: str, name: str, options: Options) -> bool:
        """Whether a table or a column is to stay behind, as asked; then that is noted."""
        asked = name.lower() in options.exclude
        if asked:
            self.left.append(Left(what, name, "excluded as asked"))
        return asked

    def find(self, table: str) -> TableMove | None:
        """The move of a source's table."""
        return next((t for t in self.tables if t.table.name == table), None)


class Names:
    """Hands out names that Postgres takes: at most 63 bytes, none of them twice."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = set(taken)

    def give(self, wanted: str) -> str:
        """`wanted`, or as much of it as goes, with a digest of the whole."""
        name = wanted
        number = 0
        while name in self._taken or len(name.encode()) > NAME_BYTES or not name:
            name = renamed(wanted, number)
            number += 1
        self._taken.add(name)
        return name
