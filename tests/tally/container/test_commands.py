"""One-off commands in a running container."""

from tests.support.docker_engine import Container


def test_flask_and_alembic_run_without_extra_settings(tally: Container) -> None:
    assert "/api/polls" in tally.exec("flask", "--app", "backend", "routes")
    current = tally.exec("alembic", "-c", "backend/alembic.ini", "current")
    assert "(head)" in current
