"""Commands that are to end by themselves, and how they ended."""

from collections.abc import Callable
from dataclasses import dataclass

PASSWORD = "p4ssw0rd-that-nobody-may-read"


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str

    def lines(self) -> list[str]:
        """The lines on stderr, each of which must be ours."""
        assert "Traceback" not in self.out + self.err, self
        lines = self.err.splitlines()
        assert all(line.startswith("demijohn: ") for line in lines), self
        return [line.removeprefix("demijohn: ") for line in lines]

    def line(self) -> str:
        """The one line on stderr."""
        lines = self.lines()
        assert len(lines) == 1, self
        return lines[0]


Boot = Callable[..., Ended]
