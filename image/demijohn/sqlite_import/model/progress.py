"""How far the import is: written by those who work, read by the one who shows it."""

import time
from dataclasses import dataclass, field

from demijohn.sqlite_import.text import counted, one_line

MIN_ROWS_FOR_SPEED = 10_000  # of fewer, the speed says nothing


@dataclass
class Progress:
    """What is being done, and how many rows of it."""

    phase: str = ""
    total_rows: int = 0  # rows of all tables
    done_rows: int = 0  # rows done of them
    table: str = ""
    table_total_rows: int = 0
    table_rows: int = 0
    lines: list[str] = field(default_factory=list)  # to be printed, in time
    _table_started: float = 0.0

    def start_phase(self, doing: str, expected: int = 0) -> None:
        """Turn to another kind of work."""
        self.phase, self.total_rows, self.done_rows, self.table = doing, expected, 0, ""
        self.lines.append(doing)

    def start_table(self, table: str, expected: int) -> None:
        """Turn to a table."""
        self.table_rows, self.table_total_rows, self.table = 0, expected, table
        self._table_started = time.monotonic()

    def add_rows(self, rows: int) -> None:
        """Count rows that are done."""
        self.table_rows += rows
        self.done_rows += rows

    def finish_table(self, rows: int, skipped: int) -> None:
        """The table is done: so many of its rows arrived, and so many were skipped."""
        seconds = max(time.monotonic() - self._table_started, 1e-3)
        speed = f", {rows / seconds:,.0f} rows/s" if rows >= MIN_ROWS_FOR_SPEED else ""
        skip = f", {skipped:,} skipped" if skipped else ""
        self.lines.append(f"  {one_line(self.table)}: {counted(rows, 'row')}{skip}{speed}")
