"""The boot with settings that cannot be meant."""

from pathlib import Path

import pytest

from tests.support.finished_command import PASSWORD, Boot
from tests.support.front_door import root


def test_without_a_database_it_says_what_to_set(boot: Boot) -> None:
    ended = boot(DATABASE_URL=None)
    assert ended.status == 78
    assert ended.line() == (
        "DATABASE_URL is not set. "
        "Set it to your Postgres: postgres://user:password@host:5432/database."
    )
    assert ended.out == ""


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite:///app.db", "SQLite file"),
        (f"mysql://root:{PASSWORD}@h/d", "another kind (mysql)"),
        (f"root:{PASSWORD}@h/d", "postgres://user:password@host"),
        (f"postgres:/root:{PASSWORD}@h/d", "postgres://user:password@host"),
        (f"postgres:root:{PASSWORD}@h/d", "postgres://user:password@host"),
        ("just words", "is no URL"),
        (f"postgres://root:{PASSWORD}@/d", "names no host"),
        (f"postgres://root:{PASSWORD}@h", "names no database"),
        (f"postgres://root:{PASSWORD}@h/", "names no database"),
        (f"postgres://root:{PASSWORD}@h:port/d", "no host that can be read"),
        (f"postgres://root:{PASSWORD}@h/d?sslmode=yes", "sslmode=yes"),
        (f'"postgres://root:{PASSWORD}@h/d"', "has quotes around it"),
    ],
)
def test_a_database_that_cannot_be_read_is_one_line(boot: Boot, url: str, says: str) -> None:
    ended = boot(DATABASE_URL=url)
    assert ended.status == 78
    line = ended.line()
    assert line.startswith("DATABASE_URL ") and says in line
    assert PASSWORD not in ended.out + ended.err


def test_all_mistakes_are_named_at_once(boot: Boot) -> None:
    ended = boot(
        PORT="eighty",
        WEB_THREADS="0",
        API_PATHS="api",
        DATABASE_DRIVER="mysql",
        TRUSTED_PROXIES="everybody",
        DATABASE_URL=f"mysql://root:{PASSWORD}@h/d",
        PUBLIC_NAME="fine",
    )
    assert ended.status == 78
    assert {line.split("=")[0].split(" ")[0] for line in ended.lines()} == {
        "PORT",
        "WEB_THREADS",
        "API_PATHS",
        "DATABASE_DRIVER",
        "TRUSTED_PROXIES",
        "DATABASE_URL",
    }
    assert "PORT='eighty' must be a whole number from 1 to 65535." in ended.lines()
    assert PASSWORD not in ended.out + ended.err


def test_a_secret_may_come_from_a_file(boot: Boot, tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text(f"postgres://root:{PASSWORD}@127.0.0.1:1/d\n")
    ended = boot(DATABASE_URL=None, DATABASE_URL_FILE=str(file))
    assert ended.status == 69
    assert "127.0.0.1:1" in ended.line()


def test_a_secret_that_is_given_twice_is_a_mistake(boot: Boot, tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text(f"postgres://root:{PASSWORD}@127.0.0.1:1/d\n")
    ended = boot(DATABASE_URL_FILE=str(file))
    assert ended.status == 78
    assert ended.line() == "DATABASE_URL and DATABASE_URL_FILE are both set; unset one of them."


def test_a_secret_whose_file_is_missing_is_a_mistake(boot: Boot) -> None:
    ended = boot(SECRET_KEY=None, SECRET_KEY_FILE="/nowhere/key")
    assert ended.status == 78
    assert "SECRET_KEY_FILE='/nowhere/key'" in ended.line()


def test_a_laptops_file_is_read_and_real_variables_win(boot: Boot, tmp_path: Path) -> None:
    (root(tmp_path) / ".env").write_text(
        f"DATABASE_URL=postgres://root:{PASSWORD}@127.0.0.1:1/d\nWEB_THREADS=none\n"
    )
    ended = boot(cwd=tmp_path, DEMIJOHN_DOTENV=None, DATABASE_URL=None)
    assert ended.status == 78
    assert ended.line() == "WEB_THREADS='none' must be a whole number from 1 to 64."
    ended = boot(cwd=tmp_path, DEMIJOHN_DOTENV=None, DATABASE_URL=None, WEB_THREADS="2")
    assert ended.status == 69
    assert "nothing answers at 127.0.0.1:1." in ended.line()
    in_the_image = boot(cwd=tmp_path, DEMIJOHN_DOTENV="", DATABASE_URL=None, WEB_THREADS="2")
    assert in_the_image.status == 78
