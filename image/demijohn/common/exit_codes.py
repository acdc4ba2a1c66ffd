"""Exit statuses after sysexits(3), and the exceptions that end a command with one of them."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit statuses of `demijohn`; the numbers are those of sysexits.h."""

    OK = 0
    FAILED = 1  # `doctor` or `smoke` found a problem
    USAGE = 64
    BAD_DATA = 65
    UNAVAILABLE = 69  # the database
    SOFTWARE = 70  # a supervised program cannot be kept running, or a release failed
    CANNOT_WRITE = 73
    CONFIGURATION = 78


class CommandError(Exception):
    """Ends the command with `status`, after `message` on stderr: what is wrong and what to do.

    The message may have several lines, one per mistake; it never contains a secret.
    """

    def __init__(self, status: Exit, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def __reduce__(self) -> tuple[type["CommandError"], tuple[Exit, str]]:
        return CommandError, (self.status, self.message)  # for pickle


class Interrupted(BaseException):
    """A signal stops the command; a BaseException, so that `except Exception` does not catch it.

    `reason` names the signal; `message` also says what was not finished.
    """

    def __init__(self, status: Exit, reason: str, unfinished: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.message = reason + unfinished
