"""Addresses in private networks, and the risk of unencrypted connections to others."""

import socket
from types import SimpleNamespace
from typing import Any

import pytest
from demijohn.config.database_url import parse
from demijohn.database.encryption import is_private, peer_address, plain_text_risk


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.1.1",
        "100.64.0.1",
        "100.127.255.255",
        "::1",
        "fdaa:0:1::3",
        "fd12:3456::1",
        "fe80::1%eth0",
        "::ffff:10.0.0.1",
    ],
)
def test_address_in_a_private_network_is_private(address: str) -> None:
    assert is_private(address)


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "11.0.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.167.0.1",
        "100.63.255.255",
        "100.128.0.0",
        "203.0.113.7",
        "2600:1f18::1",
        "2001:db8::1",
        "::ffff:1.1.1.1",
    ],
)
def test_address_outside_private_networks_is_public(address: str) -> None:
    assert not is_private(address)


def connection_over(client: socket.socket, *, tls: bool = False) -> Any:
    info = SimpleNamespace(socket=client.fileno(), ssl_in_use=tls)
    return SimpleNamespace(info=info)


@pytest.mark.parametrize(
    ("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
def test_peer_of_a_socket_is_its_address(family: socket.AddressFamily, address: str) -> None:
    with (
        socket.create_server((address, 0), family=family) as server,
        socket.create_connection(server.getsockname()[:2]) as client,
    ):
        assert peer_address(connection_over(client)) == address
        assert plain_text_risk(connection_over(client), parse("postgres://h/d"), "X") == ""
        client.getpeername()  # the connection's own descriptor is still open


def test_peer_of_a_unix_socket_has_no_address() -> None:
    client, server = socket.socketpair()
    with client, server:
        assert peer_address(connection_over(client)) == ""
        assert plain_text_risk(connection_over(client), parse("postgres://h/d"), "X") == ""


@pytest.mark.parametrize(
    ("rest", "tls", "expected"),
    [
        ("", True, ""),
        ("?sslmode=disable", False, "Change sslmode=disable to sslmode=require in DATABASE_URL"),
        ("?sslmode=allow", False, "Change sslmode=allow to sslmode=require in DATABASE_URL"),
        ("", False, "refuses TLS: turn it on there, then add ?sslmode=require to DATABASE_URL"),
    ],
)
def test_unencrypted_connection_to_a_public_address_names_the_remedy(
    rest: str, tls: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("demijohn.database.encryption.peer_address", lambda _: "203.0.113.7")
    client, server = socket.socketpair()
    with client, server:
        url = parse(f"postgres://u:hunter22@db.example/d{rest}")
        risk = plain_text_risk(connection_over(client, tls=tls), url, "DATABASE_URL")
    assert bool(risk) == bool(expected) and expected in risk
    assert "hunter22" not in risk
    if risk:
        assert "connection to db.example/d is not encrypted, and 203.0.113.7 is a public" in risk
