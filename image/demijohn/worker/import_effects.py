"""Finds what the app has started or opened while it was imported, and a fork would break.

Threads do not exist in a forked process. A connection, or an open SQLite database, would be used by
several workers at once (https://www.sqlite.org/howtocorrupt.html, 2.6).
"""

import concurrent.futures.thread
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

SQLITE = b"SQLite format 3\0"


def reasons() -> list[str]:
    """Why the app must not be forked, in words that follow "the app"; empty if it may be."""
    found = (
        ("starts threads", "which a fork would lose", _threads()),
        ("opens connections", "which its workers would share", _connections()),
        ("opens SQLite databases", "which its workers would share", _databases()),
    )
    return [
        f"{does} while it is imported ({', '.join(what[:3])}), {harm}"
        for does, harm, what in found
        if what
    ]


def threads() -> list[str]:
    """Names of the app's own threads, such as that of a scheduler."""
    # A pool's threads do nothing by themselves.
    pooled = getattr(concurrent.futures.thread, "_threads_queues", {})
    return [
        thread.name
        for thread in threading.enumerate()
        if _is_of_app(thread) and thread not in pooled
    ]


def _threads() -> list[str]:
    """Names of threads: Python's, and those that a library such as gRPC has named itself.

    Unnamed native threads, such as those of OpenBLAS, have the name of the process; those libraries
    start them again after a fork.
    """
    known = {thread.native_id for thread in threading.enumerate()}
    names = [thread.name for thread in threading.enumerate() if _is_of_app(thread)]
    own_name = Path("/proc/self/comm").read_text()
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # it has ended
            name = (task / "comm").read_text()
            if int(task.name) not in known and name != own_name:
                names.append(name.strip())
    return names


def _is_of_app(thread: threading.Thread) -> bool:
    return thread is not threading.main_thread() and thread.is_alive() and thread.name != "import"


def _connections() -> list[str]:
    """The other ends of open connections: addresses, or paths of Unix sockets."""
    found = []
    for fd, target in _open_files():
        if not target.startswith("socket:"):
            continue
        with suppress(OSError), socket.socket(fileno=os.dup(fd)) as duplicate:
            peer = duplicate.getpeername()  # an error if it is not connected
            if duplicate.type == socket.SOCK_STREAM and peer:
                is_internet = duplicate.family in (socket.AF_INET, socket.AF_INET6)
                found.append(f"{peer[0]}:{peer[1]}" if is_internet else str(peer))
    return found


def _databases() -> list[str]:
    found = []
    for fd, target in _open_files():
        # Not opened again: closing a second descriptor would release SQLite's locks.
        with suppress(OSError):
            if target.startswith("/") and os.pread(fd, len(SQLITE), 0) == SQLITE:
                found.append(target)
    return found


def _open_files() -> Iterator[tuple[int, str]]:
    for entry in list(Path("/proc/self/fd").iterdir()):
        with suppress(OSError):
            yield int(entry.name), str(entry.readlink())
