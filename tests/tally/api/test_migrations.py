"""The migrations, run by `alembic`, with both drivers."""

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
def test_concurrent_migrations_run_once(database: str, driver: str) -> None:
    def upgrade(_number: int) -> subprocess.CompletedProcess[str]:
        return alembic("upgrade", "head", DATABASE_URL=database, DATABASE_DRIVER=driver)

    with ThreadPoolExecutor(6) as threads:
        finished = list(threads.map(upgrade, range(6)))
    assert [result.returncode for result in finished] == [0] * 6, finished
    assert sum("Running upgrade" in result.stderr for result in finished) == 1
    check = alembic("check", DATABASE_URL=database, DATABASE_DRIVER=driver)
    assert check.returncode == 0, check.stdout + check.stderr  # the models match


@pytest.mark.parametrize("driver", DRIVERS)
def test_downgrade_reverts_the_upgrade(database: str, driver: str, tmp_path: Path) -> None:
    environ = {"DATABASE_URL": database, "DATABASE_DRIVER": driver}
    for command in (["upgrade", "head"], ["downgrade", "base"]):
        result = alembic(*command, folder=tmp_path, **environ)  # from any folder
        assert result.returncode == 0, result.stderr
    assert inspect(engine_for_migrations(load(environ))).get_table_names() == ["alembic_version"]


def test_failed_migration_leaves_no_tables(database: str) -> None:
    environ = {"DATABASE_URL": database}
    engine = engine_for_migrations(load(environ))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE ballots (in_the_way integer)"))
    assert alembic("upgrade", "head", **environ).returncode != 0
    assert inspect(engine).get_table_names() == ["ballots"]


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"DATABASE_URL": "postgres://u:s3cret@127.0.0.1:1/d"}, "refused"),
        ({"DATABASE_URL": "mysql://u:s3cret@h/d"}, "DATABASE_URL must be a Postgres URL"),
        ({"DATABASE_URL": "postgres://u:s3cret@127.0.0.1/d?sslmode=on"}, "sslmode"),
    ],
)
def test_unreachable_database_is_a_one_line_error(
    driver: str, environ: dict[str, str], expected: str
) -> None:
    result = alembic("upgrade", "head", **environ, DATABASE_DRIVER=driver)
    assert result.returncode != 0
    (line,) = (result.stdout + result.stderr).strip().splitlines()
    assert expected in line
    assert "s3cret" not in line
