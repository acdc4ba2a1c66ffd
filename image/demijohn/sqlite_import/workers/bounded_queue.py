"""A queue between two threads. The sender waits while it is too far ahead."""

import threading
from collections import deque

from demijohn.sqlite_import.workers.tasks import Message, RowBatch

MAX_BYTES = 4 << 20


class Stopped(Exception):
    """The receiver has stopped."""


class BoundedQueue:
    """A queue bounded by the number of bytes in it."""

    def __init__(self) -> None:
        self.stopped = False
        self._messages: deque[Message] = deque()
        self._bytes = 0
        self._changed = threading.Condition()

    def put(self, message: Message) -> None:
        """Add a message as soon as there is room. Raises Stopped."""
        with self._changed:
            self._changed.wait_for(lambda: self.stopped or self._bytes < MAX_BYTES)
            if self.stopped:
                raise Stopped
            self._bytes += _size(message)
            self._messages.append(message)
            self._changed.notify()

    def get(self) -> Message:
        """The next message as soon as there is one. Raises Stopped."""
        with self._changed:
            self._changed.wait_for(lambda: self.stopped or self._messages)
            if self.stopped:
                raise Stopped
            message = self._messages.popleft()
            self._bytes -= _size(message)
            self._changed.notify()
            return message

    def stop(self) -> None:
        """Wake up both sides; they raise Stopped."""
        with self._changed:
            self.stopped = True
            self._changed.notify_all()


def _size(message: Message) -> int:
    return len(message.data) if isinstance(message, RowBatch) else 0
