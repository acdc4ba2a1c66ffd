"""The SQLite file: opened for reading only, in one snapshot that lasts until we are done."""

import os
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.sqlite_import.examine import beside, examine, meaning, size_of, state, whence
from demijohn.sqlite_import.snapshot import Mark, Marker
from demijohn.sqlite_import.wide import MARK, reading

BUSY_SECONDS = 10
SNAPSHOT = "SELECT count(*) FROM sqlite_schema"  # the first that is read takes it
PIECE_BYTES = 1 << 20  # at most as much is read at once, unless one row is larger
PIECE_ROWS = 1000

Row = tuple[Any, ...]


class Invalid(bytes):
    """A text whose bytes are no UTF-8."""


class Halved(Invalid):
    """One of a file in UTF-16, with half of a surrogate pair, which is written out: \\ud83d."""


class Source:
    """An open SQLite database. All that is read through it is of one moment, WAL included.

    Opening raises CommandError(65), with one line, for any file that is not a readable SQLite
    database.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._unchanged = ""
        self._turn = threading.Lock()
        with self.faults():
            examine(path)
            self._without_log = not any(beside(path, end).exists() for end in ("-wal", "-shm"))
            self.connection = self._open()
            self.reading = reading(self.connection, identifier)  # a column, in the SQL of a query
        self._marker = Marker(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.connection.close()
        self._marker.close()
        if self._without_log:
            _tidy(self.path)  # last: nothing of this process, and no helper, has the file open now

    def execute(self, sql: str, parameters: tuple[object, ...] = ()) -> list[Row]:
        """All rows of a query. Raises CommandError(65) where the file turns out to be damaged."""
        with self._turn, self.faults():
            return self.connection.execute(sql, parameters).fetchall()

    def rows(self, sql: str, row_bytes: int) -> Iterator[list[Row]]:
        """The rows of a query in pieces; `row_bytes` is how large a row may be.

        A piece is good until the next one is asked for: its rows are forgotten then. One that
        `is_large` comes alone.

        A text that is no UTF-8 comes as Invalid. SQLite's module refuses the whole row for it, so
        only a query that has one is read again in the slower way that tells which it is.
        """
        pieces = _measured if row_bytes > 8 * PIECE_BYTES // PIECE_ROWS else _counted
        with self.faults():
            done = 0
            self.connection.text_factory = str
            cursor = self.connection.execute(sql)
            try:
                for rows in pieces(cursor):
                    count = len(rows)
                    yield rows
                    done += count
                return
            except sqlite3.OperationalError as error:
                if "decode to UTF-8" not in str(error):
                    raise
            self.connection.text_factory = _text if self.reading is identifier else _wide
            cursor = self.connection.execute(sql)
            for _ in range(done):
                cursor.fetchone()
            yield from pieces(cursor)

    def begin_anew(self) -> Mark | None:
        """Take the snapshot of now; its mark, None if it has none. Raises CommandError(65)."""
        if self._unchanged:
            return ("unchanged", self._unchanged)
        with self.faults():
            ((journal,),) = self.connection.execute("PRAGMA journal_mode").fetchall()
            before = self._marker.mark(journal)
            self.connection.execute("ROLLBACK")
            _begin(self.connection)
            return before if before == self._marker.mark(journal) else None

    def size(self) -> int:
        """Bytes of the file and its log."""
        return size_of(self.path) + size_of(beside(self.path, "-wal"))

    def check(self) -> None:
        """Raise CommandError(65) if the file was written to although no process had it open."""
        if self._unchanged and self._unchanged != state(self.path):
            raise CommandError(
                Exit.BAD_DATA, f"{self.path} was written to meanwhile. Import it again."
            )

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Turn what SQLite and the system say about the file into one line."""
        try:
            yield
        except sqlite3.Error as error:
            raise CommandError(Exit.BAD_DATA, f"{self.path} {meaning(error)}") from None
        except FileNotFoundError:
            raise CommandError(
                Exit.BAD_DATA, f"{self.path}: there is no such file. {whence(self.path)}"
            ) from None
        except PermissionError:
            raise CommandError(
                Exit.BAD_DATA,
                f"{self.path} cannot be read: user {os.geteuid()} may not. Let everybody read it "
                '(chmod a+r), its folder too (a+rx); or say docker run --user "$(id -u)", for '
                "the image runs as a user of its own.",
            ) from None
        except OSError as error:
            raise CommandError(
                Exit.BAD_DATA, f"{self.path} cannot be read: {error.strerror or error}."
            ) from None

    def _open(self) -> sqlite3.Connection:
        try:
            return _connect(self.path, "mode=ro")
        except sqlite3.OperationalError as error:
            # Reading a database in WAL mode takes a file beside it, which a folder that cannot be
            # written does not let SQLite make. Where there is no log, nobody has it open.
            log, journal = beside(self.path, "-wal"), beside(self.path, "-journal")
            if size_of(journal) and "locked" not in str(error):
                raise CommandError(
                    Exit.BAD_DATA,
                    f"{self.path}: its last writer was interrupted, and {journal.name} is to undo "
                    "what it left half done. Let SQLite do so (sqlite3 FILE .tables), then import.",
                ) from None
            if any(size_of(path) for path in (log, journal)):
                raise
            self._unchanged = state(self.path)
            return _connect(self.path, "mode=ro&immutable=1")


def is_large(row: Row) -> bool:
    """Whether a row is so large that no copy of the whole of it should be made."""
    return _length(row) > PIECE_BYTES


def _length(row: Row) -> int:
    return sum([len(value) for value in row if isinstance(value, str | bytes)])


def _counted(cursor: sqlite3.Cursor) -> Iterator[list[Row]]:
    while rows := cursor.fetchmany(PIECE_ROWS):
        yield rows


def _measured(cursor: sqlite3.Cursor) -> Iterator[list[Row]]:
    """Where rows may be large: as many as are not, and each that is by itself."""
    piece: list[Row] = []
    size = 0
    for row in cursor:
        own = _length(row)
        if piece and (size + own > PIECE_BYTES or len(piece) == PIECE_ROWS):
            yield piece
            piece.clear()
            size = 0
        piece.append(row)
        size += own
        del row  # or it would stay while the next one is read
        if own > PIECE_BYTES:
            yield piece
            piece.clear()
            size = 0
    if piece:
        yield piece


def named(text: str) -> Path:
    """The file that is meant by a path, or by a URL as apps have it in their settings.

    A path that begins at the root takes four slashes
    (https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#connect-strings).
    """
    url = re.match(r"sqlite(?:\+\w+)?:///(?:file:)?([^?]+)", text)
    return Path(url[1] if url else text)


def identifier(name: str) -> str:
    """A name as it stands in SQL, for SQLite and Postgres alike."""
    return '"' + name.replace('"', '""') + '"'


def folded(name: str) -> str:
    """A name without regard to case as SQLite sees it, for which only ASCII has any."""
    return name.encode().lower().decode()


def _connect(path: Path, options: str) -> sqlite3.Connection:
    connection = _connection(path, options)
    try:
        # The file may come from anywhere: its views and defaults get no functions to call.
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA cell_size_check = ON")
        _begin(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _begin(connection: sqlite3.Connection) -> None:
    """Take the snapshot."""
    connection.execute("BEGIN")
    try:
        connection.execute(SNAPSHOT).fetchone()
    except sqlite3.DatabaseError as error:
        # Some versions, 3.40 among them, count their own json_extract() among the unsafe ones.
        if "unsafe use of" not in str(error):
            raise
        connection.execute("PRAGMA trusted_schema = ON")
        connection.execute(SNAPSHOT).fetchone()


def _connection(path: Path, options: str) -> sqlite3.Connection:
    uri = f"file:{quote(os.path.abspath(path))}?{options}"  # noqa: PTH100  a link stays a link
    return sqlite3.connect(
        uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )


def _tidy(path: Path) -> None:
    """Let SQLite take away the empty log that reading made: it does where the last may write."""
    log = beside(path, "-wal")
    if not log.exists() or size_of(log):
        return
    with suppress(sqlite3.Error), closing(_connection(path, "mode=rw")) as connection:
        connection.execute(SNAPSHOT).fetchone()


def _text(data: bytes) -> str | Invalid:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return Invalid(data)


def _wide(data: bytes) -> str | Invalid:
    text = _text(data)
    return Halved(text.removesuffix(MARK)) if isinstance(text, Invalid) else text
