"""Checks a SQLite file before it is opened, and explains SQLite's errors."""

import os
import re
import sqlite3
import stat
from pathlib import Path

from demijohn.common.exit_codes import CommandError, Exit

HEAD_BYTES = 1000
HEADER = b"SQLite format 3\0"  # https://www.sqlite.org/fileformat.html#the_database_header
NOT_A_DATABASE = (
    "is not a SQLite database, or is encrypted. Decrypt it first, or name another file."
)

# The first bytes of other formats, and how to make a database of them.
OTHER_FORMATS = {
    rb"\x1f\x8b": "is compressed. Unpack it first: gunzip --keep {path}",
    rb"BZh": "is compressed. Unpack it first: bunzip2 --keep {path}",
    rb"\xfd7zXZ": "is compressed. Unpack it first: unxz --keep {path}",
    rb"\x28\xb5\x2f\xfd": "is compressed. Unpack it first: unzstd {path}",
    rb"PK\x03\x04": "is an archive. Unpack it first: unzip {path}",
    rb".{257}ustar": "is an archive. Unpack it first: tar xf {path}",
    rb"PGDMP": "is a dump of Postgres. Restore it: pg_restore --dbname URL {path}",
    rb"\s*(?:--[^\n]*\s+)*-- PostgreSQL": "is a dump of Postgres. Restore it: psql URL < {path}",
    rb"(?i)\s*(?:--[^\n]*\s+)*(?:(?:PRAGMA|BEGIN|CREATE|INSERT|DROP|SET)\b|/\*)": (
        "is SQL, not a database. If it is a dump of SQLite, load it first: sqlite3 "
        "new.db < {path}, and import new.db"
    ),
}


def check_file(path: Path) -> None:
    """Raise CommandError(65) if the file is clearly not a SQLite database."""
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise CommandError(Exit.BAD_DATA, f"{path} is a folder. Name the SQLite file in it.")
    if not stat.S_ISREG(status.st_mode):
        raise CommandError(Exit.BAD_DATA, f"{path} is not a regular file. Name a SQLite file.")
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise CommandError(Exit.BAD_DATA, f"{path} is empty. Name the file that has the data.")
    if not head.startswith(HEADER):
        raise CommandError(Exit.BAD_DATA, f"{path} {_recognize(head).format(path=path)}")
    # A writer updates the page count before it writes the pages. They are in its log then, or it
    # has finished since the first look.
    missing, logs = (
        _missing_bytes(path),
        (companion_file(path, ending) for ending in ("-wal", "-journal")),
    )
    if missing and not any(map(size_of, logs)) and missing == _missing_bytes(path):
        raise CommandError(Exit.BAD_DATA, f"{path} is truncated: {missing}. Copy it again.")


def _recognize(head: bytes) -> str:
    """Which other format the first bytes belong to."""
    return next(
        (
            f"{what}."
            for pattern, what in OTHER_FORMATS.items()
            if re.match(pattern, head, re.DOTALL)
        ),
        NOT_A_DATABASE,
    )


def suggest_location(path: Path) -> str:
    """Where a missing file may be."""
    if (flasks := path.parent / "instance" / path.name).is_file():
        return f"Flask keeps it in instance/: name {flasks}."
    return "Name the SQLite file; in a container, mount its folder."


def _missing_bytes(path: Path) -> str:
    """How many bytes of the file are there, or "" if it is complete."""
    with path.open("rb") as file:
        head = file.read(100)
        size = os.fstat(file.fileno()).st_size
    page = int.from_bytes(head[16:18], "big")
    whole = (65536 if page == 1 else page) * int.from_bytes(head[28:32], "big")
    # The count is valid only if the two change counters are equal (bytes 24 and 92).
    is_cut = len(head) < 100 or (head[24:28] == head[92:96] and size < whole)
    return f"{size} bytes of {whole}" if is_cut else ""


def explain_error(error: sqlite3.Error) -> str:
    """What an error of SQLite means for this file, and what to do."""
    message = str(error)
    if "not a database" in message:
        return NOT_A_DATABASE
    if "malformed" in message or "disk I/O" in message:
        return (
            f"is damaged ({message}). Copy it again, or save what can be read: "
            "sqlite3 FILE .recover | sqlite3 NEW."
        )
    if "locked" in message:
        return "is locked by another process. Try again once that is done."
    if "unable to open" in message or "readonly" in message:
        return (
            "cannot be opened: to read its log (-wal or -journal), SQLite must write to "
            "its folder. Make that writable, or import a copy made with VACUUM INTO."
        )
    return f"cannot be read: {message}."


def companion_file(path: Path, ending: str) -> Path:
    """A file that SQLite keeps beside the database. Symlinks are resolved, as SQLite does."""
    return Path(f"{os.path.realpath(path)}{ending}")


def size_of(path: Path) -> int:
    """The size of a file in bytes; 0 if it does not exist."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def file_state(path: Path) -> str:
    """A string that changes when the file is written to."""
    status = path.stat()
    return f"{status.st_mtime_ns} {status.st_size} {size_of(companion_file(path, '-wal'))}"
