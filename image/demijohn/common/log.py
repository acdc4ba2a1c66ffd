"""The container's log: one line an event, the speaker's name in front, on stdout or stderr."""

import os
import select
from collections import Counter
from contextlib import suppress

from demijohn.common.terminal import columns, wrapped

PATIENCE_MS = 1000  # for a reader that is only slow


def log_info(who: str, text: str) -> None:
    """Print one line for people who read the log."""
    _write(1, f"{who:<9} {text}\n".encode())


def log_error(text: str) -> None:
    """Print on stderr what is wrong, each line named as ours."""
    width = columns(2)
    for line in text.splitlines():
        _write(2, wrapped(f"demijohn: {line}", width).encode() + b"\n")


class Relay:
    """Passes on what programs print, line by line, each line whole and under its program's name.

    Writes to the descriptors that this process was given: /dev/stdout cannot be opened again by
    another user than the one who opened it.
    """

    def __init__(self) -> None:
        self._partial: dict[tuple[str, int], bytes] = {}
        self.last_words: dict[str, str] = {}

    def feed(self, program: str, descriptor: int, data: bytes) -> None:
        """Take what `program` printed on stdout (1) or stderr (2)."""
        *lines, rest = (self._partial.pop((program, descriptor), b"") + data).split(b"\n")
        if len(rest) > 65536:  # no line, whatever it is
            lines, rest = [*lines, rest], b""
        if rest:
            self._partial[program, descriptor] = rest
        for line in lines:
            self._line(program, descriptor, line)

    def flush(self) -> None:
        """Write what is left of unfinished lines."""
        for (program, descriptor), rest in self._partial.items():
            self._line(program, descriptor, rest)
        self._partial.clear()

    def _line(self, program: str, descriptor: int, line: bytes) -> None:
        if descriptor == 2 and line.strip():
            self.last_words[program] = line.decode("utf-8", "replace").strip()
        _write(descriptor, f"{program:<9} ".encode() + line + b"\n")


# Lines that a descriptor did not take, since it last took one.
_lost: Counter[int] = Counter()


def _write(descriptor: int, data: bytes) -> None:
    """Write one line, unless the reader has stopped: that, too, is no reason to stop serving.

    A pipe that is ready takes PIPE_BUF bytes without a wait (pipe(7)). Its reader is waited for
    once, and then not until it has taken something again.
    """
    # That nobody reads the log any more is no reason either.
    with suppress(OSError):
        if lost := _lost[descriptor]:
            data = f"\nlog       {lost} lines were lost: nobody read them\n".encode() + data
        while data:
            if not _takes(descriptor, 0 if lost else PATIENCE_MS):
                _lost[descriptor] += 1
                return
            data = data[os.write(descriptor, data[: select.PIPE_BUF]) :]
        _lost[descriptor] = 0


def _takes(descriptor: int, milliseconds: int) -> bool:
    poller = select.poll()
    poller.register(descriptor, select.POLLOUT)
    return bool(poller.poll(milliseconds))
