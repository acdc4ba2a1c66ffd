"""Starting, stopping, and what happens when something dies."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.container.engine import HARDENED, Container, docker, must, wait_for
from tests.stack_fixture import REVISIONS

Launch = Callable[..., Container]


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


def children(site: Container, word: str) -> set[int]:
    """The processes, as the container counts, that belong to PID 1 and whose command has `word`."""
    named = f"$(grep -lsz {word} /proc/[0-9]*/cmdline | sed s/cmdline/status/)"
    script = f"grep -ls '^PPid:.1$' {named}; true"  # some are gone before they are read
    return {int(path.split("/")[2]) for path in site.exec("sh", "-c", script).split()}


def test_ten_that_start_together_migrate_once(launch: Launch) -> None:
    with ThreadPoolExecutor(10) as pool:
        sites = list(pool.map(lambda _: launch(WEB_CONCURRENCY="1"), range(10)))
        list(pool.map(Container.wait_until_ready, sites))
    logs = "".join(site.stdout + site.stderr for site in sites)
    assert logs.count("Running upgrade") == len(REVISIONS)
    assert logs.count("upgrade head took") == 1  # the others need not even load Alembic


def test_release_is_a_step_of_its_own(launch: Launch) -> None:
    first = launch("release")
    assert first.wait() == 0
    assert first.stderr.count("Running upgrade") == len(REVISIONS)
    site = launch().wait_until_ready()
    assert "nothing to do" in site.stdout
    assert "Running upgrade" not in site.stderr


def test_sigterm_drains_then_stops(launch: Launch) -> None:
    site = launch(DRAIN_SECONDS="3").wait_until_ready()
    with ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        stopping = pool.submit(docker, "stop", "--time", "30", site.name)
        wait_for(lambda: site.get("/readyz").status_code == 503, "drain", seconds=2)
        assert site.get("/readyz").json() == {"status": "not ready", "reason": "draining"}
        assert (site.get("/livez").status_code, site.get("/api/status").status_code) == (200, 200)
        stopping.result()
    assert 3 <= time.monotonic() - began < 25
    assert site.wait() == 0


def test_sigint_stops_without_a_drain(launch: Launch) -> None:
    site = launch(DRAIN_SECONDS="60").wait_until_ready()
    must("kill", "--signal", "INT", site.name)
    assert site.wait() == 0
    assert "draining" not in site.stdout


@pytest.mark.parametrize("program", ["gunicorn", "nginx"])
def test_a_killed_program_is_back(program: str, launch: Launch) -> None:
    site = launch().wait_until_ready()
    (killed,) = children(site, program)
    site.exec("sh", "-c", f"kill -9 {killed}")

    def one_other() -> bool:
        now = children(site, program)
        return len(now) == 1 and killed not in now

    wait_for(one_other, "successor, and nothing left of the first")
    wait_for(lambda: site.get("/api/status").status_code == 200, "recovery")


def test_killing_gunicorn_breaks_no_reading(launch: Launch) -> None:
    site = launch().wait_until_ready()
    created = site.post("/api/polls", {"question": "Still there?", "options": ["Yes", "No"]})
    (master,) = children(site, "gunicorn")
    with Readers(f"{site.url}/api/polls/{created.json()['id']}") as readers:
        wait_for(lambda: readers.good > 100, "reading")
        site.exec("sh", "-c", f"kill -9 {master}")
        wait_for(lambda: "starting it again" in site.stdout, "restart")
        then = readers.good
        wait_for(lambda: readers.good > then + 200, "reading again")
    assert readers.failed == []
    assert master not in children(site, "gunicorn")


def test_a_container_that_was_killed_starts_again(launch: Launch) -> None:
    """What the first life left in /tmp is no obstacle to the second."""
    site = launch(options=[]).wait_until_ready()
    must("kill", site.name)
    site.start_again()
    assert site.wait_until_ready().get("/api/status").status_code == 200


@pytest.mark.parametrize(
    "options",
    [
        pytest.param([], id="as people run it"),
        pytest.param(["--user", "0"], id="as root"),
        pytest.param(["--user", "12345:0"], id="as some number"),
        pytest.param([*HARDENED, "--user", "12345:0"], id="as some number, hardened"),
        pytest.param(["--init"], id="with an init"),
        pytest.param(["--entrypoint", "sh"], id="from a shell"),
    ],
)
def test_it_runs(options: Sequence[str], launch: Launch) -> None:
    command = ["-c", "exec demijohn serve"] if "--entrypoint" in options else []
    site = launch(*command, options=options, DRAIN_SECONDS="0").wait_until_ready()
    assert site.get("/").status_code == 200
    assert site.get("/api/status").json()["database"]["available"]
    must("stop", "--time", "30", site.name)
    assert site.wait() == 0
