"""Texts of UTF-16 files. SQLite converts them to UTF-8, and combines half a surrogate pair with
whatever follows it: "a", half, "b" becomes two characters.
"""

import sqlite3
from collections.abc import Callable

HALF_SURROGATES = {"UTF-16le": b"\x3d\xd8", "UTF-16be": b"\xd8\x3d"}
# what SQLite makes of a trailing half, which is not valid UTF-8
HALF_SURROGATE_MARK = b"\xed\xa0\xbd"


def column_reader(
    connection: sqlite3.Connection, plain: Callable[[str], str]
) -> Callable[[str], str]:
    """A function from the name of a column to the SQL that reads it. A text with half a surrogate
    pair then ends in HALF_SURROGATE_MARK.
    """
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
