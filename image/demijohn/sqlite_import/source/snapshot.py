"""Tells whether two processes read the same snapshot of a SQLite file.

With a rollback journal they do if one holds its snapshot while the other takes its own: no one can
commit during a read. In WAL mode another process may commit in between. Each commit changes the
header of the WAL index, which readers look at when they begin
(https://www.sqlite.org/walformat.html#the_wal_index_header).
"""

import os
from pathlib import Path

HEADER_BYTES = 48  # there are two copies: while they differ, a write is in progress
IS_INIT = 12  # the byte that says that the index is initialized

SnapshotMark = tuple[object, ...]  # equal marks: the same snapshot


class SnapshotMarker:
    """Reads the mark of the current snapshot. Close it after the connection to the file.

    Closing a file drops all locks that the process holds on it, including SQLite's (fcntl(2)).
    """

    def __init__(self, path: Path) -> None:
        self._path = Path(os.path.realpath(path))
        self._shm: int | None = None

    def mark(self, journal: str) -> SnapshotMark | None:
        """The mark of the current snapshot in this journal mode; None if there is none."""
        try:
            found = self._path.stat()
            header = self._header() if journal == "wal" else b""
        except OSError:
            return None
        return None if header is None else (journal, found.st_dev, found.st_ino, header)

    def _header(self) -> bytes | None:
        if self._shm is None:
            self._shm = os.open(f"{self._path}-shm", os.O_RDONLY | os.O_CLOEXEC)
        headers = os.pread(self._shm, 2 * HEADER_BYTES, 0)
        first, second = headers[:HEADER_BYTES], headers[HEADER_BYTES:]
        return first if first == second and first[IS_INIT:][:1] == b"\1" else None

    def close(self) -> None:
        """Close the index."""
        if self._shm is not None:
            os.close(self._shm)
            self._shm = None
