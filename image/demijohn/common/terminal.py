"""The width of the terminal, and text wrapped to it between words."""

import os
import textwrap

INDENT = "    "


def columns(descriptor: int) -> int:
    """The width of the terminal behind a descriptor; 0 if it is not a terminal."""
    try:
        return os.get_terminal_size(descriptor).columns
    except OSError:
        return 0


def wrapped(text: str, width: int) -> str:
    """`text` in lines of at most `width` characters, 0 for no limit. Longer words are not split."""
    return "\n".join(
        piece
        for line in text.split("\n")
        for piece in (_pieces(line, width) if 0 < width < len(line) else [line])
    )


def _pieces(line: str, width: int) -> list[str]:
    own = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(
        line,
        width,
        subsequent_indent=own + INDENT if len(own + INDENT) < width else "",
        break_long_words=False,
        break_on_hyphens=False,
        expand_tabs=False,
        replace_whitespace=False,
    ) or [line]
