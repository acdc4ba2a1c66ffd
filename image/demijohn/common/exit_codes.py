"""How a command ends: sysexits(3) codes, and the exception that carries one with its message."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit statuses of `demijohn`; the numbers are those of sysexits.h."""

    OK = 0
    FAILED = 1  # a check of `doctor` or `smoke` found something
    USAGE = 64
    BAD_DATA = 65
    UNAVAILABLE = 69  # the database
    SOFTWARE = 70  # a supervised program died for good, or a release failed
    CANNOT_WRITE = 73
    CONFIGURATION = 78


class CommandError(Exception):
    """Ends the command with `status`, after `message` on stderr: what is wrong and what to do.

    The message may have several lines, one for each mistake; it never holds a secret.
    """

    def __init__(self, status: Exit, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def __reduce__(self) -> tuple[type["CommandError"], tuple[Exit, str]]:
        return CommandError, (self.status, self.message)  # to be pickled


class Interrupted(BaseException):
    """A signal told the command to stop, and nobody is to go on as after other faults.

    `said` tells which signal it was, `message` also what that means for the work.
    """

    def __init__(self, status: Exit, said: str, undone: str = "") -> None:
        super().__init__(said)
        self.status = status
        self.said = said
        self.message = said + undone
