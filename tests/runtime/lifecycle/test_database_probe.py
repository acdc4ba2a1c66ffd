"""/healthz/database asks the database itself: in time, and wherever it answers."""

import socket
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from demijohn.worker.database_probe import DatabaseProbe

TIMEOUT = 2


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def answers(url: str) -> bool:
    """Whether the database answers; found out within the timeout."""
    began = time.monotonic()
    found = DatabaseProbe(url, TIMEOUT).answers()
    assert time.monotonic() - began < TIMEOUT + 2
    return found


def hosts(url: str, listed: str) -> str:
    return url.replace(urlsplit(url).netloc.rpartition("@")[2], listed)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_database_that_runs_answers(database: str, name: str) -> None:
    assert answers(hosts(database, f"{name}:{urlsplit(database).port}"))


def test_another_host_answers_where_the_first_hangs(database: str, silent: int) -> None:
    real = f"127.0.0.1:{urlsplit(database).port}"
    assert answers(hosts(database, f"127.0.0.1:{silent},{real}"))
    assert not answers(hosts(database, f"127.0.0.1:{silent}"))


@pytest.mark.parametrize("known", [["127.0.0.2", "127.0.0.1"], ["127.0.0.1"]])
def test_another_address_answers_where_the_first_does_not(
    database: str, monkeypatch: pytest.MonkeyPatch, known: list[str]
) -> None:
    known_as = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 0)) for address in known]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: known_as)
    assert answers(hosts(database, f"db.example:{urlsplit(database).port}"))


def test_a_resolver_that_hangs_holds_up_nobody(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """libpq would find this name; where it does not, it freezes the process meanwhile."""

    def hang(*_args: object, **_options: object) -> list[object]:
        time.sleep(TIMEOUT * 3)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    url = hosts(database, f"localhost:{urlsplit(database).port}")
    assert not answers(url)


def test_no_thread_to_be_had_is_no_answer(database: str, no_thread: Callable[[str], None]) -> None:
    no_thread("resolve")
    url = hosts(database, f"localhost:{urlsplit(database).port}")
    assert not answers(url)
