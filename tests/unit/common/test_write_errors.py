"""Errors of writing in the image, with a remedy for what the file is for."""

import errno
import sqlite3

import pytest
from demijohn.common.write_errors import explain

VOLUME = "Mount a volume, such as at /data, set DEMIJOHN_DATA_DIR=/data"


@pytest.fixture(autouse=True)
def without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATA_DIR", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("path", "remedy"),
    [
        ("/app/server/logs/app.txt", "Log to stderr, which is the container's log."),
        ("/app/server/debug.log", "Log to stderr, which is the container's log."),
        ("/app/instance", f"{VOLUME}, and use Flask(__name__, instance_path="),
        ("/app/uploads/a.png", f"{VOLUME}, and write below os.environ['DATA_DIR']."),
    ],
)
def test_file_in_the_image_gets_a_remedy_for_its_purpose(path: str, remedy: str) -> None:
    line = explain(OSError(errno.EROFS, "Read-only file system", path))
    assert (
        line
        and f"{path} cannot be written: the image's own folders are read-only. {remedy}" in line
    )


def test_remedy_is_the_rest_of_what_is_to_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", "/data")
    line = explain(OSError(errno.EROFS, "Read-only file system", "/app/uploads/a.png"))
    assert line and line.endswith(". Write below os.environ['DATA_DIR'], which is /data.")


def test_sqlite_file_in_the_image_belongs_on_a_volume() -> None:
    line = explain(sqlite3.OperationalError("unable to open database file"))
    assert line and line.endswith(f"{VOLUME}, and keep the file below os.environ['DATA_DIR'].")


def test_sqlite_beside_a_postgres_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@h/d")
    errors = (
        sqlite3.OperationalError("unable to open database file"),
        OSError(errno.EROFS, "Read-only file system", "/app/instance"),
    )
    for error in errors:
        assert "The app uses SQLite although DATABASE_URL is set" in (explain(error) or "")
