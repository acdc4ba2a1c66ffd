"""Shows the progress: bars on a terminal, plain lines elsewhere."""

import sys
import time
from typing import Protocol

from demijohn.sqlite_import.model.progress import Progress
from demijohn.sqlite_import.text import counted, one_line

PLAIN_SECONDS = 10.0  # between two lines about the same table


class Display(Protocol):
    """Shows progress. `show` is called several times per second, `close` at the end."""

    def show(self, progress: Progress) -> None:
        """Show the current progress."""

    def close(self) -> None:
        """Restore the terminal."""


def make_display() -> Display:
    """Bars if stdout is a terminal, else plain lines."""
    return BarDisplay() if sys.stdout.isatty() else PlainDisplay()


class PlainDisplay:
    """A line per phase and table, and more if a table takes long."""

    def __init__(self) -> None:
        self._printed = 0
        self._last = time.monotonic()

    def show(self, progress: Progress) -> None:
        """Print new lines."""
        new, self._printed = progress.lines[self._printed :], len(progress.lines)
        for line in new:
            self._print(line)
        if time.monotonic() - self._last > PLAIN_SECONDS and progress.table:
            self._print(
                f"  {one_line(progress.table)}: {counted(progress.table_rows, 'row')} so far"
            )

    def close(self) -> None:
        """Nothing to restore."""

    def _print(self, text: str) -> None:
        print(text, flush=True)
        self._last = time.monotonic()


class BarDisplay:
    """One bar for the whole and one for the current table. Finished tables become lines."""

    def __init__(self) -> None:
        # Imported here: rich takes 0.1 s to load, and most output goes to a file.
        from rich.console import Console, ConsoleDimensions
        from rich.progress import BarColumn, ProgressColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Rich
        from rich.progress_bar import ProgressBar
        from rich.text import Text

        class Narrow(Console):
            """Leaves room for the ^C that a terminal prints after a bar. On a line of its own it
            would prevent the bar from being erased.
            """

            @property  # type: ignore[misc]
            def size(self) -> ConsoleDimensions:
                width, height = super().size
                return ConsoleDimensions(max(width - len("^C") - 1, 1), height)

        class Bar(BarColumn):
            """Pulses if the total is unknown."""

            def render(self, task) -> ProgressBar:  # type: ignore[no-untyped-def]
                bar = super().render(task)
                bar.pulse = not task.total
                return bar

        class Count(ProgressColumn):
            """Rows, if they are counted."""

            def render(self, task) -> Text:  # type: ignore[no-untyped-def]
                return Text(f"{task.completed:,.0f} of {task.total:,.0f}" if task.total else "")

        class Speed(ProgressColumn):
            """Rows per second."""

            def render(self, task) -> Text:  # type: ignore[no-untyped-def]
                now = task.finished_speed or task.speed
                return Text(f"{now:,.0f} rows/s" if now else "", style="cyan")

        class Remaining(TimeRemainingColumn):
            """The remaining time, if the total is known."""

            def render(self, task) -> Text:  # type: ignore[no-untyped-def]
                return super().render(task) if task.total else Text("")

        self._rich = Rich(
            TextColumn("{task.description}", markup=False),
            Bar(),
            Count(),
            Speed(),
            Remaining(),
            auto_refresh=False,
            console=Narrow(),
        )
        self._whole = self._rich.add_task("", total=0)
        self._table = self._rich.add_task("", total=0, visible=False)
        self._shown_table = ""
        self._printed = 0
        self._rich.start()

    def show(self, progress: Progress) -> None:
        """Update the bars."""
        new, self._printed = progress.lines[self._printed :], len(progress.lines)
        for line in new:
            self._rich.console.print(line, markup=False, highlight=False)
        self._rich.update(
            self._whole,
            description=progress.phase,
            completed=progress.done_rows,
            total=max(progress.total_rows, progress.done_rows),
        )
        if (key := f"{progress.phase} {progress.table}") != self._shown_table:
            self._shown_table = key
            self._rich.reset(
                self._table, total=progress.table_total_rows, visible=bool(progress.table)
            )
        self._rich.update(
            self._table, description=f"  {one_line(progress.table)}", completed=progress.table_rows
        )
        self._rich.refresh()

    def close(self) -> None:
        """Erase the bars."""
        self._rich.update(self._whole, visible=False)
        self._rich.update(self._table, visible=False)
        self._rich.refresh()
        self._rich.stop()
