"""Fits output to the terminal, and counts what is left out. Elsewhere everything is printed."""

import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from demijohn.common.terminal import wrapped

RESERVED_ROWS = 3  # rows for the last line, which may be two, and for the shell prompt


@dataclass
class Section:
    """Lines that can be cut off at the end; `rest` describes those that are.

    A section that comes `first` gets room before all others. One that is `whole` is never cut: it
    cannot be shown again, so the user has to scroll back.
    """

    title: str
    lines: Sequence[str]
    rest: Callable[[int], str]  # from the number of lines that are shown
    first: bool = False
    whole: bool = False
    shown: int = 0

    def text(self) -> list[str]:
        """The lines that are shown."""
        lines = [self.title] * bool(self.title and self.lines) + [*self.lines[: self.shown]]
        return lines if self.shown == len(self.lines) else [*lines, self.rest(self.shown)]


@dataclass(frozen=True)
class Screen:
    """The size of a terminal; 0 rows if there is none, and no limit."""

    rows: int = 0
    columns: int = 0

    @classmethod
    def here(cls) -> "Screen":
        """The terminal of stdout."""
        if not sys.stdout.isatty():
            return cls()
        size = shutil.get_terminal_size()
        return cls(size.lines, size.columns)

    def height(self, texts: Sequence[str]) -> int:
        """The number of rows that texts take once wrapped."""
        lines = self.wrap(texts).split("\n") if texts else []
        return sum(max(1, -(-len(line) // max(self.columns, 1))) for line in lines)

    def wrap(self, texts: Sequence[str]) -> str:
        """The texts, wrapped."""
        return wrapped("\n".join(texts), self.columns)

    def fit(self, sections: Sequence[Section], rows: int) -> list[str]:
        """As many lines of each section as fit into `rows`, given out in turns."""
        for section in sections:
            section.shown = 0 if self.rows and not section.whole else len(section.lines)
        for group in ([s for s in sections if s.first], sections) if self.rows else ():
            grows = True
            while grows:
                grows = False
                for section in group:
                    grows |= self._grows(section, sections, rows)
        return [line for section in sections for line in section.text()]

    def _grows(self, section: Section, sections: Sequence[Section], rows: int) -> bool:
        """Whether one more line of it fits, or all remaining ones."""
        before = section.shown
        for count in (before + 1, len(section.lines)):
            if before < count <= len(section.lines):
                section.shown = count
                if sum(self.height(one.text()) for one in sections) <= rows:
                    return True
        section.shown = before
        return False
