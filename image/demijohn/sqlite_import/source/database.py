"""The SQLite file, opened read-only in one snapshot for the whole import."""

import os
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Self
from urllib.parse import quote

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.sqlite_import.model.invalid_text import HalfSurrogateText, InvalidText
from demijohn.sqlite_import.source.file_checks import (
    check_file,
    companion_file,
    explain_error,
    file_state,
    size_of,
    suggest_location,
)
from demijohn.sqlite_import.source.snapshot import SnapshotMark, SnapshotMarker
from demijohn.sqlite_import.source.utf16 import HALF_SURROGATE_MARK, column_reader
from demijohn.sqlite_import.sql_names import Row, quote_ident

BUSY_SECONDS = 10
SNAPSHOT_SQL = "SELECT count(*) FROM sqlite_schema"  # the first read takes the snapshot
BATCH_BYTES = 1 << 20  # per batch, unless one row is larger
BATCH_ROWS = 1000


class Source:
    """An open SQLite database. All reads see one snapshot, including the WAL.

    Opening raises CommandError(65) with one line if the file is not a readable SQLite database.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._immutable_state = ""
        self._lock = threading.Lock()
        with self.translate_errors():
            check_file(path)
            self._had_no_wal = not any(
                companion_file(path, end).exists() for end in ("-wal", "-shm")
            )
            self.connection = self._open()
            self.column_sql = column_reader(
                self.connection, quote_ident
            )  # SQL that reads a column, by its name
        self._marker = SnapshotMarker(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.connection.close()
        self._marker.close()
        if self._had_no_wal:
            _remove_empty_wal(
                self.path
            )  # last: SQLite removes the WAL only when no other connection has the file open

    def execute(self, sql: str, parameters: tuple[object, ...] = ()) -> list[Row]:
        """All rows of a query. Raises CommandError(65) if the file is damaged."""
        with self._lock, self.translate_errors():
            return self.connection.execute(sql, parameters).fetchall()

    def rows(self, sql: str, row_bytes: int) -> Iterator[list[Row]]:
        """The rows of a query in batches. `row_bytes` is an upper bound for the size of a row.

        A batch is valid until the next one is requested; then its rows are cleared. A row that
        `is_large` comes alone.

        A text that is not UTF-8 comes as InvalidText. Python's sqlite3 fails on the whole row then,
        so only a query with such a text is repeated with the slower text factory that finds it.
        """
        pieces = (
            _batches_by_size if row_bytes > 8 * BATCH_BYTES // BATCH_ROWS else _batches_by_count
        )
        with self.translate_errors():
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
            self.connection.text_factory = (
                _decode if self.column_sql is quote_ident else _decode_utf16
            )
            cursor = self.connection.execute(sql)
            for _ in range(done):
                cursor.fetchone()
            yield from pieces(cursor)

    def restart_snapshot(self) -> SnapshotMark | None:
        """Take a new snapshot; its mark, or None if it has none. Raises CommandError(65)."""
        if self._immutable_state:
            return ("unchanged", self._immutable_state)
        with self.translate_errors():
            ((journal,),) = self.connection.execute("PRAGMA journal_mode").fetchall()
            before = self._marker.mark(journal)
            self.connection.execute("ROLLBACK")
            _begin(self.connection)
            return before if before == self._marker.mark(journal) else None

    def size(self) -> int:
        """The size of the file and its WAL in bytes."""
        return size_of(self.path) + size_of(companion_file(self.path, "-wal"))

    def check_unchanged(self) -> None:
        """Raise CommandError(65) if an immutable file was written to while it was read."""
        if self._immutable_state and self._immutable_state != file_state(self.path):
            raise CommandError(
                Exit.BAD_DATA, f"{self.path} was written to during the import. Import it again."
            )

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Turn errors of SQLite and the system into a CommandError of one line."""
        try:
            yield
        except sqlite3.Error as error:
            raise CommandError(Exit.BAD_DATA, f"{self.path} {explain_error(error)}") from None
        except FileNotFoundError:
            raise CommandError(
                Exit.BAD_DATA, f"{self.path}: no such file. {suggest_location(self.path)}"
            ) from None
        except PermissionError:
            raise CommandError(
                Exit.BAD_DATA,
                f"{self.path} cannot be read: user {os.geteuid()} has no permission. Make it "
                "readable (chmod a+r), and its folder too (a+rx); or use docker run --user "
                '"$(id -u)", since the image runs as its own user.',
            ) from None
        except OSError as error:
            raise CommandError(
                Exit.BAD_DATA, f"{self.path} cannot be read: {error.strerror or error}."
            ) from None

    def _open(self) -> sqlite3.Connection:
        try:
            return _connect(self.path, "mode=ro")
        except sqlite3.OperationalError as error:
            # To read a database in WAL mode, SQLite creates a file beside it, which it cannot in a
            # read-only folder. Without a WAL no process has the file open, so it can be read as
            # immutable.
            log, journal = companion_file(self.path, "-wal"), companion_file(self.path, "-journal")
            if size_of(journal) and "locked" not in str(error):
                raise CommandError(
                    Exit.BAD_DATA,
                    f"{self.path}: its last writer was interrupted, and {journal.name} must be "
                    "rolled back. Let SQLite do that (sqlite3 FILE .tables), then import.",
                ) from None
            if any(size_of(path) for path in (log, journal)):
                raise
            self._immutable_state = file_state(self.path)
            return _connect(self.path, "mode=ro&immutable=1")


def is_large(row: Row) -> bool:
    """Whether a row is so large that no second copy of it should be made."""
    return _row_bytes(row) > BATCH_BYTES


def _row_bytes(row: Row) -> int:
    return sum([len(value) for value in row if isinstance(value, str | bytes)])


def _batches_by_count(cursor: sqlite3.Cursor) -> Iterator[list[Row]]:
    while rows := cursor.fetchmany(BATCH_ROWS):
        yield rows


def _batches_by_size(cursor: sqlite3.Cursor) -> Iterator[list[Row]]:
    """Batches of limited size. A large row is a batch of its own."""
    piece: list[Row] = []
    size = 0
    for row in cursor:
        own = _row_bytes(row)
        if piece and (size + own > BATCH_BYTES or len(piece) == BATCH_ROWS):
            yield piece
            piece.clear()
            size = 0
        piece.append(row)
        size += own
        del row  # otherwise it stays in memory while the next row is read
        if own > BATCH_BYTES:
            yield piece
            piece.clear()
            size = 0
    if piece:
        yield piece


def parse_file_argument(text: str) -> Path:
    """The file that a path or a SQLAlchemy URL names.

    An absolute path has four slashes
    (https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#connect-strings).
    """
    url = re.match(r"sqlite(?:\+\w+)?:///(?:file:)?([^?]+)", text)
    return Path(url[1] if url else text)


def _connect(path: Path, options: str) -> sqlite3.Connection:
    connection = _connection(path, options)
    try:
        # The file is untrusted: its views and defaults must not call functions.
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA cell_size_check = ON")
        _begin(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _begin(connection: sqlite3.Connection) -> None:
    """Begin a transaction, and take the snapshot."""
    connection.execute("BEGIN")
    try:
        connection.execute(SNAPSHOT_SQL).fetchone()
    except sqlite3.DatabaseError as error:
        # Some versions, 3.40 among them, count their own json_extract() among the unsafe functions.
        if "unsafe use of" not in str(error):
            raise
        connection.execute("PRAGMA trusted_schema = ON")
        connection.execute(SNAPSHOT_SQL).fetchone()


def _connection(path: Path, options: str) -> sqlite3.Connection:
    uri = f"file:{quote(os.path.abspath(path))}?{options}"  # noqa: PTH100  keeps symlinks
    return sqlite3.connect(
        uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )


def _remove_empty_wal(path: Path) -> None:
    """Let SQLite remove the empty WAL that reading created: a writable connection does."""
    log = companion_file(path, "-wal")
    if not log.exists() or size_of(log):
        return
    with suppress(sqlite3.Error), closing(_connection(path, "mode=rw")) as connection:
        connection.execute(SNAPSHOT_SQL).fetchone()


def _decode(data: bytes) -> str | InvalidText:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return InvalidText(data)


def _decode_utf16(data: bytes) -> str | InvalidText:
    text = _decode(data)
    return (
        HalfSurrogateText(text.removesuffix(HALF_SURROGATE_MARK))
        if isinstance(text, InvalidText)
        else text
    )
