"""What a SQLite file looks like from outside, and what SQLite's words about it mean."""

import os
import sqlite3
import stat
from pathlib import Path

from ..exits import Exit, Stop

HEADER = b"SQLite format 3\0"  # https://www.sqlite.org/fileformat.html#the_database_header
NO_DATABASE = "is no SQLite database, or an encrypted one. Decrypt it first, or name another."


def examine(path: Path) -> None:
    """Raise Stop(65) for what is no SQLite file at first sight."""
    found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        raise Stop(Exit.BAD_DATA, f"{path} is a folder. Name the SQLite file in it.")
    if not stat.S_ISREG(found.st_mode):
        raise Stop(Exit.BAD_DATA, f"{path} is no file. Name a SQLite file.")
    with path.open("rb") as file:
        head = file.read(100)
    if not head:
        raise Stop(Exit.BAD_DATA, f"{path} is empty. Name the file that has the data.")
    if not head.startswith(HEADER):
        raise Stop(Exit.BAD_DATA, f"{path} {NO_DATABASE}")
    # A writer that is at work counts pages before it brings them: they are in its log, or it has
    # been done since.
    cut, logs = _cut(path), (beside(path, ending) for ending in ("-wal", "-journal"))
    if cut and not any(map(size_of, logs)) and cut == _cut(path):
        raise Stop(Exit.BAD_DATA, f"{path} is truncated: {cut}. Copy it again.")


def _cut(path: Path) -> str:
    """How much of the file is there, if it is not all of it."""
    with path.open("rb") as file:
        head = file.read(100)
        size = os.fstat(file.fileno()).st_size
    page = int.from_bytes(head[16:18], "big")
    whole = (65536 if page == 1 else page) * int.from_bytes(head[28:32], "big")
    # The count is good where the writer has left its own mark beside it (bytes 24 and 92).
    is_cut = len(head) < 100 or (head[24:28] == head[92:96] and size < whole)
    return f"{size} bytes of {whole}" if is_cut else ""


def meaning(error: sqlite3.Error) -> str:
    """What SQLite's words mean for this file, and what to do."""
    said = str(error)
    if "not a database" in said:
        return NO_DATABASE
    if "malformed" in said or "disk I/O" in said:
        return (
            f"is damaged ({said}). Copy it again, or save what can be read: "
            "sqlite3 FILE .recover | sqlite3 NEW."
        )
    if "locked" in said:
        return "is locked by another process. Try again once that is done."
    if "unable to open" in said or "readonly" in said:
        return (
            "cannot be opened: its log (-wal or -journal) has to be read too, and that takes the "
            "right to write in its folder. Give it, or import a copy made with VACUUM INTO."
        )
    return f"cannot be read: {said}."


def beside(path: Path, ending: str) -> Path:
    """What SQLite keeps beside the file: where it is, and not where a link to it is."""
    return Path(f"{os.path.realpath(path)}{ending}")


def size_of(path: Path) -> int:
    """Bytes of a file; 0 if there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def state(path: Path) -> str:
    """What tells whether a file was written to."""
    found = path.stat()
    return f"{found.st_mtime_ns} {found.st_size} {size_of(beside(path, '-wal'))}"
