"""The boot with invalid settings."""

from pathlib import Path

import pytest

from tests.support.finished_command import PASSWORD, RunDemijohn
from tests.support.front_door import make_root


def test_boot_with_migrations_and_no_database_says_what_to_set(run_demijohn: RunDemijohn) -> None:
    result = run_demijohn(DATABASE_URL=None, MIGRATION_COMMAND="flask db upgrade")
    assert result.status == 78
    assert result.message() == (
        "DATABASE_URL is not set. "
        "Set it to your Postgres: postgres://user:password@host:5432/database. "
        "MIGRATION_COMMAND needs it. For SQLite, set a file on a volume: "
        "sqlite:////data/app.db; without migrations, MIGRATION_COMMAND=true."
    )
    assert result.out == ""


def test_url_of_sqlalchemy_alone_is_pointed_out(run_demijohn: RunDemijohn) -> None:
    given = {"SQLALCHEMY_DATABASE_URI": "sqlite:///app.db", "MIGRATION_COMMAND": "flask db upgrade"}
    result = run_demijohn(DATABASE_URL=None, **given)
    assert result.status == 78
    assert result.message().endswith(
        "SQLALCHEMY_DATABASE_URI is set: the image reads DATABASE_URL instead."
    )


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///app.db", "SQLite file"),
        (f"root:{PASSWORD}@h/d", "postgres://user:password@host"),
        (f"postgres:/root:{PASSWORD}@h/d", "postgres://user:password@host"),
        (f"postgres:root:{PASSWORD}@h/d", "postgres://user:password@host"),
        ("just words", "is not a Postgres URL"),
        (f"postgres://root:{PASSWORD}@/d", "does not contain a host"),
        (f"postgres://root:{PASSWORD}@h", "does not contain a database name"),
        (f"postgres://root:{PASSWORD}@h/", "does not contain a database name"),
        (f"postgres://root:{PASSWORD}@h:port/d", "no valid host"),
        (f"postgres://root:{PASSWORD}@h/d?sslmode=yes", "sslmode=yes"),
        (f'"postgres://root:{PASSWORD}@h/d"', "has quotes around it"),
    ],
)
def test_invalid_database_url_is_a_one_line_error(
    run_demijohn: RunDemijohn, url: str, expected: str
) -> None:
    result = run_demijohn(DATABASE_URL=url)
    assert result.status == 78
    line = result.message()
    assert line.startswith("DATABASE_URL ") and expected in line
    assert PASSWORD not in result.out + result.err


def test_all_invalid_settings_are_named_at_once(run_demijohn: RunDemijohn) -> None:
    result = run_demijohn(
        PORT="eighty",
        WEB_THREADS="0",
        API_PATHS="api",
        DATABASE_DRIVER="mysql",
        TRUSTED_PROXIES="everybody",
        DATABASE_URL=f"root:{PASSWORD}@h/d",
        PUBLIC_NAME="fine",
    )
    assert result.status == 78
    assert {line.split("=")[0].split(" ")[0] for line in result.messages()} == {
        "PORT",
        "WEB_THREADS",
        "API_PATHS",
        "DATABASE_DRIVER",
        "TRUSTED_PROXIES",
        "DATABASE_URL",
    }
    assert "PORT='eighty' must be a whole number from 1 to 65535." in result.messages()
    assert PASSWORD not in result.out + result.err


def test_secret_is_read_from_a_file(run_demijohn: RunDemijohn, tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text(f"postgres://root:{PASSWORD}@127.0.0.1:1/d\n")
    result = run_demijohn(DATABASE_URL=None, DATABASE_URL_FILE=str(file))
    assert result.status == 69
    assert "127.0.0.1:1" in result.message()


def test_secret_set_directly_and_as_a_file_is_an_error(
    run_demijohn: RunDemijohn, tmp_path: Path
) -> None:
    file = tmp_path / "url"
    file.write_text(f"postgres://root:{PASSWORD}@127.0.0.1:1/d\n")
    result = run_demijohn(DATABASE_URL_FILE=str(file))
    assert result.status == 78
    assert result.message() == "DATABASE_URL and DATABASE_URL_FILE are both set; unset one of them."


def test_secret_with_a_missing_file_is_an_error(run_demijohn: RunDemijohn) -> None:
    result = run_demijohn(SECRET_KEY=None, SECRET_KEY_FILE="/nowhere/key")
    assert result.status == 78
    assert "SECRET_KEY_FILE='/nowhere/key'" in result.message()


def test_dotenv_file_is_read_and_real_variables_win(
    run_demijohn: RunDemijohn, tmp_path: Path
) -> None:
    (make_root(tmp_path) / ".env").write_text(
        f"DATABASE_URL=postgres://root:{PASSWORD}@127.0.0.1:1/d\nWEB_THREADS=none\n"
    )
    result = run_demijohn(cwd=tmp_path, DEMIJOHN_DOTENV=None, DATABASE_URL=None)
    assert result.status == 78
    assert result.message() == "WEB_THREADS='none' must be a whole number from 1 to 64."
    result = run_demijohn(cwd=tmp_path, DEMIJOHN_DOTENV=None, DATABASE_URL=None, WEB_THREADS="2")
    assert result.status == 69
    assert "nothing answers at 127.0.0.1:1." in result.message()
    in_the_image = run_demijohn(
        cwd=tmp_path, DEMIJOHN_DOTENV="", DATABASE_URL=None, MIGRATION_COMMAND="flask db upgrade"
    )
    assert in_the_image.status == 78


def test_boot_with_a_missing_python_for_the_app_says_so(
    run_demijohn: RunDemijohn, database: str
) -> None:
    result = run_demijohn(DATABASE_URL=database, DEMIJOHN_PYTHON="/nowhere/bin/python")
    assert result.status == 78
    assert "DEMIJOHN_PYTHON='/nowhere/bin/python' is not a program" in result.message()
