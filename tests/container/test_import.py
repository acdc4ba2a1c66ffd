"""`docker run -v … IMAGE import-sqlite /data/app.db`, with no right more than the image needs."""

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.container.engine import HARDENED, Container, Postgres

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
