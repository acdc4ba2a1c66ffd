"""How far the import is: written by those who work, read by the one who shows it."""

import time
from dataclasses import dataclass, field

from demijohn.sqlite_import.refusals import counted, one_line

SPEED_ROWS = 10_000  # of fewer, the speed says nothing


@dataclass
class Progress:
    """What is being done, and how many rows of it."""

    doing: str = ""
    expected: int = 0  # rows of all tables
    total: int = 0  # rows done of them
    table: str = ""
    table_expected: int = 0
    rows: int = 0
    lines: list[str] = field(default_factory=list)  # to be printed, in time
    _began: float = 0.0

    def phase(self, doing: str, expected: int = 0) -> None:
        """Turn to another kind of work."""
        self.doing, self.expected, self.total, self.table = doing, expected, 0, ""
        self.lines.append(doing)

    def begin(self, table: str, expected: int) -> None:
        """Turn to a table."""
        self.rows, self.table_expected, self.table = 0, expected, table
        self._began = time.monotonic()

    def add(self, rows: int) -> None:
        """Count rows that are done."""
        self.rows += rows
        self.total += rows

    def done(self, rows: int, skipped: int) -> None:
        """The table is done: so many of its rows arrived, and so many were skipped."""
        seconds = max(time.monotonic() - self._began, 1e-3)
        speed = f", {rows / seconds:,.0f} rows/s" if rows >= SPEED_ROWS else ""
        skip = f", {skipped:,} skipped" if skipped else ""
        self.lines.append(f"  {one_line(self.table)}: {counted(rows, 'row')}{skip}{speed}")
