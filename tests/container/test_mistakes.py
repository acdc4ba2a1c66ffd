"""A mistake ends the container with the right status and one line on what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.docker_engine import HARDENED, Container, Postgres

Launch = Callable[..., Container]


def only_complaint(site: Container) -> str:
    """The one line that stands on stderr."""
    (line,) = site.complaints()
    assert site.stderr == f"demijohn: {line}\n"
    return line


def test_no_database_url(launch: Launch) -> None:
    site = launch(DATABASE_URL=None)
    assert site.wait() == 78
    assert only_complaint(site).startswith("DATABASE_URL is not set. Set it to your Postgres: ")


def test_two_mistakes_are_told_at_once(launch: Launch) -> None:
    site = launch(PORT="eighty", WEB_THREADS="0")
    assert site.wait() == 78
    port, threads = site.complaints()
    assert port == "PORT='eighty' must be a whole number from 1 to 65535."
    assert threads == "WEB_THREADS='0' must be a whole number from 1 to 64."
    assert len(site.stderr.splitlines()) == 2


def test_wrong_password(launch: Launch, postgres: Postgres, database: str) -> None:
    wrong = "not-the-right-one"
    site = launch(DATABASE_URL=postgres.url(database, password=wrong))
    assert site.wait() == 69
    assert only_complaint(site).startswith('database away: password refused for user "postgres"')
    assert wrong not in site.stdout + site.stderr


def test_no_such_database(launch: Launch, postgres: Postgres) -> None:
    site = launch(DATABASE_URL=postgres.url("nowhere"))
    assert site.wait() == 69
    assert only_complaint(site).startswith('database away: no database "nowhere"')


@pytest.mark.parametrize(
    ("host", "complaint"),
    [
        ("nowhere.invalid", "no address is known for nowhere.invalid"),
        ("127.0.0.1", "nothing answers at 127.0.0.1"),
    ],
)
def test_wrong_host(host: str, complaint: str, launch: Launch, postgres: Postgres) -> None:
    site = launch(DATABASE_URL=postgres.url("tally", host=host), DATABASE_WAIT="2")
    assert site.wait() == 69
    assert complaint in only_complaint(site)
    assert "Trying for 2 s more" in site.stdout


def test_an_app_that_is_not_there(launch: Launch) -> None:
    site = launch(APP_MODULE="nope:app")
    assert site.wait() == 78
    assert site.complaints()[-1].startswith(
        "APP_MODULE='nope:app': there is no module nope in /app"
    )
    assert site.stderr.splitlines()[-1].startswith("demijohn: APP_MODULE")


def test_a_program_that_always_ends(launch: Launch, tmp_path: Path) -> None:
    conf = tmp_path / "broken.conf"
    conf.write_text(
        "[program:broken]\n"
        "command=sh -c 'echo the disk is made of cheese >&2; exit 1'\n"
        "autorestart=true\n"
        "startsecs=0\n"
        "stdout_logfile=NONE\n"
        "stderr_logfile=NONE\n"
        "stderr_events_enabled=true\n"
    )
    conf.chmod(0o644)
    mounted = ("--volume", f"{conf}:/app/programs.d/broken.conf:ro")
    site = launch(options=(*HARDENED, *mounted))
    assert site.wait() == 70
    last = site.stderr.splitlines()[-1]
    assert last.startswith("demijohn: broken ended 3 times within 60 s")
    assert last.endswith("Its last words: the disk is made of cheese")


def test_a_release_that_fails(launch: Launch) -> None:
    site = launch(MIGRATION_COMMAND="sh -c 'echo no such column >&2; exit 3'")
    assert site.wait() == 70
    assert site.stderr.splitlines()[0] == "no such column"
    assert "ended with 3" in site.complaints()[-1]


def test_nowhere_to_write(launch: Launch) -> None:
    site = launch(options=["--read-only"])
    assert site.wait() == 73
    assert "--tmpfs /tmp" in only_complaint(site)


def test_a_word_that_is_nothing(launch: Launch) -> None:
    site = launch("sevre")
    assert site.wait() == 64
    assert "'sevre' is neither a command of demijohn nor a program" in only_complaint(site)
