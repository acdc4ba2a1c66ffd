"""What is told on a terminal fits it, and says how much more there is; elsewhere all is told."""

import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from demijohn.common.terminal import wrapped

RESERVED_ROWS = 3  # rows: what ends it, which may be two, and where the shell asks anew


@dataclass
class Section:
    """Lines, of which the last ones may be left out: `rest` says of them what they are.

    One that comes `first` gets room before all others. One that is `whole` is told to its end, for
    it cannot be asked for again: what has no room then has to be scrolled back to.
    """

    title: str
    lines: Sequence[str]
    rest: Callable[[int], str]  # how many lines are told
    first: bool = False
    whole: bool = False
    shown: int = 0

    def text(self) -> list[str]:
        """What is told of it."""
        lines = [self.title] * bool(self.title and self.lines) + [*self.lines[: self.shown]]
        return lines if self.shown == len(self.lines) else [*lines, self.rest(self.shown)]


@dataclass(frozen=True)
class Screen:
    """A terminal of so many `rows` and `columns`; 0 rows where there is none, and no end."""

    rows: int = 0
    columns: int = 0

    @classmethod
    def here(cls) -> "Screen":
        """Where stdout goes."""
        if not sys.stdout.isatty():
            return cls()
        size = shutil.get_terminal_size()
        return cls(size.lines, size.columns)

    def height(self, texts: Sequence[str]) -> int:
        """The rows that texts take once they are wrapped."""
        lines = self.wrap(texts).split("\n") if texts else []
        return sum(max(1, -(-len(line) // max(self.columns, 1))) for line in lines)

    def wrap(self, texts: Sequence[str]) -> str:
        """The texts as they are printed here."""
        return wrapped("\n".join(texts), self.columns)

    def fit(self, sections: Sequence[Section], rows: int) -> list[str]:
        """As much of each section as goes into so many rows; each gets a line in turn."""
        for section in sections:
            section.shown = 0 if self.rows and not section.whole else len(section.lines)
        for turn in ([s for s in sections if s.first], sections) if self.rows else ():
            grows = True
            while grows:
                grows = False
                for section in turn:
                    grows |= self._grows(section, sections, rows)
        return [line for section in sections for line in section.text()]

    def _grows(self, section: Section, sections: Sequence[Section], rows: int) -> bool:
        """Whether there was room for one line more of it, or for all that it still has."""
        before = section.shown
        for told in (before + 1, len(section.lines)):
            if before < told <= len(section.lines):
                section.shown = told
                if sum(self.height(one.text()) for one in sections) <= rows:
                    return True
        section.shown = before
        return False
