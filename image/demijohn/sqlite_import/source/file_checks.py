"""What a SQLite file looks like from outside, and what SQLite's words about it mean."""

import os
import re
import sqlite3
import stat
from pathlib import Path

from demijohn.common.exit_codes import CommandError, Exit

HEAD_BYTES = 1000
HEADER = b"SQLite format 3\0"  # https://www.sqlite.org/fileformat.html#the_database_header
NOT_A_DATABASE = "is no SQLite database, or an encrypted one. Decrypt it first, or name another."

# What the first bytes of a file tell, and how it becomes a database.
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
        "is SQL, not a database. If SQLite has dumped it, make one of it first: "
        "sqlite3 new.db < {path}, and import new.db"
    ),
}


def check_file(path: Path) -> None:
    """Raise CommandError(65) for what is no SQLite file at first sight."""
    found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        raise CommandError(Exit.BAD_DATA, f"{path} is a folder. Name the SQLite file in it.")
    if not stat.S_ISREG(found.st_mode):
        raise CommandError(Exit.BAD_DATA, f"{path} is no file. Name a SQLite file.")
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise CommandError(Exit.BAD_DATA, f"{path} is empty. Name the file that has the data.")
    if not head.startswith(HEADER):
        raise CommandError(Exit.BAD_DATA, f"{path} {_recognize(head).format(path=path)}")
    # A writer that is at work counts pages before it brings them: they are in its log, or it has
    # been done since.
    cut, logs = (
        _missing_bytes(path),
        (companion_file(path, ending) for ending in ("-wal", "-journal")),
    )
    if cut and not any(map(size_of, logs)) and cut == _missing_bytes(path):
        raise CommandError(Exit.BAD_DATA, f"{path} is truncated: {cut}. Copy it again.")


def _recognize(head: bytes) -> str:
    """What else it is."""
    return next(
        (f"{what}." for sign, what in OTHER_FORMATS.items() if re.match(sign, head, re.DOTALL)),
        NOT_A_DATABASE,
    )


def suggest_location(path: Path) -> str:
    """Where the file may be that is not there."""
    if (flasks := path.parent / "instance" / path.name).is_file():
        return f"Flask keeps it in instance/: name {flasks}."
    return "Name the SQLite file; in a container, mount its folder."


def _missing_bytes(path: Path) -> str:
    """How much of the file is there, if it is not all of it."""
    with path.open("rb") as file:
        head = file.read(100)
        size = os.fstat(file.fileno()).st_size
    page = int.from_bytes(head[16:18], "big")
    whole = (65536 if page == 1 else page) * int.from_bytes(head[28:32], "big")
    # The count is good where the writer has left its own mark beside it (bytes 24 and 92).
    is_cut = len(head) < 100 or (head[24:28] == head[92:96] and size < whole)
    return f"{size} bytes of {whole}" if is_cut else ""


def explain_error(error: sqlite3.Error) -> str:
    """What SQLite's words mean for this file, and what to do."""
    said = str(error)
    if "not a database" in said:
        return NOT_A_DATABASE
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


def companion_file(path: Path, ending: str) -> Path:
    """What SQLite keeps beside the file: where it is, and not where a link to it is."""
    return Path(f"{os.path.realpath(path)}{ending}")


def size_of(path: Path) -> int:
    """Bytes of a file; 0 if there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def file_state(path: Path) -> str:
    """What tells whether a file was written to."""
    found = path.stat()
    return f"{found.st_mtime_ns} {found.st_size} {size_of(companion_file(path, '-wal'))}"
