"""Flask's commands as one-off commands."""

from tests.support.finished_command import RunDemijohn


def test_flask_command_runs_with_the_app(run_demijohn: RunDemijohn) -> None:
    result = run_demijohn(
        "run flask --app backend routes", APP_DIR=".", APP_MODULE="backend:create_app()"
    )
    assert result.status == 0
    assert "/api/polls" in result.out
