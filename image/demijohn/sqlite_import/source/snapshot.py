"""Whether two processes that read a SQLite file see the same moment of it.

With a rollback journal they do, if one has kept its snapshot while the other took its own: nobody
can commit while somebody reads. In WAL mode another process may have committed in between; but
whatever is committed changes the header of the index beside the file, which SQLite's readers look
at when they begin (https://www.sqlite.org/walformat.html#the_wal_index_header).
"""

import os
from pathlib import Path

HEADER_BYTES = 48  # it is there twice: while the two differ, somebody is writing it
IS_INIT = 12  # the byte that tells that it has been made

SnapshotMark = tuple[object, ...]  # of a moment: the same mark, the same moment


class SnapshotMarker:
    """Tells the moment that a file is at. To be closed after the connection to the file.

    Not before it: whoever closes a file gives up all locks that its process has on it, SQLite's
    own too (fcntl(2)).
    """

    def __init__(self, path: Path) -> None:
        self._path = Path(os.path.realpath(path))
        self._shm: int | None = None

    def mark(self, journal: str) -> SnapshotMark | None:
        """What the moment is known by, in a journal mode; None where it cannot be told."""
        try:
            found = self._path.stat()
            header = self._header() if journal == "wal" else b""
        except OSError:
            return None
        return None if header is None else (journal, found.st_dev, found.st_ino, header)

    def _header(self) -> bytes | None:
        if self._shm is None:
            self._shm = os.open(f"{self._path}-shm", os.O_RDONLY | os.O_CLOEXEC)
        both = os.pread(self._shm, 2 * HEADER_BYTES, 0)
        one, other = both[:HEADER_BYTES], both[HEADER_BYTES:]
        return one if one == other and one[IS_INIT:][:1] == b"\1" else None

    def close(self) -> None:
        """Give the index back."""
        if self._shm is not None:
            os.close(self._shm)
            self._shm = None
