"""Values that do not fit: each with its place and the reason, and what became of it."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from demijohn.sqlite_import.source import Halved, Invalid

KEPT = 10_000  # described one by one; beyond it they are counted, for memory is bounded
SHOWN = 60  # characters of a value


@dataclass(frozen=True)
class Refusal:
    """One value that does not fit into its column."""

    table: str
    rowid: str
    column: str
    value: str
    reason: str


class Refusals:
    """All values that do not fit. `policy` is what happens to them: "null", "skip", or nothing."""

    def __init__(self, policy: str) -> None:
        self.policy = policy
        self.described: list[Refusal] = []
        self.counts: Counter[tuple[str, str, str]] = Counter()  # table, column, reason
        self.skipped: Counter[str] = Counter()  # rows, by table

    def __bool__(self) -> bool:
        return bool(self.counts)

    @property
    def total(self) -> int:
        """How many values there are."""
        return self.counts.total()

    @property
    def final(self) -> bool:
        """Whether something does not fit and nothing was said of that, so that nothing is kept."""
        return bool(self) and not self.policy

    def join(self, others: "Refusals") -> None:
        """Add those of the next rows."""
        self.counts += others.counts
        self.skipped += others.skipped
        self.described += others.described[: KEPT - len(self.described)]

    def add(self, table: str, rowid: Any, column: str, value: Any, reason: str) -> None:
        """Note one value."""
        self.counts[table, column, reason] += 1
        if len(self.described) < KEPT:
            place = rowid if isinstance(rowid, str) else repr(rowid)
            self.described.append(Refusal(table, place, column, shown(value), reason))


def counted(number: int, noun: str) -> str:
    """A number and what it counts: "1 row", "2,000 rows"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def one_line(text: str) -> str:
    """A line as it may be printed, whatever names the file has put in it."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def shown(value: Any) -> str:
    """A value in one short line, written as in SQL; what is no letter as in Python."""
    short: Any = None  # a copy of all of it may be all the memory that there is
    if isinstance(value, str | bytes):
        short = value[: SHOWN + 1]
    match value:
        case None:
            text = "NULL"
        case Halved():
            text = repr(short.decode(errors="ignore")).replace("\\\\ud", "\\ud")
        case Invalid():
            text = repr(short).removeprefix("b")
        case bytes():
            text = f"x'{short.hex()}'"
        case str():
            text = repr(short)
        case _:
            text = repr(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
