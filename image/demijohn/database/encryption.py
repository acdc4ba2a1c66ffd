"""Warns if passwords and data cross a public network in plain text."""

import ipaddress
import os
import socket
from contextlib import closing

from psycopg2.extensions import connection as Connection

from demijohn.config.database_url import DatabaseUrl

# Networks inside a host or a data centre: loopback, private networks (RFC 1918, RFC 4193),
# link-local, and the shared address space of overlay networks (RFC 6598). The `is_private` of
# ipaddress also includes networks for documentation and benchmarks.
PRIVATE_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "100.64.0.0/10",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)


def is_private(address: str) -> bool:
    """Whether an IP address is in a private network.

    Raises ValueError if it is not an address.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found in network for network in PRIVATE_NETWORKS)


def peer_address(connection: Connection) -> str:
    """The IP address at the other end of a connection; empty for a Unix socket."""
    # From the socket, because psycopg2 has no PQhostaddr, and a name may have several addresses.
    with closing(socket.socket(fileno=os.dup(connection.info.socket))) as copy:
        if copy.family == socket.AF_UNIX:
            return ""
        address: str = copy.getpeername()[0]
    return address


def plain_text_risk(connection: Connection, url: DatabaseUrl, name: str) -> str:
    """A warning if data crosses a public network in plain text, with what to do; else "".

    `name` is the variable that has the URL.
    """
    if connection.info.ssl_in_use:
        return ""
    address = peer_address(connection)
    if not address or is_private(address):
        return ""
    mode = url.parameters.get("sslmode", "prefer")
    where = f"the connection to {url.place()} is not encrypted, and {address} is a public address"
    better = "better sslmode=verify-full, if you have the CA's certificate"
    if mode in ("disable", "allow"):
        return f"{where}. Change sslmode={mode} to sslmode=require in {name}; {better}."
    # With sslmode=prefer, libpq has requested TLS and the server has refused.
    return (
        f"{where}. The server refuses TLS: turn it on there, then add ?sslmode=require to {name};"
        f" {better}."
    )
