"""The default migration of Flask-Migrate, where the app cannot be imported or lacks the command."""

from pathlib import Path

import pytest

from tests.support.finished_command import RunDemijohn


@pytest.mark.parametrize("command", [None, "sh -c 'flask --debug db upgrade && true'"])
@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("app:app", "cannot be imported: ModuleNotFoundError: No module named 'not_installed', at"),
        ("other:app", "the module other does not exist in "),
        ("variable:app", "the environment variable STRIPE_KEY is not set, at variable.py:2."),
    ],
)
def test_failed_migration_ends_with_the_error_of_the_import(
    run_demijohn: RunDemijohn, tmp_path: Path, module: str, expected: str, command: str | None
) -> None:
    folder = make_app(tmp_path, "import not_installed")
    (folder / "variable.py").write_text("import os\nos.environ['STRIPE_KEY']\n")
    settings = {"APP_DIR": str(folder), "APP_MODULE": module, "MIGRATION_COMMAND": command}
    result = run_demijohn("release", **settings)
    last = result.err.splitlines()[-1]
    assert (result.status, expected in last) == (78, True), result
    assert last.startswith(f"demijohn: APP_MODULE='{module}'")


def test_failed_migration_of_an_app_that_can_be_imported_names_its_command(
    run_demijohn: RunDemijohn, tmp_path: Path
) -> None:
    folder = make_app(tmp_path, "import flask\napp = flask.Flask(__name__)")
    result = run_demijohn("release", APP_DIR=str(folder), APP_MODULE="app:app")
    last = result.err.splitlines()[-1]
    assert result.status == 70
    assert "`flask db upgrade` exited with 2. Its output is above." in last
    assert "list Flask-Migrate in requirements.txt" in last


def make_app(tmp_path: Path, code: str) -> Path:
    folder = tmp_path / "server"
    (folder / "migrations").mkdir(parents=True)
    (folder / "migrations" / "alembic.ini").touch()
    (folder / "app.py").write_text(code + "\n")
    return folder


def test_migration_of_another_database_is_pointed_out(
    run_demijohn: RunDemijohn, tmp_path: Path
) -> None:
    """The app has the address of a database of its own."""
    versions = tmp_path / "versions"
    versions.mkdir()
    (versions / "first.py").write_text("revision = '0001'\ndown_revision = None\n")
    settings = {"MIGRATION_COMMAND": "true", "ALEMBIC_VERSIONS": str(versions)}
    result = run_demijohn("release", **settings)
    assert result.status == 0
    assert "the database of DATABASE_URL has no tables" in result.out
