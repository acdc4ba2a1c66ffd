"""Files of the data folder, which Nginx sends in the app's place."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.postgres import Postgres
from tests.runtime.any_app.conftest import SETTINGS
from tests.support.front_door import front_door, send_request
from tests.support.stack import Stack

NAME = "Größe, 50 % & mehr.csv"
PATH = "/api/saved/Gr%C3%B6%C3%9Fe,%2050%20%25%20%26%20mehr.csv"
CONTENT = bytes(range(256)) * 100


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def running(postgres: Postgres, folder: Path) -> Iterator[Stack]:
    (folder / NAME).write_bytes(CONTENT)
    (folder / f"{NAME}.gz").write_bytes(b"another file")
    with front_door(postgres, **SETTINGS, DEMIJOHN_DATA_DIR=str(folder)) as stack:
        yield stack


def test_file_of_the_data_folder_is_sent_whole_and_in_ranges(running: Stack) -> None:
    whole = send_request(running, PATH, Accept_Encoding="gzip")
    assert (whole.status, whole.body) == (200, CONTENT)
    assert whole.header("Content-Type") == "text/csv; charset=utf-8"
    assert whole.header("X-Sendfile") is None
    part = send_request(running, PATH, Range="bytes=5-9")
    assert (part.status, part.body) == (206, CONTENT[5:10])
    known = send_request(running, PATH, If_None_Match=whole.header("ETag") or "")
    assert (known.status, known.body) == (304, b"")
    assert send_request(running, PATH, method="HEAD").header("Content-Length") == str(len(CONTENT))


def test_change_of_a_file_is_sent_at_once(running: Stack, folder: Path) -> None:
    for content in (b"first", b"the second, longer"):
        (folder / "changing").write_bytes(content)
        assert send_request(running, "/api/saved/changing").body == content


def test_file_outside_the_data_folder_is_sent_by_the_worker(running: Stack, folder: Path) -> None:
    (folder.parent / "outside").write_bytes(CONTENT)
    (folder / "link").symlink_to(folder.parent / "outside")
    whole = send_request(running, "/api/saved/link")
    assert (whole.status, whole.body) == (200, CONTENT)
    part = send_request(running, "/api/saved/link", Range="bytes=5-9")
    assert (part.status, part.body) == (206, CONTENT[5:10])
    assert part.header("Content-Range") == f"bytes 5-9/{len(CONTENT)}"
    known = send_request(running, "/api/saved/link", If_None_Match=whole.header("ETag") or "")
    assert (known.status, known.body) == (304, b"")


@pytest.mark.parametrize("name", ["X-Accel-Redirect", "X-Sendfile"])
def test_header_of_another_server_discloses_no_file(
    running: Stack, folder: Path, name: str
) -> None:
    """A view that fetches a page may pass on the headers that it got."""
    (folder / "secret").write_text("a secret")
    value = "/.data/secret" if name == "X-Accel-Redirect" else str(folder / "secret")
    path = f"/api/with-header?name={name}&value={value}"
    assert send_request(running, path).body == b"a page"
    assert send_request(running, "/.data/secret").status == 404
