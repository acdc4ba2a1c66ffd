"""/healthz/database connects to the database: within its timeout, on any of its hosts."""

import socket
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from demijohn.worker.database_probe import DatabaseProbe

TIMEOUT = 2


@pytest.fixture
def silent_port() -> Iterator[int]:
    """The port of a server that accepts connections and sends nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def answers(url: str) -> bool:
    """Whether the probe succeeds; it must end within its timeout."""
    started_at = time.monotonic()
    found = DatabaseProbe(url, TIMEOUT).answers()
    assert time.monotonic() - started_at < TIMEOUT + 2
    return found


def with_hosts(url: str, host_list: str) -> str:
    return url.replace(urlsplit(url).netloc.rpartition("@")[2], host_list)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_probe_succeeds_on_a_running_database(database: str, name: str) -> None:
    assert answers(with_hosts(database, f"{name}:{urlsplit(database).port}"))


def test_probe_tries_the_next_host_if_the_first_hangs(database: str, silent_port: int) -> None:
    real = f"127.0.0.1:{urlsplit(database).port}"
    assert answers(with_hosts(database, f"127.0.0.1:{silent_port},{real}"))
    assert not answers(with_hosts(database, f"127.0.0.1:{silent_port}"))


@pytest.mark.parametrize("addresses", [["127.0.0.2", "127.0.0.1"], ["127.0.0.1"]])
def test_probe_tries_the_next_address_of_a_host(
    database: str, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    resolved = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 0)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: resolved)
    assert answers(with_hosts(database, f"db.example:{urlsplit(database).port}"))


def test_probe_times_out_if_the_resolver_hangs(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """libpq would resolve this name; while libpq resolves a name, the process is frozen."""

    def hang(*_args: object, **_options: object) -> list[object]:
        time.sleep(TIMEOUT * 3)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    url = with_hosts(database, f"localhost:{urlsplit(database).port}")
    assert not answers(url)


def test_probe_fails_if_no_thread_can_be_started(
    database: str, fail_thread_start: Callable[[str], None]
) -> None:
    fail_thread_start("resolve")
    url = with_hosts(database, f"localhost:{urlsplit(database).port}")
    assert not answers(url)
