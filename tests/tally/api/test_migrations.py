"""The migrations, as `alembic` runs them, on both drivers."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from backend.database import engine_for_migrations
from backend.settings import load
from local.steps import ROOT

DRIVERS = ["psycopg2", "pg8000"]


def alembic(
    *arguments: str, folder: Path = ROOT, **environ: str
) -> subprocess.CompletedProcess[str]:
    clean = {name: text for name, text in os.environ.items() if not name.startswith("PG")}
    return subprocess.run(
        [sys.executable, "-m", "alembic", "-c", str(ROOT / "backend/alembic.ini"), *arguments],
        cwd=folder,
        env=clean | environ,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("driver", DRIVERS)
def test_processes_that_start_together_migrate_once(database: str, driver: str) -> None:
    def upgrade(_number: int) -> subprocess.CompletedProcess[str]:
        return alembic("upgrade", "head", DATABASE_URL=database, DATABASE_DRIVER=driver)

    with ThreadPoolExecutor(6) as threads:
        finished = list(threads.map(upgrade, range(6)))
    assert [each.returncode for each in finished] == [0] * 6, finished
    assert sum("Running upgrade" in each.stderr for each in finished) == 1
    checked = alembic("check", DATABASE_URL=database, DATABASE_DRIVER=driver)
    assert checked.returncode == 0, checked.stdout + checked.stderr  # the models say the same


@pytest.mark.parametrize("driver", DRIVERS)
def test_what_goes_up_comes_down(database: str, driver: str, tmp_path: Path) -> None:
    environ = {"DATABASE_URL": database, "DATABASE_DRIVER": driver}
    for command in (["upgrade", "head"], ["downgrade", "base"]):
        done = alembic(*command, folder=tmp_path, **environ)  # from wherever it is called
        assert done.returncode == 0, done.stderr
    assert inspect(engine_for_migrations(load(environ))).get_table_names() == ["alembic_version"]


def test_a_migration_that_fails_leaves_nothing_behind(database: str) -> None:
    environ = {"DATABASE_URL": database}
    engine = engine_for_migrations(load(environ))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE ballots (in_the_way integer)"))
    assert alembic("upgrade", "head", **environ).returncode != 0
    assert inspect(engine).get_table_names() == ["ballots"]


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"DATABASE_URL": "postgres://u:s3cret@127.0.0.1:1/d"}, "refused"),
        ({"DATABASE_URL": "mysql://u:s3cret@h/d"}, "DATABASE_URL must be a Postgres URL"),
        ({"DATABASE_URL": "postgres://u:s3cret@127.0.0.1/d?sslmode=on"}, "sslmode"),
    ],
)
def test_a_database_that_cannot_be_reached_is_told_in_one_line(
    driver: str, environ: dict[str, str], said: str
) -> None:
    failed = alembic("upgrade", "head", **environ, DATABASE_DRIVER=driver)
    assert failed.returncode != 0
    (line,) = (failed.stdout + failed.stderr).strip().splitlines()
    assert said in line
    assert "s3cret" not in line
