"""`docker run -v … IMAGE import-sqlite /data/app.db` in a hardened container."""

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.sqlite_import.helpers import SIGNAL_DURING_MODULE_IMPORT
from tests.support.docker_engine import HARDENED, Container, Postgres

Launch = Callable[..., Container]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A world-readable folder with a database in WAL mode."""
    made = Path(tempfile.mkdtemp(prefix="demijohn-", dir="/tmp"))
    made.chmod(0o755)
    with contextlib.closing(sqlite3.connect(made / "app.db")) as connection:
        connection.executescript(
            "PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);"
            "INSERT INTO t VALUES (7, 'from SQLite')"
        )
    yield made
    shutil.rmtree(made)


def test_import_of_a_file_mounted_read_only_succeeds(
    launch: Launch, folder: Path, postgres: Postgres, database: str
) -> None:
    options = (*HARDENED, "--volume", f"{folder}:/data:ro")
    container = launch("import-sqlite", "/data/app.db", options=options, PORT="none")
    assert container.wait() == 0, container.stderr
    assert "1 row in 1 table, " in container.stdout
    assert postgres.query(database, "SELECT * FROM t") == "7|from SQLite"


def test_import_of_a_missing_file_says_to_mount_its_folder(launch: Launch) -> None:
    container = launch("import-sqlite", "/data/app.db")
    assert container.wait() == 65
    (message,) = container.error_messages()
    assert message.startswith("/data/app.db: no such file.")
    assert "in a container, mount its folder" in message


def test_import_with_an_unwritable_report_fails_before_it_starts(
    launch: Launch, folder: Path, postgres: Postgres, database: str
) -> None:
    for mode, words in (("rw", "user 10001 cannot write there"), ("ro", "mounted read-only")):
        options = (*HARDENED, "--volume", f"{folder}:/data:{mode}")
        container = launch(
            "import-sqlite", "/data/app.db", "--report", "/data/r.json", options=options
        )
        assert container.wait() == 73
        (message,) = container.error_messages()
        assert message.startswith("--report /data/r.json: ")
        assert words in message
    assert postgres.query(database, "SELECT count(*) FROM pg_tables WHERE tablename = 't'") == "0"


def test_import_as_pid_1_stopped_during_its_start_changes_nothing(
    launch: Launch, folder: Path, postgres: Postgres, database: str
) -> None:
    code = SIGNAL_DURING_MODULE_IMPORT.format(number=15)
    options = (*HARDENED, "--volume", f"{folder}:/data:ro")
    container = launch("python", "-c", code, "import-sqlite", "/data/app.db", options=options)
    assert container.wait() == 70
    assert container.error_messages() == [
        "stopped by SIGTERM before it was done. Nothing was changed."
    ]
    assert postgres.query(database, "SELECT count(*) FROM pg_tables WHERE tablename = 't'") == "0"


def test_import_with_a_closed_pipe_or_a_full_disk_succeeds(
    launch: Launch, folder: Path, postgres: Postgres, database: str
) -> None:
    code = (
        "(demijohn import-sqlite /data/app.db; echo $? >/tmp/status) | head -1;"
        "demijohn import-sqlite /data/app.db --verify-only >/dev/full; echo $?; cat /tmp/status"
    )
    options = (*HARDENED, "--volume", f"{folder}:/data:ro")
    container = launch("sh", "-c", code, options=options)
    assert container.wait() == 0
    assert container.stdout == "reading the SQLite file\n73\n0\n"
    (message,) = container.error_messages()
    assert message.startswith("standard output is incomplete: No space left on device")
    assert postgres.query(database, "SELECT * FROM t") == "7|from SQLite"


def test_import_into_localhost_explains_container_networking(
    launch: Launch, folder: Path, postgres: Postgres
) -> None:
    url = postgres.url("tally", host="localhost")
    options = (*HARDENED, "--volume", f"{folder}:/data:ro")
    container = launch(
        "import-sqlite", "/data/app.db", options=options, DATABASE_URL=url, DATABASE_WAIT="0"
    )
    assert container.wait() == 69
    (message,) = container.error_messages()
    assert "In a container, localhost is the container itself" in message
    assert "host.docker.internal:host-gateway), or run the container with --network host" in message
