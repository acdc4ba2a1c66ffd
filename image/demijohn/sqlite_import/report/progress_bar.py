"""What is seen while it works: bars on a terminal, plain lines anywhere else."""

import sys
import time
from typing import Protocol

from demijohn.sqlite_import.model.progress import Progress
from demijohn.sqlite_import.text import counted, one_line

PLAIN_SECONDS = 10.0  # between two lines about the same table


class Display(Protocol):
    """Shows progress; `show` is called several times a second, `close` at the end."""

    def show(self, progress: Progress) -> None:
        """Show how far it is."""

    def close(self) -> None:
        """Leave the terminal in order."""


def make_display() -> Display:
    """Bars if somebody looks at a terminal, lines if not."""
    return BarDisplay() if sys.stdout.isatty() else PlainDisplay()


class PlainDisplay:
    """A line for each table and each phase; more of them where it takes long."""

    def __init__(self) -> None:
        self._printed = 0
        self._last = time.monotonic()

    def show(self, progress: Progress) -> None:
        """Print what is new."""
        new, self._printed = progress.lines[self._printed :], len(progress.lines)
        for line in new:
            self._print(line)
        if time.monotonic() - self._last > PLAIN_SECONDS and progress.table:
            self._print(
                f"  {one_line(progress.table)}: {counted(progress.table_rows, 'row')} so far"
            )

    def close(self) -> None:
        """Nothing is left open."""

    def _print(self, text: str) -> None:
        print(text, flush=True)
        self._last = time.monotonic()


class BarDisplay:
    """A bar for the whole and one for the table at hand; tables that are done become lines."""

    def __init__(self) -> None:
        # Only here: it takes 0.1 s to load, and most output goes into a file.
        from rich.console import Console, ConsoleDimensions
        from rich.progress import BarColumn, ProgressColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Rich
        from rich.progress_bar import ProgressBar
        from rich.text import Text

        class Narrow(Console):
            """With room for the ^C that a terminal writes behind a bar: in a line of its own it
            would keep that bar from being taken away.
            """

            @property  # type: ignore[misc]
            def size(self) -> ConsoleDimensions:
                width, height = super().size
                return ConsoleDimensions(max(width - len("^C") - 1, 1), height)

        class Bar(BarColumn):
            """One that only moves, where it cannot be known how far it is."""

            def render(self, task) -> ProgressBar:  # type: ignore[no-untyped-def]
                bar = super().render(task)
                bar.pulse = not task.total
                return bar

        class Count(ProgressColumn):
            """Rows, where they are counted."""

            def render(self, task) -> Text:  # type: ignore[no-untyped-def]
                return Text(f"{task.completed:,.0f} of {task.total:,.0f}" if task.total else "")

        class Speed(ProgressColumn):
            """Rows a second."""

            def render(self, task) -> Text:  # type: ignore[no-untyped-def]
                now = task.finished_speed or task.speed
                return Text(f"{now:,.0f} rows/s" if now else "", style="cyan")

        class Remaining(TimeRemainingColumn):
            """How long it takes still, where that can be known."""

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
        """Move the bars."""
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
        """Take the bars away."""
        self._rich.update(self._whole, visible=False)
        self._rich.update(self._table, visible=False)
        self._rich.refresh()
        self._rich.stop()
