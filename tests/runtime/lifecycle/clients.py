"""Shared by the tests of the lifecycle: clients, and queries about a stack."""

import http.client
import json
import threading
from collections.abc import Callable
from pathlib import Path

from tests.support.front_door import Response, connect, read_response
from tests.support.stack import Stack

Launch = Callable[..., Stack]


class Load:
    """Four clients that send GETs without a pause, and count the results."""

    def __init__(self, stack: Stack, path: str = "/api/show") -> None:
        self._stack = stack
        self._path = path
        self._over = threading.Event()
        self._lock = threading.Lock()
        self.succeeded = 0
        self.failed: list[str] = []

    def __enter__(self) -> "Load":
        self._threads = [threading.Thread(target=self._run) for _ in range(4)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def wait_for_responses(self, count: int = 100) -> None:
        """Wait until `count` more requests have ended."""
        wanted = self.succeeded + len(self.failed) + count
        self._stack.wait_for(lambda: self.succeeded + len(self.failed) >= wanted, "responses")

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                status, _, body = self._stack.get(self._path)
                fault = "" if status == 200 else f"{status}: {body[:200]!r}"
            except (OSError, http.client.HTTPException) as error:
                fault = repr(error)
            with self._lock:
                if fault:
                    self.failed.append(fault)
                else:
                    self.succeeded += 1


class BlockedRequest:
    """A request that the app has accepted, and answers after `release`."""

    def __init__(self, stack: Stack, gate: Path) -> None:
        self._gate = gate
        self.reached = gate.with_suffix(".reached")
        self._connection = connect(stack)
        self._connection.sendall(
            f"GET /api/gate?file={gate} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
        )
        stack.wait_for(self.reached.exists, "request at the gate")

    def release(self) -> Response:
        self._gate.touch()
        with self._connection:
            return read_response(self._connection)


def failure_reason(stack: Stack, probe: str = "/readyz") -> str:
    """The reason in a probe's response; empty if the probe succeeds."""
    status, headers, body = stack.get(probe)
    document = json.loads(body)
    assert status == (503 if "reason" in document else 200)
    assert headers["cache-control"] == "no-store"
    return str(document.get("reason", ""))


def workers(stack: Stack) -> set[int]:
    return set(stack.children(stack.child("gunicorn")))
