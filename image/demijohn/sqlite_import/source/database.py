"""The SQLite file: opened for reading only, in one snapshot that lasts until we are done."""

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
SNAPSHOT_SQL = "SELECT count(*) FROM sqlite_schema"  # the first that is read takes it
BATCH_BYTES = 1 << 20  # at most as much is read at once, unless one row is larger
BATCH_ROWS = 1000


class Source:
    """An open SQLite database. All that is read through it is of one moment, WAL included.

    Opening raises CommandError(65), with one line, for any file that is not a readable SQLite
    database.
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
            )  # a column, in the SQL of a query
        self._marker = SnapshotMarker(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.connection.close()
        self._marker.close()
        if self._had_no_wal:
            _remove_empty_wal(
                self.path
            )  # last: nothing of this process, and no helper, has the file open now

    def execute(self, sql: str, parameters: tuple[object, ...] = ()) -> list[Row]:
        """All rows of a query. Raises CommandError(65) where the file turns out to be damaged."""
        with self._lock, self.translate_errors():
            return self.connection.execute(sql, parameters).fetchall()

    def rows(self, sql: str, row_bytes: int) -> Iterator[list[Row]]:
        """The rows of a query in pieces; `row_bytes` is how large a row may be.

        A piece is good until the next one is asked for: its rows are forgotten then. One that
        `is_large` comes alone.

        A text that is no UTF-8 comes as Invalid. SQLite's module refuses the whole row for it, so
        only a query that has one is read again in the slower way that tells which it is.
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
        """Take the snapshot of now; its mark, None if it has none. Raises CommandError(65)."""
        if self._immutable_state:
            return ("unchanged", self._immutable_state)
        with self.translate_errors():
            ((journal,),) = self.connection.execute("PRAGMA journal_mode").fetchall()
            before = self._marker.mark(journal)
            self.connection.execute("ROLLBACK")
            _begin(self.connection)
            return before if before == self._marker.mark(journal) else None

    def size(self) -> int:
        """Bytes of the file and its log."""
        return size_of(self.path) + size_of(companion_file(self.path, "-wal"))

    def check_unchanged(self) -> None:
        """Raise CommandError(65) if the file was written to although no process had it open."""
        if self._immutable_state and self._immutable_state != file_state(self.path):
            raise CommandError(
                Exit.BAD_DATA, f"{self.path} was written to meanwhile. Import it again."
            )

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Turn what SQLite and the system say about the file into one line."""
        try:
            yield
        except sqlite3.Error as error:
            raise CommandError(Exit.BAD_DATA, f"{self.path} {explain_error(error)}") from None
        except FileNotFoundError:
            raise CommandError(
                Exit.BAD_DATA, f"{self.path}: there is no such file. {suggest_location(self.path)}"
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
            log, journal = companion_file(self.path, "-wal"), companion_file(self.path, "-journal")
            if size_of(journal) and "locked" not in str(error):
                raise CommandError(
                    Exit.BAD_DATA,
                    f"{self.path}: its last writer was interrupted, and {journal.name} is to undo "
                    "what it left half done. Let SQLite do so (sqlite3 FILE .tables), then import.",
                ) from None
            if any(size_of(path) for path in (log, journal)):
                raise
            self._immutable_state = file_state(self.path)
            return _connect(self.path, "mode=ro&immutable=1")


def is_large(row: Row) -> bool:
    """Whether a row is so large that no copy of the whole of it should be made."""
    return _row_bytes(row) > BATCH_BYTES


def _row_bytes(row: Row) -> int:
    return sum([len(value) for value in row if isinstance(value, str | bytes)])


def _batches_by_count(cursor: sqlite3.Cursor) -> Iterator[list[Row]]:
    while rows := cursor.fetchmany(BATCH_ROWS):
        yield rows


def _batches_by_size(cursor: sqlite3.Cursor) -> Iterator[list[Row]]:
    """Where rows may be large: as many as are not, and each that is by itself."""
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
        del row  # or it would stay while the next one is read
        if own > BATCH_BYTES:
            yield piece
            piece.clear()
            size = 0
    if piece:
        yield piece


def parse_file_argument(text: str) -> Path:
    """The file that is meant by a path, or by a URL as apps have it in their settings.

    A path that begins at the root takes four slashes
    (https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#connect-strings).
    """
    url = re.match(r"sqlite(?:\+\w+)?:///(?:file:)?([^?]+)", text)
    return Path(url[1] if url else text)


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
        connection.execute(SNAPSHOT_SQL).fetchone()
    except sqlite3.DatabaseError as error:
        # Some versions, 3.40 among them, count their own json_extract() among the unsafe ones.
        if "unsafe use of" not in str(error):
            raise
        connection.execute("PRAGMA trusted_schema = ON")
        connection.execute(SNAPSHOT_SQL).fetchone()


def _connection(path: Path, options: str) -> sqlite3.Connection:
    uri = f"file:{quote(os.path.abspath(path))}?{options}"  # noqa: PTH100  a link stays a link
    return sqlite3.connect(
        uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )


def _remove_empty_wal(path: Path) -> None:
    """Let SQLite take away the empty log that reading made: it does where the last may write."""
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
