"""Names in SQL, for SQLite and Postgres alike, and the type of a row."""

import hashlib
from typing import Any

MAX_NAME_BYTES = 63  # https://www.postgresql.org/docs/current/limits.html, identifier length

Row = tuple[Any, ...]


def quote_ident(name: str) -> str:
    """A name in double quotes, as both databases take it."""
    return '"' + name.replace('"', '""') + '"'


def ascii_lower(name: str) -> str:
    """The name as SQLite compares it: only ASCII letters are case-insensitive."""
    return name.encode().lower().decode()


def shorten_name(wanted: str, number: int = 0) -> str:
    """A name of at most 63 bytes: the start of `wanted`, and a digest of it and the `number`."""
    seed = f"{wanted}{number or ''}"
    suffix = "_" + hashlib.sha256(seed.encode()).hexdigest()[:7]
    return wanted.encode()[: MAX_NAME_BYTES - len(suffix)].decode(errors="ignore") + suffix
