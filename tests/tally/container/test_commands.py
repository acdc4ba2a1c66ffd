"""One-off commands in a running container."""

from tests.support.docker_engine import Container


def test_tallys_flask_command_needs_no_settings_of_its_own(tally: Container) -> None:
    assert "/api/polls" in tally.exec("flask", "--app", "backend", "routes")
    current = tally.exec("alembic", "-c", "backend/alembic.ini", "current")
    assert "(head)" in current
