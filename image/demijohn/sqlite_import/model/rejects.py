"""Rejected values: those that their Postgres type cannot represent."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from demijohn.sqlite_import.model.invalid_text import HalfSurrogateText, InvalidText

MAX_DESCRIBED = 10_000  # described one by one; the rest are counted, so that memory is bounded
MAX_VALUE_CHARS = 60


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
    """All rejected values. `policy` is what happens to them: "null", "skip", or "" to stop."""

    def __init__(self, policy: str) -> None:
        self.policy = policy
        self.described: list[RejectedValue] = []
        self.counts: Counter[tuple[str, str, str]] = Counter()  # by table, column, reason
        self.skipped_rows: Counter[str] = Counter()  # by table

    def __bool__(self) -> bool:
        return bool(self.counts)

    @property
    def total(self) -> int:
        """The number of rejected values."""
        return self.counts.total()

    @property
    def is_fatal(self) -> bool:
        """Whether there are rejects and no policy for them, so that nothing will be imported."""
        return bool(self) and not self.policy

    def merge(self, other: "Rejects") -> None:
        """Add the rejects of the next rows."""
        self.counts += other.counts
        self.skipped_rows += other.skipped_rows
        self.described += other.described[: MAX_DESCRIBED - len(self.described)]

    def add(self, table: str, rowid: Any, column: str, value: Any, reason: str) -> None:
        """Record one value."""
        self.counts[table, column, reason] += 1
        if len(self.described) < MAX_DESCRIBED:
            row = rowid if isinstance(rowid, str) else repr(rowid)
            self.described.append(RejectedValue(table, row, column, format_value(value), reason))


def format_value(value: Any) -> str:
    """A value in one short line: as a SQL literal, or if not printable as Python writes it."""
    short: Any = None  # only the start: a second copy of the value may not fit into memory
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
