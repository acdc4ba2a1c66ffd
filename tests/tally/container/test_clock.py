"""Cached responses after the machine has slept, or its clock was corrected.

In a container, because libfaketime works only with the image's dynamically linked Nginx.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.docker_engine import HARDENED, Container, docker, run_docker, wait_for
from tests.support.wall_clock import Clock

pytestmark = pytest.mark.libfaketime

Launch = Callable[..., Container]

HOUR = 3600
STALE_SECONDS = 5  # the API's stale-while-revalidate


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path, "/clock")


@pytest.fixture
def site(launch: Launch, clock: Clock, tmp_path: Path) -> Container:
    settings = clock.settings | {"NGINX_PROGRAM": "/clock/nginx"}
    # One CPU, so one worker of Nginx: no other worker can renew its cache.
    options = [*HARDENED, "--cpus", "1", "--volume", f"{tmp_path}:/clock:ro"]
    return launch(options=options, **settings).wait_until_ready()


@contextmanager
def paused(site: Container) -> Iterator[None]:
    # A busy kernel may not freeze all processes in time ("unable to freeze").
    wait_for(lambda: docker("pause", site.name).returncode == 0, "pause")
    yield
    run_docker("unpause", site.name)


@pytest.mark.parametrize("seconds", [HOUR, -HOUR], ids=["an hour on", "an hour back"])
def test_cached_results_expire_after_a_clock_change(
    site: Container, clock: Clock, seconds: int
) -> None:
    poll = site.post("/api/polls", {"question": "Still there?", "options": ["Yes", "No"]}).json()
    results, ballot = (f"/api/polls/{poll['id']}/{what}" for what in ("results", "ballot"))

    def count_ballots() -> int:
        return int(site.get(results).json()["ballots"])

    assert {count_ballots() for _ in range(3)} == {0}
    with paused(site):
        clock.shift(seconds)
    assert site.put(ballot, {"choices": [1]}).status_code == 200
    wait_for(lambda: count_ballots() == 1, "new count", seconds=STALE_SECONDS)
    assert site.get("/readyz").headers["Date"][17:19] != datetime.now(UTC).strftime("%H")
