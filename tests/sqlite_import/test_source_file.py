"""The SQLite file is read in one snapshot and never written to; errors are one line."""

import gzip
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from demijohn.common.exit_codes import CommandError
from demijohn.sqlite_import.source.database import Source

from tests.sqlite_import.helpers import (
    ONE_AND_SEVERAL_READERS,
    PROGRAM,
    create_sqlite,
    environment,
    query,
    run_import,
    run_import_ok,
)

TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);"


def create_many_rows(path: Path, rows: int = 5000) -> Path:
    return create_sqlite(path, TABLE, t=[(n, f"value {n} " * 5) for n in range(rows)])


def create_truncated(path: Path) -> None:
    size = create_many_rows(path).stat().st_size
    os.truncate(path, size // 2)


def create_damaged(path: Path) -> None:
    """The size, the first and the last page are valid."""
    create_many_rows(path)
    with path.open("r+b") as opened:
        opened.seek(4096 * 40)
        opened.write(b"\xff" * 4096 * 10)


def create_encrypted(path: Path) -> None:
    path.write_bytes(hashlib.shake_256(b"seed").digest(8192))


def create_tar(path: Path) -> None:
    with tarfile.open(path, "w") as archive:
        archive.add(__file__)


def create_dump(path: Path) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE t (a)")
        path.write_text("\n".join(["PRAGMA foreign_keys=OFF;", *connection.iterdump()]))


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "absent": (lambda path: None, "no such file"),
    "folder": (Path.mkdir, "is a folder"),
    "empty": (Path.touch, "is empty"),
    "pipe": (os.mkfifo, "is not a regular file"),
    "text": (lambda path: path.write_text("id,name\n" * 100), "is not a SQLite database"),
    "gzip": (lambda path: path.write_bytes(gzip.compress(b"SQLite")), "gunzip --keep"),
    "zip": (lambda path: zipfile.ZipFile(path, "w").writestr("app.db", ""), "unzip"),
    "tar": (create_tar, "tar xf"),
    "SQLite's dump": (create_dump, "sqlite3 new.db <"),
    "another's dump": (
        lambda path: path.write_text("-- MySQL dump\n\n/*!40101 SET"),
        "is SQL, not",
    ),
    "Postgres's dump": (lambda path: path.write_text("--\n-- PostgreSQL dump\n"), "psql URL <"),
    "pg_dump -Fc": (lambda path: path.write_bytes(b"PGDMP\1\20"), "pg_restore --dbname"),
    "encrypted": (create_encrypted, "or is encrypted"),
    "header only": (lambda path: path.write_bytes(b"SQLite format 3\0"), "is truncated"),
    "truncated": (create_truncated, "is truncated"),
    "damaged": (create_damaged, "is damaged"),
    "without tables": (
        lambda path: create_sqlite(path, "PRAGMA user_version = 1"),
        "has no tables",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_unreadable_source_file_is_reported_in_one_line(
    database: str, tmp_path: Path, kind: str
) -> None:
    make, words = BROKEN[kind]
    path = tmp_path / "app.db"
    make(path)
    done = run_import(database, path)
    assert done.status == 65
    assert words in done.err
    assert len(done.err.splitlines()) == 1
    assert query(database, "SELECT relname FROM pg_class WHERE relname = 't'") == []


def test_file_in_the_flask_instance_folder_is_suggested(database: str, tmp_path: Path) -> None:
    (tmp_path / "instance").mkdir()
    create_sqlite(tmp_path / "instance" / "app.db", "CREATE TABLE t (a)")
    done = run_import(database, tmp_path / "app.db")
    assert done.status == 65
    assert done.err.endswith(f"Flask keeps it in instance/: name {tmp_path}/instance/app.db.\n")


@pytest.mark.parametrize("scheme", ["sqlite:///", "sqlite+pysqlite:///"])
@pytest.mark.parametrize("rest", ["", "?timeout=5"])
def test_sqlalchemy_url_is_accepted_as_the_source_file(
    database: str, tmp_path: Path, scheme: str, rest: str
) -> None:
    create_sqlite(tmp_path / "my app.db", "CREATE TABLE t (a)", t=[(1,)])
    done = subprocess.run(
        [sys.executable, *PROGRAM, "import-sqlite", f"{scheme}{tmp_path}/my app.db{rest}"],
        env=environment(database),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert query(database, "SELECT * FROM t") == [(1,)]


def test_source_file_is_not_written_to(database: str, tmp_path: Path) -> None:
    path = create_many_rows(tmp_path / "app.db")
    path.chmod(0o444)
    before = hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns
    run_import_ok(database, path)
    assert (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["app.db", "app.report.json"]


@ONE_AND_SEVERAL_READERS
@pytest.mark.parametrize("order", ["le", "be"])
def test_unpaired_surrogates_are_not_merged_with_the_next_character(
    database: str, tmp_path: Path, order: str, program: tuple[str, ...]
) -> None:
    """SQLite itself would decode the surrogate and the next letter as one other character."""
    wide = f"utf-16-{order}"
    texts = ["fine \U0001f600", "a\ud83db", "\ud83d", "x\udc00y", "end"]
    hexes = [text.encode(wide, "surrogatepass").hex() for text in texts] + ["61"]
    path = create_sqlite(
        tmp_path / "app.db",
        f"PRAGMA encoding = 'UTF-16{order}'; CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);"
        + "".join(f"INSERT INTO t (v) VALUES (CAST(x'{one}' AS TEXT));" for one in hexes),
    )
    done = run_import(database, path, program=program)
    assert done.status == 65
    found = done.report["unfit"]["values"]
    assert {one["rowid"]: one["value"] for one in found} == {
        "2": r"'a\ud83db'",
        "3": r"'\ud83d'",
        "4": r"'x\udc00y'",
    }
    (reason,) = {one["reason"] for one in found}
    assert reason == "is a text with half of a surrogate pair, which is not a character"
    run_import_ok(database, path, "--on-bad", "text", program=program)
    kept = [text for (text,) in query(database, "SELECT v FROM t ORDER BY id")]
    assert kept[:5] == [text.encode("utf-8", "backslashreplace").decode() for text in texts]
    run_import_ok(database, path, "--verify-only", "--on-bad", "text", program=program)


def test_utf_8_text_that_ends_in_an_unpaired_surrogate_is_kept(
    database: str, tmp_path: Path
) -> None:
    sql = "CREATE TABLE t (v TEXT); INSERT INTO t VALUES (CAST(x'61eda0bd' AS TEXT))"
    run_import_ok(database, create_sqlite(tmp_path / "app.db", sql), "--on-bad", "text")
    assert query(database, "SELECT v FROM t") == [("a\\xed\\xa0\\xbd",)]


def test_rows_that_are_only_in_the_wal_are_imported(database: str, tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        writer.executescript(TABLE + "INSERT INTO t VALUES (1, 'in the log')")
        run_import_ok(database, path)
    assert query(database, "SELECT * FROM t") == [(1, "in the log")]


@ONE_AND_SEVERAL_READERS
def test_file_in_wal_mode_stays_unchanged_with_no_new_file_beside_it(
    database: str, tmp_path: Path, program: tuple[str, ...]
) -> None:
    """If the import created the WAL, an app that runs as another user might not write to it."""
    path = create_sqlite(tmp_path / "app.db", f"PRAGMA journal_mode = WAL; {TABLE}", t=[(1, "x")])
    before = path.read_bytes(), path.stat().st_mtime_ns
    run_import_ok(database, path, program=program)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["app.db", "app.report.json"]


def test_pages_not_yet_checkpointed_are_read_from_the_wal(database: str, tmp_path: Path) -> None:
    """A checkpoint writes the first page, which has the page count, before it writes the last."""
    path = create_sqlite(tmp_path / "app.db", f"PRAGMA journal_mode = WAL; {TABLE}")
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        writer.executemany("INSERT INTO t VALUES (?, ?)", [(n, "x" * 2000) for n in range(9)])
        with path.open("r+b") as database_file:
            database_file.seek(28)
            database_file.write((9).to_bytes(4, "big"))
        assert path.stat().st_size < 9 * 4096
        run_import_ok(database, path)
    assert query(database, "SELECT count(*) FROM t") == [(9,)]


def test_file_with_a_hot_journal_is_refused(database: str, tmp_path: Path) -> None:
    path = create_many_rows(tmp_path / "app.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA cache_size = 1")
        writer.execute("BEGIN")
        writer.execute("UPDATE t SET v = 'half'")
        for ending in ("", "-journal"):
            shutil.copy(f"{path}{ending}", f"{tmp_path / 'copy.db'}{ending}")
    done = run_import(database, tmp_path / "copy.db")
    assert done.status == 65
    assert "its last writer was interrupted, and copy.db-journal must be rolled" in done.err


def test_import_reads_one_snapshot_during_writes(database: str, tmp_path: Path) -> None:
    """Each transaction adds a row to both tables, so every snapshot has equal counts."""
    path = tmp_path / "app.db"
    both = "CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (id INTEGER PRIMARY KEY);"
    create_sqlite(path, f"PRAGMA journal_mode = WAL; {both}")
    enough = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as writer:
            while not enough.is_set():
                writer.executescript(
                    "BEGIN IMMEDIATE; INSERT INTO a DEFAULT VALUES;"
                    "INSERT INTO b DEFAULT VALUES; COMMIT"
                )

    thread = threading.Thread(target=write)
    thread.start()
    try:
        run_import_ok(database, path)
    finally:
        enough.set()
        thread.join()
    ((a, b),) = query(database, "SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b)")
    assert a == b > 0
    with closing(sqlite3.connect(path)) as later:
        assert later.execute("SELECT count(*) FROM a").fetchone()[0] > a


@contextmanager
def unprivileged_user() -> Iterator[None]:
    """Switch to an unprivileged user: root ignores file permissions."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def read_only_source() -> Iterator[Path]:
    """A database in WAL mode in a read-only folder, as with `docker run -v …:ro`."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))  # other users cannot enter the folders of pytest
    path = create_sqlite(folder / "app.db", f"PRAGMA journal_mode = WAL; {TABLE}", t=[(1, "x")])
    folder.chmod(0o555)
    yield path
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_source_file_in_a_read_only_folder_is_read(read_only_source: Path) -> None:
    with unprivileged_user(), Source(read_only_source) as source:
        assert source.execute("SELECT v FROM t") == [("x",)]
        source.check_unchanged()


def test_source_file_that_changes_during_the_import_is_detected(read_only_source: Path) -> None:
    with unprivileged_user():
        source = Source(read_only_source)
    with source:
        os.utime(read_only_source, (1, 1))
        with pytest.raises(CommandError, match="was written to during the import"):
            source.check_unchanged()


@pytest.mark.parametrize("name", ["app.db", "link.db"])
def test_wal_that_cannot_be_read_is_an_error(read_only_source: Path, name: str) -> None:
    read_only_source.parent.chmod(0o755)
    Path(f"{read_only_source}-wal").write_bytes(b"x" * 4096)
    read_only_source.with_name("link.db").symlink_to(read_only_source)
    read_only_source.parent.chmod(0o555)
    with (
        unprivileged_user(),
        pytest.raises(CommandError, match=r"to read its log .* SQLite must write"),
    ):
        Source(read_only_source.with_name(name))


def test_source_file_without_read_permission_names_the_remedies(read_only_source: Path) -> None:
    read_only_source.chmod(0)
    message = r'user \d+ has no permission\. .*chmod a\+r.*docker run --user "\$\(id -u\)"'
    with unprivileged_user(), pytest.raises(CommandError, match=message):
        Source(read_only_source)


def test_import_needs_only_a_valid_database_url(database: str, tmp_path: Path) -> None:
    path = create_many_rows(tmp_path / "app.db", 1)
    run_import_ok(database, path, PORT="none", WEB_CONCURRENCY="many", DATABASE_DRIVER="odd")
    done = run_import("", path)
    assert done.status == 78
    assert "DATABASE_URL is not set" in done.err
    done = run_import(f"sqlite:///{path}", path)
    assert done.status == 78
    assert "it names the database to import into, and the SQLite file is FILE" in done.err
    assert "container" not in done.err


@pytest.mark.parametrize("driver", ["psycopg2", "pg8000"])
def test_database_url_of_either_driver_is_accepted(
    database: str, tmp_path: Path, driver: str
) -> None:
    path = create_many_rows(tmp_path / "app.db", 3)
    run_import_ok(database.replace("postgresql://", f"postgresql+{driver}://"), path)
    assert query(database, "SELECT count(*) FROM t") == [(3,)]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--on-bad", "perhaps"], "invalid choice"),
        (["--replace", "--append"], "cannot be combined"),
        (["--verify-only", "--replace"], "writes nothing"),
        (["--type", "t.v=varchar"], "is not a type"),
        (["--type", "v=text"], "TABLE.COLUMN=TYPE"),
        (["--type", "t.v=text:unix"], "is not a type"),
        (["--nonsense"], "unrecognized"),
    ],
)
def test_invalid_command_line_is_a_usage_error(
    tmp_path: Path, words: list[str], message: str
) -> None:
    done = run_import(
        "postgresql://127.0.0.1:1/none", create_many_rows(tmp_path / "app.db", 1), *words
    )
    assert done.status == 64
    assert message in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("mode", ["--dry-run", "--verify-only", "--replace"])
@pytest.mark.parametrize(
    "words", [["--exclude", "tt"], ["--exclude", "t.w"], ["--type", "t.w=text"]], ids=" ".join
)
def test_option_that_names_an_unknown_table_or_column_is_an_error(
    database: str, tmp_path: Path, words: list[str], mode: str
) -> None:
    """Otherwise a typo in --exclude would import the table."""
    done = run_import(database, create_many_rows(tmp_path / "app.db", 1), *words, mode)
    assert done.status == 64
    assert done.err.startswith(f"demijohn: {words[0]} {words[1].partition('=')[0]}: ")
    assert "has no such" in done.err
    assert len(done.err.splitlines()) == 1
    assert query(database, "SELECT 1 FROM pg_class WHERE relname = 't'") == []


@pytest.mark.parametrize("ending", ["", "-wal", "-shm", "-journal"])
def test_report_path_that_is_the_source_file_or_its_wal_is_refused(
    database: str, tmp_path: Path, ending: str
) -> None:
    """The WAL may contain rows that the file does not have yet."""
    path = create_many_rows(tmp_path / "app.db", 1)
    before = path.read_bytes()
    done = run_import(database, path, "--report", f"{path}{ending}")
    assert done.status == 64
    assert path.read_bytes() == before
    assert not ending or not Path(f"{path}{ending}").exists()


def test_report_in_a_missing_folder_fails_before_the_import(database: str, tmp_path: Path) -> None:
    path = create_many_rows(tmp_path / "app.db", 1)
    done = run_import(database, path, "--report", str(tmp_path / "no" / "report.json"))
    assert done.status == 73
    assert query(database, "SELECT relname FROM pg_class WHERE relname = 't'") == []
