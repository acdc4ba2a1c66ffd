"""SIGTERM and SIGINT end a command with one line, at any time.

The handler raises Interrupted. C code may swallow or replace that exception, so the signal is also
recorded: call `check` before any step that cannot be undone.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from demijohn.common.exit_codes import Exit, Interrupted

SIGNALS = (signal.SIGTERM, signal.SIGINT)

_received: list[Interrupted] = []
_delays: list[None] = []  # one entry in a block of `delay`


def listen(status: Exit, unfinished: str) -> None:
    """Let a signal end the command with `status`; `unfinished` is the end of its message."""

    def interrupt(number: int, _: FrameType | None) -> None:
        reason = f"stopped by {signal.Signals(number).name}"
        _received.append(Interrupted(status, reason, unfinished))
        if not _delays:
            raise _received[-1]

    # The kernel applies no default action to PID 1: without a handler the boot would not stop.
    for number in SIGNALS:
        signal.signal(number, interrupt)


@contextmanager
def block_signals() -> Iterator[None]:
    """Delay signals to the end of the block. For imports: a C module that is interrupted while it
    imports others loses the exception, or reports an ImportError.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


@contextmanager
def delay() -> Iterator[None]:
    """Let a signal raise at the end of the block. Unlike with block_signals, a program that is
    started in the block receives its own signals.
    """
    _delays.append(None)
    try:
        yield
    finally:
        _delays.pop()
    check()


def check() -> None:
    """Raise Interrupted if a signal was received; callable from any thread."""
    if _received:
        raise _received[0]


def ignore() -> None:
    """Ignore signals from here on: the work is done, and only its result is left to print."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def restore_defaults() -> None:
    """Restore the default actions before exec: the new program must not inherit ours."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
