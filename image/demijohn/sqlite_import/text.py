"""Text that several folders format alike: counts, lists of names, lines, slices."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

MAX_LISTED = 5  # names in one line
SLICE = 64 << 10  # characters or bytes of a large value that are processed at once

Sliced = TypeVar("Sliced", str, bytes)


def counted(number: int, noun: str) -> str:
    """A number and its noun: "1 row", "2,000 rows"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def one_line(text: str) -> str:
    """`text` with unprintable characters escaped: names in the file may contain any."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def list_first(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - MAX_LISTED
    return ", ".join(names[:MAX_LISTED]) + (f" and {more:,} more" if more > 0 else "")


def in_slices(value: Sliced) -> Iterator[Sliced]:
    """A value in slices of at most SLICE, in order."""
    return (value[at : at + SLICE] for at in range(0, len(value), SLICE))
