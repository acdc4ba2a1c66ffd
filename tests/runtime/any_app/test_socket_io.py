"""An app with Flask-SocketIO, whose clients first poll and then open a WebSocket."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import socketio

from tests.support.front_door import MIRROR
from tests.support.stack import Stack

CLIENTS = 10


@pytest.mark.parametrize("transports", [["polling"], ["polling", "websocket"], ["websocket"]])
def test_socket_io_clients_hear_each_other(
    launch: Callable[..., Stack], transports: list[str]
) -> None:
    settings = {"APP_MODULE": "chat:app", "API_PATHS": "/socket.io"}
    running = launch(**MIRROR | settings).start().wait_until_ready()
    assert "using WEB_CONCURRENCY=1" in running.log
    with ExitStack() as opened:

        def connect(_: int) -> socketio.SimpleClient:
            client = socketio.SimpleClient(reconnection=False)
            client.connect(running.url, transports=transports)
            opened.callback(client.disconnect)
            return client

        with ThreadPoolExecutor(CLIENTS) as pool:
            clients = list(pool.map(connect, range(CLIENTS)))
        clients[0].emit("say", "hello")
        assert [client.receive(timeout=10) for client in clients] == [["heard", "hello"]] * CLIENTS
