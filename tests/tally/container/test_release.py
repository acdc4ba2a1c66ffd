"""Ten instances on an empty database, one of which is killed in the middle of the migration."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.docker_engine import HARDENED, Container, run_docker, wait_for
from tests.support.fault_scenarios import Measured, row
from tests.support.sql import Query
from tests.tally.support import slow_migration

PLACE = "/app/backend/migrations/versions/9999_slow.py"


@row("ten start at once, one is killed in the middle of the migration")
def test_one_of_ten_is_killed_in_the_middle_and_another_does_it_all(
    launch: Callable[..., Container], query: Query, tmp_path: Path, measured: Measured
) -> None:
    slow_migration.call(query)
    options = [*HARDENED, "--volume", f"{slow_migration.add_revision(tmp_path)}:{PLACE}:ro"]
    with ThreadPoolExecutor(10) as pool:
        ten = list(pool.map(lambda _: launch(options=options, WEB_CONCURRENCY="1"), range(10)))
        wait_for(lambda: query(slow_migration.IN_THE_MIDDLE) == "1", "middle")
        (killed,) = [site for site in ten if "alembic" in run_docker("top", site.name)]
        run_docker("kill", "--signal", "KILL", killed.name)
        others = [site for site in ten if site is not killed]
        list(pool.map(Container.wait_until_ready, others))
    did = [site for site in others if "upgrade head took" in site.stdout]
    assert len(did) == 1
    assert all("nothing to do: another instance did it" in s.stdout for s in others if s not in did)
    slow_migration.check(query)
    killed.restart()
    killed.wait_until_ready()
    assert "schema at slow, nothing to do\n" in killed.stdout
    measured("begun twice, done once, by one of the nine others")
