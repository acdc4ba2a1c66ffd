"""The boot with a DATABASE_URL that is not of Postgres."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.finished_command import PASSWORD, RunDemijohn
from tests.support.front_door import MIRROR, send_request
from tests.support.stack import Stack

# /dev/shm is on another file system than the image, as a volume is.
URLS = ["sqlite:////dev/shm/app.db", f"mysql+pymysql://root:{PASSWORD}@h/d"]
MIGRATE = "sh -c 'echo migrates $SQLALCHEMY_DATABASE_URI'"


@pytest.mark.parametrize("url", URLS)
def test_other_database_is_left_to_the_app(launch: Callable[..., Stack], url: str) -> None:
    settings = {"DATABASE_URL": url, "APP_MODULE": "shows_environment:app"}
    running = launch(**MIRROR | settings).start().wait_until_ready()
    assert f"DATABASE_URL is a {url.partition(':')[0].partition('+')[0]} URL" in running.log
    for name in ("DATABASE_URL", "SQLALCHEMY_DATABASE_URI"):
        assert send_request(running, f"/api/{name}").body.decode() == url
    assert send_request(running, "/healthz/database").json() == {"status": "no database"}
    assert PASSWORD not in running.log


def test_migration_runs_on_another_database_without_a_lock(launch: Callable[..., Stack]) -> None:
    settings = {"DATABASE_URL": URLS[0], "RELEASE_ON_BOOT": "true", "MIGRATION_COMMAND": MIGRATE}
    running = launch(**MIRROR | settings).start().wait_until_ready()
    assert f"migrates {URLS[0]}" in running.log
    assert "without a lock: start one container at a time" in running.log


def test_release_command_migrates_another_database(run_demijohn: RunDemijohn) -> None:
    result = run_demijohn("release", DATABASE_URL=URLS[0], MIGRATION_COMMAND=MIGRATE)
    assert (result.status, f"migrates {URLS[0]}" in result.out) == (0, True)
    result = run_demijohn("release", DATABASE_URL=URLS[0], MIGRATION_COMMAND="false")
    assert (result.status, "`false` exited with 1" in result.message()) == (70, True)


def test_sqlite_file_in_the_container_is_refused(run_demijohn: RunDemijohn) -> None:
    """In the image, where DEMIJOHN_DOTENV is empty."""
    given = {"MIGRATION_COMMAND": "true", "DEMIJOHN_DOTENV": ""}
    result = run_demijohn(DATABASE_URL="sqlite:////opt/app.db", **given)
    assert result.status == 78
    assert result.message() == (
        "DATABASE_URL is a SQLite file, which is lost with its container. Set it to a Postgres "
        "URL: postgres://user:password@host:5432/database. Or use a volume: "
        "set DEMIJOHN_DATA_DIR=/data and DATABASE_URL=sqlite:////data/app.db."
    )


@pytest.mark.parametrize("url", URLS)
def test_derived_migration_needs_postgres(
    run_demijohn: RunDemijohn, tmp_path: Path, url: str
) -> None:
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "alembic.ini").touch()  # so the default is `flask db upgrade`
    result = run_demijohn(DATABASE_URL=url, APP_DIR=str(tmp_path))
    assert result.status == 78
    assert result.message().endswith(
        "Set MIGRATION_COMMAND='flask db upgrade', which then runs without a lock."
    )
    assert "lost" not in result.message()


def test_doctor_leaves_another_database_out(run_demijohn: RunDemijohn) -> None:
    result = run_demijohn("doctor", DATABASE_URL=URLS[1], MIGRATION_COMMAND="true")
    assert "a mysql URL, left to the app" in result.out
    assert PASSWORD not in result.out + result.err
