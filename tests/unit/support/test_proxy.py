"""The fault-injecting proxy, which other tests rely on."""

import socket
import sys
import time
from contextlib import closing, suppress

import pytest

from tests.support.proxy import Proxy


def connected(proxy: Proxy, port: int = 0) -> socket.socket:
    """Connect from `port` as soon as it is free."""
    client = socket.socket()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with suppress(OSError):
            client.bind(("127.0.0.1", port))
            break
        time.sleep(0.05)
    client.settimeout(2)
    client.connect(("127.0.0.1", proxy.port))
    return client


@pytest.mark.skipif(sys.platform != "linux", reason="the filter is Linux's")
def test_blackholed_connection_is_silent_and_its_port_reusable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        proxy = Proxy(server.getsockname()[1])
        with closing(connected(proxy)) as client, closing(server.accept()[0]) as far:
            client.sendall(b"before")
            assert far.recv(9) == b"before"
            proxy.blackhole()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 100)
            client.sendall(b"after")
            far.settimeout(0.5)
            with pytest.raises(TimeoutError):
                far.recv(9)
            port = client.getsockname()[1]
        with closing(connected(proxy, port)) as client, closing(server.accept()[0]) as far:
            client.sendall(b"anew")
            assert far.recv(9) == b"anew"
        proxy.refuse()
