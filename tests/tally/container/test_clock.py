"""Cached answers after the machine has slept, or its clock was put right.

Here, and not without a container, because Nginx has to be one that libfaketime reaches.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.docker_engine import HARDENED, Container, run_docker, wait_for
from tests.support.wall_clock import Clock

pytestmark = pytest.mark.libfaketime

Launch = Callable[..., Container]

HOUR = 3600
STALE_SECONDS = 5  # as the API allows: stale-while-revalidate


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path, "/clock")


@pytest.fixture
def site(launch: Launch, clock: Clock, tmp_path: Path) -> Container:
    settings = clock.settings | {"NGINX_PROGRAM": "/clock/nginx"}
    # One CPU, so one worker of Nginx: what it has kept, no other puts right.
    options = [*HARDENED, "--cpus", "1", "--volume", f"{tmp_path}:/clock:ro"]
    return launch(options=options, **settings).wait_until_ready()


@contextmanager
def asleep(site: Container) -> Iterator[None]:
    run_docker("pause", site.name)
    yield
    run_docker("unpause", site.name)


@pytest.mark.parametrize("seconds", [HOUR, -HOUR], ids=["an hour on", "an hour back"])
def test_results_are_no_older_than_ever(site: Container, clock: Clock, seconds: int) -> None:
    poll = site.post("/api/polls", {"question": "Still there?", "options": ["Yes", "No"]}).json()
    results, ballot = (f"/api/polls/{poll['id']}/{what}" for what in ("results", "ballot"))

    def counted() -> int:
        return int(site.get(results).json()["ballots"])

    assert {counted() for _ in range(3)} == {0}
    with asleep(site):
        clock.shift(seconds)
    assert site.put(ballot, {"choices": [1]}).status_code == 200
    wait_for(lambda: counted() == 1, "new count", seconds=STALE_SECONDS)
    assert site.get("/readyz").headers["Date"][17:19] != datetime.now(UTC).strftime("%H")
