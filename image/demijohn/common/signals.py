"""Told to stop by a signal: the command ends, with one line, whatever is being done just then.

The handler raises an exception. Code in C may lose it, or make another one of it, so that what was
heard is kept as well: who is about to do what cannot be undone asks with `check` first.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from demijohn.common.exit_codes import Exit, Interrupted

SIGNALS = (signal.SIGTERM, signal.SIGINT)

_heard: list[Interrupted] = []


def listen(status: Exit, undone: str) -> None:
    """Let a signal end the command with `status`; `undone` says what that means for its work."""

    def interrupt(number: int, _: FrameType | None) -> None:
        _heard.append(Interrupted(status, f"stopped by {signal.Signals(number).name}", undone))
        raise _heard[-1]

    # PID 1 has no default action for these: without a handler it would not stop while it boots.
    for number in SIGNALS:
        signal.signal(number, interrupt)


@contextmanager
def held() -> Iterator[None]:
    """Let signals wait until this is over. For imports: C modules make others, and lose what is
    raised meanwhile, or say that they cannot be imported.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def check() -> None:
    """Raise Interrupted if a signal was heard, in whatever thread. Who calls it has not heard."""
    if _heard:
        raise _heard[0]


def ignore() -> None:
    """From here on it is only said how it went, which no signal is to change."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def forget() -> None:
    """Let another program that this process becomes find signals as they are by default."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
