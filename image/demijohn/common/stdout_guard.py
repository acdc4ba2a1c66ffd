"""A standard output whose errors do not stop the command.

`demijohn import-sqlite app.db | head -1` closes the pipe early, and with `> log` the disk may be
full. The command finishes its work in both cases.
"""

import errno
import io
import os
import sys

from demijohn.common.exit_codes import Exit
from demijohn.common.log import log_error


class _ErrorRecorder(io.FileIO):
    """Discards data that cannot be written, and records the first error."""

    error: OSError | None = None

    def write(self, data: bytes) -> int | None:  # type: ignore[override]  # io takes any buffer
        try:
            return super().write(data)
        except OSError as error:
            self.error = self.error or error
            return len(data)


class Output:
    """Replaces sys.stdout until `end`, which reports write errors."""

    def __init__(self) -> None:
        _open_missing_descriptors()
        self._raw = _ErrorRecorder(1, "w", closefd=False)
        # errors="replace": a character that the terminal lacks must not stop the command either.
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(self._raw),
            encoding=sys.stdout.encoding if sys.stdout else "utf-8",
            errors="replace",
            line_buffering=True,
        )

    def end(self, status: int) -> int:
        """Return the exit status of a command that would otherwise end with `status`.

        EPIPE is ignored: the reader has closed the pipe, as `head` does. Any other error is
        reported, because output is missing.
        """
        sys.stdout.flush()
        error = self._raw.error
        if error is None or error.errno == errno.EPIPE:
            return status
        done = "" if status else " The command itself succeeded."
        log_error(f"standard output is incomplete: {error.strerror}.{done}")
        return status or Exit.CANNOT_WRITE


def _open_missing_descriptors() -> None:
    """Open /dev/null for each standard descriptor that is closed.

    Otherwise the next file or connection that is opened would become standard output.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # gets the lowest free number
