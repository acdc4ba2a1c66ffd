"""Tally's migrations in containers: ten instances at once, and a database at a socket."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support import colon_socket
from tests.support.docker_engine import HARDENED, Container, Engine, docker, run_docker, wait_for
from tests.support.fault_scenarios import Measured, row
from tests.support.sql import Query
from tests.tally.support import slow_migration

PLACE = "/app/backend/migrations/versions/9999_slow.py"


@row("ten start at once, one is killed in the middle of the migration")
def test_another_container_migrates_when_the_first_is_killed(
    launch: Callable[..., Container], query: Query, tmp_path: Path, measured: Measured
) -> None:
    slow_migration.create_witness(query)
    options = [*HARDENED, "--volume", f"{slow_migration.add_revision(tmp_path)}:{PLACE}:ro"]
    with ThreadPoolExecutor(10) as pool:
        sites = list(pool.map(lambda _: launch(options=options, WEB_CONCURRENCY="1"), range(10)))
        wait_for(lambda: query(slow_migration.IN_THE_MIDDLE) == "1", "migration")
        (killed,) = [site for site in sites if "alembic" in run_docker("top", site.name)]
        run_docker("kill", "--signal", "KILL", killed.name)
        others = [site for site in sites if site is not killed]
        list(pool.map(Container.wait_until_ready, others))
    migrated = [site for site in others if "upgrade head took" in site.stdout]
    assert len(migrated) == 1
    assert all(
        "nothing to do: another instance did it" in s.stdout for s in others if s not in migrated
    )
    slow_migration.check(query)
    killed.restart()
    killed.wait_until_ready()
    assert "schema at slow, nothing to do\n" in killed.stdout
    measured("started twice, completed once, by one of the nine others")


@pytest.mark.parametrize("url", colon_socket.URLS)
def test_alembic_connects_through_a_socket_with_colons(
    engine: Engine, image: str, url: str
) -> None:
    with colon_socket.colon_socket(engine) as mount:
        database = ("--env", f"DATABASE_URL={colon_socket.fill(url)}", *mount, *HARDENED)
        done = docker("run", "--rm", *database, image, "release")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"at {colon_socket.FOLDER}/d" in done.stdout and "upgrade head took" in done.stdout
