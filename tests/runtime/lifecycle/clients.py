"""What the tests of the lifecycle share: clients, and what a stack says of itself."""

import http.client
import json
import threading
from collections.abc import Callable
from pathlib import Path

from tests.support.front_door import Answer, dial, read
from tests.support.stack import Stack

Launch = Callable[..., Stack]


class Load:
    """Four clients that read without a pause; counts what they get."""

    def __init__(self, stack: Stack, path: str = "/api/show") -> None:
        self._stack = stack
        self._path = path
        self._over = threading.Event()
        self._lock = threading.Lock()
        self.good = 0
        self.bad: list[str] = []

    def __enter__(self) -> "Load":
        self._threads = [threading.Thread(target=self._run) for _ in range(4)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def more(self, count: int = 100) -> None:
        """Wait until so many more reads have been answered."""
        wanted = self.good + len(self.bad) + count
        self._stack.wait_for(lambda: self.good + len(self.bad) >= wanted, "answers")

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                status, _, body = self._stack.get(self._path)
                fault = "" if status == 200 else f"{status}: {body[:200]!r}"
            except (OSError, http.client.HTTPException) as error:
                fault = repr(error)
            with self._lock:
                if fault:
                    self.bad.append(fault)
                else:
                    self.good += 1


class Waiting:
    """A request that the app has taken and answers once it is let through."""

    def __init__(self, stack: Stack, gate: Path) -> None:
        self._gate = gate
        self.reached = gate.with_suffix(".reached")
        self._connection = dial(stack)
        self._connection.sendall(
            f"GET /api/gate?file={gate} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
        )
        stack.wait_for(self.reached.exists, "request at the gate")

    def let_through(self) -> Answer:
        self._gate.touch()
        with self._connection:
            return read(self._connection)


def reason(stack: Stack, probe: str = "/readyz") -> str:
    """What a probe says is wrong; empty if nothing is."""
    status, headers, body = stack.get(probe)
    told = json.loads(body)
    assert status == (503 if "reason" in told else 200)
    assert headers["cache-control"] == "no-store"
    return str(told.get("reason", ""))


def workers(stack: Stack) -> set[int]:
    return set(stack.children(stack.child("gunicorn")))
