"""Finds streams whose client has gone.

A view that waits for the next event of its queue learns that its client has gone when it sends that
event, which may be never. The thread cannot be interrupted; the worker gets another one instead.
"""

import select
import socket
import threading
from select import poll  # eventlet.monkey_patch removes it from its module

# Threads by their stream's connection to Nginx, which closes it when the client has gone.
_streams: dict[int, socket.socket] = {}

GONE = select.POLLHUP | select.POLLERR | getattr(select, "POLLRDHUP", 0)


def begin(connection: socket.socket | None) -> None:
    """Record that this thread sends a stream."""
    if connection is not None:
        _streams[threading.get_ident()] = connection


def end() -> None:
    """Record that this thread's stream has ended."""
    _streams.pop(threading.get_ident(), None)


def count() -> int:
    """The number of threads whose client has gone."""
    poller = poll()
    for connection in list(_streams.values()):
        if (number := connection.fileno()) >= 0:
            poller.register(number, GONE)
    return sum(bool(events & GONE) for _, events in poller.poll(0))


def clear() -> None:
    """Forget the streams of the process that this one was forked from."""
    _streams.clear()
