"""`docker run -v … IMAGE import-sqlite /data/app.db`, with no right more than the image needs."""

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.sqlite_import.helpers import WHILE_IMPORTING
from tests.support.docker_engine import HARDENED, Container, Postgres

Launch = Callable[..., Container]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that anybody can read, with a database in WAL mode in it."""
    made = Path(tempfile.mkdtemp(prefix="demijohn-", dir="/tmp"))
    made.chmod(0o755)
    with contextlib.closing(sqlite3.connect(made / "app.db")) as connection:
        connection.executescript(
            "PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);"
            "INSERT INTO t VALUES (7, 'from SQLite')"
        )
    yield made
    shutil.rmtree(made)


def test_a_file_that_is_mounted_for_reading(
    launch: Launch, folder: Path, postgres: Postgres, database: str
) -> None:
    options = (*HARDENED, "--volume", f"{folder}:/data:ro")
    done = launch("import-sqlite", "/data/app.db", options=options, PORT="none")
    assert done.wait() == 0, done.stderr
    assert "1 row in 1 table, " in done.stdout
    assert postgres.query(database, "SELECT * FROM t") == "7|from SQLite"


def test_a_file_that_is_not_there(launch: Launch) -> None:
    done = launch("import-sqlite", "/data/app.db")
    assert done.wait() == 65
    (said,) = done.complaints()
    assert said.startswith("/data/app.db: there is no such file.")
    assert "in a container, mount its folder" in said


def test_a_report_that_the_images_user_cannot_write(
    launch: Launch, folder: Path, postgres: Postgres, database: str
) -> None:
    for mode, words in (("rw", "user 10001 may not write there"), ("ro", "can only be read")):
        options = (*HARDENED, "--volume", f"{folder}:/data:{mode}")
        done = launch("import-sqlite", "/data/app.db", "--report", "/data/r.json", options=options)
        assert done.wait() == 73
        (said,) = done.complaints()
        assert said.startswith("--report /data/r.json: ")
        assert words in said
    assert postgres.query(database, "SELECT count(*) FROM pg_tables WHERE tablename = 't'") == "0"


def test_told_to_stop_while_it_imports_modules_as_the_first_process(
    launch: Launch, folder: Path, postgres: Postgres, database: str
) -> None:
    code = WHILE_IMPORTING.format(number=15)
    options = (*HARDENED, "--volume", f"{folder}:/data:ro")
    done = launch("python", "-c", code, "import-sqlite", "/data/app.db", options=options)
    assert done.wait() == 70
    assert done.complaints() == ["stopped by SIGTERM before it was done. Nothing was changed."]
    assert postgres.query(database, "SELECT count(*) FROM pg_tables WHERE tablename = 't'") == "0"


def test_a_reader_that_is_gone_and_a_full_disk(
    launch: Launch, folder: Path, postgres: Postgres, database: str
) -> None:
    code = (
        "(demijohn import-sqlite /data/app.db; echo $? >/tmp/status) | head -1;"
        "demijohn import-sqlite /data/app.db --verify-only >/dev/full; echo $?; cat /tmp/status"
    )
    options = (*HARDENED, "--volume", f"{folder}:/data:ro")
    done = launch("sh", "-c", code, options=options)
    assert done.wait() == 0
    assert done.stdout == "reading the SQLite file\n73\n0\n"
    (said,) = done.complaints()
    assert said.startswith("standard output: No space left on device")
    assert postgres.query(database, "SELECT * FROM t") == "7|from SQLite"


def test_a_database_that_is_looked_for_in_the_container_itself(
    launch: Launch, folder: Path, postgres: Postgres
) -> None:
    url = postgres.url("tally", host="localhost")
    options = (*HARDENED, "--volume", f"{folder}:/data:ro")
    done = launch(
        "import-sqlite", "/data/app.db", options=options, DATABASE_URL=url, DATABASE_WAIT="0"
    )
    assert done.wait() == 69
    (said,) = done.complaints()
    assert "In a container, localhost is the container itself" in said
    assert "host.docker.internal, or run it with --network host" in said
