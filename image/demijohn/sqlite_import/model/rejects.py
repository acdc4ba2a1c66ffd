"""Values that do not fit: each with its place and the reason, and what became of it."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from demijohn.sqlite_import.model.invalid_text import HalfSurrogateText, InvalidText

MAX_DESCRIBED = 10_000  # described one by one; beyond it they are counted, for memory is bounded
MAX_VALUE_CHARS = 60  # characters of a value


class ConversionError(Exception):
    """A value that its Postgres type cannot represent. The message is the reason."""


@dataclass(frozen=True)
class RejectedValue:
    """One value that does not fit into its column."""

    table: str
    rowid: str
    column: str
    value: str
    reason: str


class Rejects:
    """All values that do not fit. `policy` is what happens to them: "null", "skip", or nothing."""

    def __init__(self, policy: str) -> None:
        self.policy = policy
        self.described: list[RejectedValue] = []
        self.counts: Counter[tuple[str, str, str]] = Counter()  # table, column, reason
        self.skipped_rows: Counter[str] = Counter()  # rows, by table

    def __bool__(self) -> bool:
        return bool(self.counts)

    @property
    def total(self) -> int:
        """How many values there are."""
        return self.counts.total()

    @property
    def is_fatal(self) -> bool:
        """Whether something does not fit and nothing was said of that, so that nothing is kept."""
        return bool(self) and not self.policy

    def merge(self, others: "Rejects") -> None:
        """Add those of the next rows."""
        self.counts += others.counts
        self.skipped_rows += others.skipped_rows
        self.described += others.described[: MAX_DESCRIBED - len(self.described)]

    def add(self, table: str, rowid: Any, column: str, value: Any, reason: str) -> None:
        """Note one value."""
        self.counts[table, column, reason] += 1
        if len(self.described) < MAX_DESCRIBED:
            place = rowid if isinstance(rowid, str) else repr(rowid)
            self.described.append(RejectedValue(table, place, column, format_value(value), reason))


def format_value(value: Any) -> str:
    """A value in one short line, written as in SQL; what is no letter as in Python."""
    short: Any = None  # a copy of all of it may be all the memory that there is
    if isinstance(value, str | bytes):
        short = value[: MAX_VALUE_CHARS + 1]
    match value:
        case None:
            text = "NULL"
        case HalfSurrogateText():
            text = repr(short.decode(errors="ignore")).replace("\\\\ud", "\\ud")
        case InvalidText():
            text = repr(short).removeprefix("b")
        case bytes():
            text = f"x'{short.hex()}'"
        case str():
            text = repr(short)
        case _:
            text = repr(value)
    return text if len(text) <= MAX_VALUE_CHARS else text[: MAX_VALUE_CHARS - 1] + "…"
