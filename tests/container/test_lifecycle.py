"""Containers that start, stop, and recover from killed processes."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.docker_engine import HARDENED, Container, docker, run_docker, wait_for
from tests.support.mirror_app import REVISIONS

Launch = Callable[..., Container]


def test_ten_containers_started_together_migrate_once(launch: Launch) -> None:
    with ThreadPoolExecutor(10) as pool:
        sites = list(pool.map(lambda _: launch(WEB_CONCURRENCY="1"), range(10)))
        list(pool.map(Container.wait_until_ready, sites))
    logs = "".join(site.log for site in sites)
    assert logs.count("Running upgrade") == len(REVISIONS)
    assert logs.count("migrate.py took") == 1  # the others do not even start the command


def test_release_command_leaves_nothing_to_migrate_at_boot(launch: Launch) -> None:
    first = launch("release")
    assert first.wait() == 0
    assert first.stderr.count("Running upgrade") == len(REVISIONS)
    site = launch().wait_until_ready()
    assert "nothing to do" in site.stdout
    assert "Running upgrade" not in site.stderr


def test_sigterm_drains_before_the_stop(launch: Launch) -> None:
    site = launch(DRAIN_SECONDS="3").wait_until_ready()
    with ThreadPoolExecutor(1) as pool:
        started_at = time.monotonic()
        stopping = pool.submit(docker, "stop", "--time", "30", site.name)
        wait_for(lambda: site.get("/readyz").status_code == 503, "drain", seconds=2)
        assert site.get("/readyz").json() == {"status": "not ready", "reason": "draining"}
        assert {site.get(path).status_code for path in ("/livez", "/healthz/database")} == {200}
        stopping.result()
    assert 3 <= time.monotonic() - started_at < 25
    assert site.wait() == 0


def test_sigint_stops_without_a_drain(launch: Launch) -> None:
    site = launch(DRAIN_SECONDS="60").wait_until_ready()
    run_docker("kill", "--signal", "INT", site.name)
    assert site.wait() == 0
    assert "draining" not in site.stdout


@pytest.mark.parametrize("program", ["gunicorn", "nginx"])
def test_killed_program_is_restarted(program: str, launch: Launch) -> None:
    site = launch().wait_until_ready()
    (killed,) = site.children(program)
    site.exec("sh", "-c", f"kill -9 {killed}")

    def replaced() -> bool:
        now = site.children(program)
        return len(now) == 1 and killed not in now

    wait_for(replaced, "replacement of the killed program")
    wait_for(lambda: site.get("/healthz/database").status_code == 200, "recovery")


def test_killed_container_starts_again(launch: Launch) -> None:
    """The files of the first run in /tmp do not prevent the second."""
    site = launch(options=[]).wait_until_ready()
    run_docker("kill", site.name)
    site.restart()
    assert site.wait_until_ready().get("/healthz/database").status_code == 200


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
def test_container_runs_with_other_docker_options(options: Sequence[str], launch: Launch) -> None:
    command = ["-c", "exec demijohn serve"] if "--entrypoint" in options else []
    site = launch(*command, options=options, DRAIN_SECONDS="0").wait_until_ready()
    assert site.get("/").status_code == 200
    assert site.get("/healthz/database").status_code == 200
    run_docker("stop", "--time", "30", site.name)
    assert site.wait() == 0
