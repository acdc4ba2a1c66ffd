"""/readyz asks the database itself: in time, and wherever it answers."""

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from demijohn.worker.readiness import Readiness

TIMEOUT = 2


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def reason(url: str, tmp_path: Path) -> str | None:
    """What is wrong; found out within the timeout."""
    began = time.monotonic()
    found = Readiness(tmp_path / "draining", url, TIMEOUT).reason()
    assert time.monotonic() - began < TIMEOUT + 2
    return found


def hosts(url: str, listed: str) -> str:
    return url.replace(urlsplit(url).netloc.rpartition("@")[2], listed)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_database_that_answers_is_ready(database: str, tmp_path: Path, name: str) -> None:
    assert reason(hosts(database, f"{name}:{urlsplit(database).port}"), tmp_path) is None


def test_another_host_answers_where_the_first_hangs(
    database: str, tmp_path: Path, silent: int
) -> None:
    real = f"127.0.0.1:{urlsplit(database).port}"
    assert reason(hosts(database, f"127.0.0.1:{silent},{real}"), tmp_path) is None
    assert reason(hosts(database, f"127.0.0.1:{silent}"), tmp_path) == "database away"


@pytest.mark.parametrize("known", [["127.0.0.2", "127.0.0.1"], ["127.0.0.1"]])
def test_another_address_answers_where_the_first_does_not(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: list[str]
) -> None:
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 0)) for address in known]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: answers)
    assert reason(hosts(database, f"db.example:{urlsplit(database).port}"), tmp_path) is None


def test_a_resolver_that_hangs_holds_up_nobody(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """libpq would find this name; where it does not, it freezes the process meanwhile."""

    def hang(*_args: object, **_options: object) -> list[object]:
        time.sleep(TIMEOUT * 3)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    url = hosts(database, f"localhost:{urlsplit(database).port}")
    assert reason(url, tmp_path) == "database away"


def test_no_thread_to_be_had_is_no_answer(
    database: str, tmp_path: Path, no_thread: Callable[[str], None]
) -> None:
    no_thread("resolve")
    url = hosts(database, f"localhost:{urlsplit(database).port}")
    assert reason(url, tmp_path) == "database away"
