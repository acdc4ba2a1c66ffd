"""Errors of writing in the image, with a remedy for what the file is for."""

import errno
import sqlite3

import pytest
from demijohn.common.write_errors import explain


@pytest.mark.parametrize(
    ("path", "remedy"),
    [
        ("/app/server/logs/app.txt", "Log to stderr, which is the container's log."),
        ("/app/server/debug.log", "Log to stderr, which is the container's log."),
        ("/app/instance", "Set DEMIJOHN_DATA_DIR=/data for a volume, and Flask(__name__, "),
        ("/app/uploads/a.png", "Write to a folder of a volume: DEMIJOHN_DATA_DIR names one."),
    ],
)
def test_file_in_the_image_gets_a_remedy_for_its_purpose(path: str, remedy: str) -> None:
    line = explain(OSError(errno.EROFS, "Read-only file system", path))
    assert (
        line
        and f"{path} cannot be written: the image's own folders are read-only. {remedy}" in line
    )


def test_sqlite_file_in_the_image_gets_a_url_on_a_volume() -> None:
    line = explain(sqlite3.OperationalError("unable to open database file"))
    assert line and line.endswith("Set DATABASE_URL=sqlite:////data/app.db, on a volume.")
