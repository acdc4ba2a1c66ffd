"""Texts of a file that is in UTF-16. SQLite makes UTF-8 of them, and where one has half of a
surrogate pair it takes whatever comes next for the other half: "a", half, "b" becomes two letters.
"""

import sqlite3
from collections.abc import Callable

HALF_SURROGATES = {"UTF-16le": b"\x3d\xd8", "UTF-16be": b"\xd8\x3d"}
HALF_SURROGATE_MARK = b"\xed\xa0\xbd"  # what SQLite makes of a half at the end, which is no UTF-8


def column_reader(
    connection: sqlite3.Connection, plain: Callable[[str], str]
) -> Callable[[str], str]:
    """How a column is read in SQL: as it is, but that a text with a half ends in MARK."""
    ((encoding,),) = connection.execute("PRAGMA encoding").fetchall()
    if encoding not in HALF_SURROGATES:
        return plain

    def marked(data: bytes) -> bytes:
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            text = data[: len(data) // 2 * 2].decode(encoding, "surrogatepass")
            return text.encode(encoding, "backslashreplace") + HALF_SURROGATES[encoding]
        return data

    connection.create_function("marked", 1, marked, deterministic=True)

    def column(name: str) -> str:
        it = plain(name)
        return f"iif(typeof({it}) = 'text', CAST(marked(CAST({it} AS BLOB)) AS TEXT), {it})"

    return column
