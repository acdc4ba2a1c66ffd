"""Readers notice nothing when Gunicorn is killed."""

import threading
import time

import httpx

from tests.support.container_fixtures import Launch
from tests.support.docker_engine import wait_for


class Readers:
    """Clients that go on reading one address, on connections that are kept: modest and steady."""

    def __init__(self, url: str, clients: int = 4, pause: float = 0.005) -> None:
        self.good = 0
        self.failed: list[str] = []
        self._url = url
        self._pause = pause
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._read) for _ in range(clients)]

    def _read(self) -> None:
        with httpx.Client(timeout=20) as client:
            while not self._over.is_set():
                try:
                    answer = client.get(self._url)
                    if answer.status_code == 200:
                        self.good += 1
                    else:
                        self.failed.append(str(answer.status_code))
                except httpx.HTTPError as error:
                    self.failed.append(repr(error))
                time.sleep(self._pause)

    def __enter__(self) -> "Readers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


def test_killing_gunicorn_breaks_no_reading(launch: Launch) -> None:
    site = launch().wait_until_ready()
    created = site.post("/api/polls", {"question": "Still there?", "options": ["Yes", "No"]})
    (master,) = site.children("gunicorn")
    with Readers(f"{site.url}/api/polls/{created.json()['id']}") as readers:
        wait_for(lambda: readers.good > 100, "reading")
        site.exec("sh", "-c", f"kill -9 {master}")
        wait_for(lambda: "starting it again" in site.stdout, "restart")
        then = readers.good
        wait_for(lambda: readers.good > then + 200, "reading again")
    assert readers.failed == []
    assert master not in site.children("gunicorn")
