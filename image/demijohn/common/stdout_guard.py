"""Standard output for a command whose work counts, whether or not anybody reads what it prints.

`demijohn import-sqlite app.db | head -1` closes the pipe in the midst of it, and `> log` may find
the disk full. Neither undoes what was done, nor is it a reason to stop.
"""

import errno
import io
import os
import sys

from demijohn.common.exit_codes import Exit
from demijohn.common.log import log_error


class _Lenient(io.FileIO):
    """Takes whatever it is given, and remembers why it could not pass it on."""

    fault: OSError | None = None

    def write(self, data: bytes) -> int | None:  # type: ignore[override]  # or alike, as io says
        try:
            return super().write(data)
        except OSError as error:
            self.fault = self.fault or error
            return len(data)


class Output:
    """Standard output from now on, until the `end` of the command."""

    def __init__(self) -> None:
        _fill()
        self._raw = _Lenient(1, "w", closefd=False)
        # What the terminal has no letter for is no reason to stop either.
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(self._raw),
            encoding=sys.stdout.encoding if sys.stdout else "utf-8",
            errors="replace",
            line_buffering=True,
        )

    def end(self, status: int) -> int:
        """The exit status of a command that would end with `status`.

        A reader that is gone wanted no more. Else something is missing that somebody wants.
        """
        sys.stdout.flush()
        fault = self._raw.fault
        if fault is None or fault.errno == errno.EPIPE:
            return status
        done = "" if status else " The command itself succeeded."
        log_error(f"standard output: {fault.strerror}, so a part of it is missing.{done}")
        return status or Exit.CANNOT_WRITE


def _fill() -> None:
    """Put nothing in the place of descriptors that were closed: else the next file or connection
    that is opened would be taken for standard output.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest that is free
