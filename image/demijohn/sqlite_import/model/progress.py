"""The progress of the import. The worker thread writes it, the main thread shows it."""

import time
from dataclasses import dataclass, field

from demijohn.sqlite_import.text import counted, one_line

MIN_ROWS_FOR_SPEED = 10_000  # below it a speed says nothing


@dataclass
class Progress:
    """The current phase and table, and how many of their rows are done."""

    phase: str = ""
    total_rows: int = 0  # of all tables
    done_rows: int = 0  # of all tables
    table: str = ""
    table_total_rows: int = 0
    table_rows: int = 0
    lines: list[str] = field(default_factory=list)  # finished lines, to be printed in order
    _table_started: float = 0.0

    def start_phase(self, doing: str, expected: int = 0) -> None:
        """Start another phase, with so many rows in it."""
        self.phase, self.total_rows, self.done_rows, self.table = doing, expected, 0, ""
        self.lines.append(doing)

    def start_table(self, table: str, expected: int) -> None:
        """Start a table of so many rows."""
        self.table_rows, self.table_total_rows, self.table = 0, expected, table
        self._table_started = time.monotonic()

    def add_rows(self, rows: int) -> None:
        """Count rows as done."""
        self.table_rows += rows
        self.done_rows += rows

    def finish_table(self, rows: int, skipped: int) -> None:
        """Finish the table: `rows` were written, `skipped` were not."""
        seconds = max(time.monotonic() - self._table_started, 1e-3)
        speed = f", {rows / seconds:,.0f} rows/s" if rows >= MIN_ROWS_FOR_SPEED else ""
        skip = f", {skipped:,} skipped" if skipped else ""
        self.lines.append(f"  {one_line(self.table)}: {counted(rows, 'row')}{skip}{speed}")
