"""The deadline for the database, after which the client gets a 503.

The server's statement_timeout ends a slow statement, but does not help if the server hangs or the
network is down. So everything that waits for the database uses this deadline: resolving a name,
connecting, pinging a pooled connection, running a statement.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Set a deadline for this block, `seconds` from now or that of the outer block, if earlier."""
    outer = _deadline.get()
    own = monotonic() + seconds
    token = _deadline.set(own if outer is None else min(outer, own))
    try:
        yield
    finally:
        _deadline.reset(token)


def start(seconds: float) -> None:
    """Set the deadline of this thread to `seconds` from now."""
    _deadline.set(monotonic() + seconds)


def clear() -> None:
    """Remove the deadline of this thread."""
    _deadline.set(None)


def seconds_left() -> float | None:
    """Seconds until the deadline, 0 after it, None without a deadline."""
    deadline = _deadline.get()
    return None if deadline is None else max(0.0, deadline - monotonic())
