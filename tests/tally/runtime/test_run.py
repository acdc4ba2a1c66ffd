"""Flask's own commands, run as one-off commands."""

from tests.support.finished_command import RunDemijohn


def test_flask_command_finds_the_database(run_demijohn: RunDemijohn) -> None:
    ended = run_demijohn(
        "run flask --app backend routes", APP_DIR=".", APP_MODULE="backend:create_app()"
    )
    assert ended.status == 0
    assert "/api/polls" in ended.out
