"""The container's log: one line per event on stdout or stderr, after the name of its source."""

import os
from collections import Counter
from contextlib import suppress
from select import PIPE_BUF, POLLOUT, poll  # eventlet.monkey_patch removes poll from its module

from demijohn.common.terminal import columns, wrapped

MAX_LINE = 1 << 20  # bytes; longer lines are split
WRITE_TIMEOUT_MS = 1000  # for a reader that is slow


def log_info(source: str, text: str) -> None:
    """Print one line on stdout, prefixed with its source."""
    _write(1, f"{source:<9} {text}\n".encode())


def log_error(text: str) -> None:
    """Print an error on stderr, each line after `demijohn: `."""
    width = columns(2)
    for line in text.splitlines():
        _write(2, wrapped(f"demijohn: {line}", width).encode() + b"\n")


class Relay:
    """Writes the output of programs to the log, in whole lines, each after its program's name.

    JSON objects have no name before them.

    Writes to the descriptors of this process: another user than the one who opened /dev/stdout
    cannot open it again.
    """

    def __init__(self) -> None:
        self._partial: dict[tuple[str, int], bytes] = {}
        self.last_errors: dict[str, str] = {}  # the last line on stderr, by program

    def feed(self, program: str, descriptor: int, data: bytes) -> None:
        """Write the complete lines that `program` printed on stdout (1) or stderr (2)."""
        *lines, rest = (self._partial.pop((program, descriptor), b"") + data).split(b"\n")
        if len(rest) > MAX_LINE:  # write it as it is
            lines, rest = [*lines, rest], b""
        if rest:
            self._partial[program, descriptor] = rest
        for line in lines:
            self._line(program, descriptor, line)

    def flush(self) -> None:
        """Write the incomplete lines."""
        for (program, descriptor), rest in self._partial.items():
            self._line(program, descriptor, rest)
        self._partial.clear()

    def _line(self, program: str, descriptor: int, line: bytes) -> None:
        if descriptor == 2 and line.strip():
            self.last_errors[program] = line.decode("utf-8", "replace").strip()
        _write(descriptor, (b"" if _is_json(line) else f"{program:<9} ".encode()) + line + b"\n")


def _is_json(line: bytes) -> bool:
    """Whether a line looks like a JSON object: log services parse only the whole line."""
    return line.startswith(b'{"') and line.rstrip().endswith(b"}")


# The number of lines lost per descriptor since the last successful write.
_lost: Counter[int] = Counter()


def _write(descriptor: int, data: bytes) -> None:
    """Write one line, or drop it if the reader has stopped: a stuck log must not stop the server.

    A pipe that is ready takes PIPE_BUF bytes without blocking (pipe(7)). After a timeout, lines are
    dropped without waiting until the reader reads again.
    """
    with suppress(OSError):  # a closed log must not stop the server either
        if lost := _lost[descriptor]:
            data = f"\nlog       {lost} lines were lost: the log was not read\n".encode() + data
        while data:
            if not _is_writable(descriptor, 0 if lost else WRITE_TIMEOUT_MS):
                _lost[descriptor] += 1
                return
            data = data[os.write(descriptor, data[:PIPE_BUF]) :]
        _lost[descriptor] = 0


def _is_writable(descriptor: int, milliseconds: int) -> bool:
    poller = poll()
    poller.register(descriptor, POLLOUT)
    return bool(poller.poll(milliseconds))
