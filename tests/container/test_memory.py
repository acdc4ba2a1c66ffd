"""Large responses, and a large app, in a container with 256 MB whose /tmp is in memory."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.support import secrecy
from tests.support.containers import STARTED
from tests.support.docker_engine import HARDENED, ROOT, Container, Engine, docker

APP = ROOT / "tests" / "fixtures" / "kitchen_sink"
LARGE_APP = {"APP_DIR": "/apps", "APP_MODULE": "large_database:app"}
LARGE_BYTES = 300 << 20
SHARED_BYTES = 128 << 10  # the largest that the shared cache keeps
SETTINGS = {
    "APP_DIR": "/kitchen_sink",
    "APP_MODULE": "app:app",
    "API_PATHS": "/",
    "DATA_DIR": "/files",
    "SECRET_KEY": secrecy.SECRET_KEY,
}


@pytest.fixture
def site(
    engine: Engine, image: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Container]:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(LARGE_BYTES)
    tmp_path.chmod(0o755)  # the container has another user
    mounts = (f"{APP}:/kitchen_sink:ro", f"{tmp_path}:/files:ro")
    options = [word for mount in mounts for word in ("--volume", mount)]
    container = engine.start(image, options=(*HARDENED, *options), settings=SETTINGS)
    request.node.stash[STARTED] = [container]
    yield container.wait_until_ready()
    docker("rm", "--force", "--volumes", container.name)


def in_parallel(work: Callable[[int], int], times: int, clients: int) -> set[int]:
    with ThreadPoolExecutor(clients) as pool:
        return set(pool.map(work, range(times)))


def workers_were_killed(site: Container) -> bool:
    return bool(site.inspect(".State.OOMKilled")) or "SIGKILL" in site.log


def test_downloads_of_a_large_file_stay_within_the_memory(site: Container) -> None:
    def download(number: int) -> int:
        url = f"{site.url}/api/saved/large?max_age=60"
        read = 0
        with httpx.stream("GET", url, timeout=60) as response:
            time.sleep(2 if number % 2 else 0)  # Nginx buffers it
            for part in response.iter_raw():
                read += len(part)
        return read

    assert in_parallel(download, times=12, clients=6) == {LARGE_BYTES}
    assert not workers_were_killed(site)


def test_shared_responses_stay_within_the_memory(site: Container) -> None:
    with httpx.Client(base_url=site.url, timeout=60) as client:

        def read(number: int) -> int:
            return len(client.get(f"/api/large-public/{number}?bytes={SHARED_BYTES}").content)

        assert in_parallel(read, times=3000, clients=8) == {SHARED_BYTES}
    assert not workers_were_killed(site)


def test_large_app_gets_one_worker(
    engine: Engine, image: str, request: pytest.FixtureRequest
) -> None:
    apps = ("--volume", f"{ROOT / 'tests' / 'support' / 'apps'}:/apps:ro")
    settings = SETTINGS | LARGE_APP
    container = engine.start(image, options=(*HARDENED, "--cpus", "2", *apps), settings=settings)
    request.node.stash[STARTED] = [container]
    container.wait_until_ready()
    assert "MB in each worker after its import: using WEB_CONCURRENCY=1" in container.log
    assert container.get("/api/worker").status_code == 200
    assert not workers_were_killed(container)
    docker("rm", "--force", "--volumes", container.name)
