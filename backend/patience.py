"""How much longer the database may take before the client gets a 503 instead of silence.

The server's statement_timeout ends a slow statement, but not a server that is frozen or cut off.
So whatever waits for the database asks here how long it still may: a name being resolved, a
connection being made, a pooled connection being tried, a statement.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Within this block nothing waits longer than `seconds` in all, nor than a block around it."""
    outer = _deadline.get()
    own = monotonic() + seconds
    token = _deadline.set(own if outer is None else min(outer, own))
    try:
        yield
    finally:
        _deadline.reset(token)


def start(seconds: float) -> None:
    """Begin anew: what this thread does from now on may wait `seconds` in all."""
    _deadline.set(monotonic() + seconds)


def end() -> None:
    """Back to waiting without limit."""
    _deadline.set(None)


def left() -> float | None:
    """Seconds that are left, 0 if none are, None if there is no limit."""
    deadline = _deadline.get()
    return None if deadline is None else max(0.0, deadline - monotonic())
