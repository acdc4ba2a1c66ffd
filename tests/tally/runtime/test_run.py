"""Flask's own commands, run as one-off commands."""

from tests.support.finished_command import Boot


def test_flask_command_finds_the_database(boot: Boot) -> None:
    ended = boot("run flask --app backend routes", APP_DIR=".", APP_MODULE="backend:create_app()")
    assert ended.status == 0
    assert "/api/polls" in ended.out
