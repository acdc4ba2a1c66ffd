"""Reads while Gunicorn is killed."""

import threading
import time

import httpx

from tests.support.container_fixtures import Launch
from tests.support.docker_engine import TIMEOUT_SECONDS, wait_for


class Readers:
    """Clients that get one URL repeatedly on kept connections, with short pauses."""

    def __init__(self, url: str, clients: int = 4, pause: float = 0.005) -> None:
        self.succeeded = 0
        self.failed: list[str] = []
        self._url = url
        self._pause = pause
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._read) for _ in range(clients)]

    def _read(self) -> None:
        with httpx.Client(timeout=TIMEOUT_SECONDS) as client:
            while not self._over.is_set():
                begun = time.monotonic()
                try:
                    response = client.get(self._url)
                    if response.status_code == 200:
                        self.succeeded += 1
                    else:
                        self._fail(str(response.status_code), begun)
                except httpx.HTTPError as error:
                    self._fail(repr(error), begun)
                time.sleep(self._pause)

    def _fail(self, what: str, begun: float) -> None:
        now = time.monotonic()
        at = now - self._started
        self.failed.append(f"{what} after {now - begun:.1f} s, {at:.1f} s after the start")

    def __enter__(self) -> "Readers":
        self._started = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


def test_reads_succeed_when_gunicorn_is_killed(launch: Launch) -> None:
    site = launch().wait_until_ready()
    created = site.post("/api/polls", {"question": "Still there?", "options": ["Yes", "No"]})
    (master,) = site.children("gunicorn")
    with Readers(f"{site.url}/api/polls/{created.json()['id']}") as readers:
        wait_for(lambda: readers.succeeded > 100, "reads")
        site.exec("sh", "-c", f"kill -9 {master}")
        wait_for(lambda: "restarting it" in site.stdout, "restart")
        before = readers.succeeded
        wait_for(lambda: readers.succeeded > before + 200, "reads after the restart")
    assert readers.failed == []
    assert master not in site.children("gunicorn")
