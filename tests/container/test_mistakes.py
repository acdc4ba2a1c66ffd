"""A mistake ends the container with the right status and a one-line remedy."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.docker_engine import HARDENED, Container, Postgres

Launch = Callable[..., Container]


def only_error(site: Container) -> str:
    """The only line on stderr."""
    (line,) = site.error_messages()
    assert site.stderr == f"demijohn: {line}\n"
    return line


def test_missing_database_url_is_named(launch: Launch) -> None:
    site = launch(DATABASE_URL=None)
    assert site.wait() == 78
    assert only_error(site).startswith("DATABASE_URL is not set. Set it to your Postgres: ")


def test_two_invalid_settings_are_named_at_once(launch: Launch) -> None:
    site = launch(PORT="eighty", WEB_THREADS="0")
    assert site.wait() == 78
    port, threads = site.error_messages()
    assert port == "PORT='eighty' must be a whole number from 1 to 65535."
    assert threads == "WEB_THREADS='0' must be a whole number from 1 to 64."
    assert len(site.stderr.splitlines()) == 2


def test_wrong_password_exits_69(launch: Launch, postgres: Postgres, database: str) -> None:
    wrong = "not-the-right-one"
    site = launch(DATABASE_URL=postgres.url(database, password=wrong))
    assert site.wait() == 69
    assert only_error(site).startswith(
        'cannot connect to the database: password refused for user "postgres"'
    )
    assert wrong not in site.log


def test_unknown_database_exits_69(launch: Launch, postgres: Postgres) -> None:
    site = launch(DATABASE_URL=postgres.url("nowhere"))
    assert site.wait() == 69
    assert only_error(site).startswith('cannot connect to the database: no database "nowhere"')


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("nowhere.invalid", "the name nowhere.invalid does not resolve"),
        ("127.0.0.1", "nothing answers at 127.0.0.1"),
    ],
)
def test_unreachable_host_exits_69_after_database_wait(
    host: str, expected: str, launch: Launch, postgres: Postgres
) -> None:
    site = launch(DATABASE_URL=postgres.url("tally", host=host), DATABASE_WAIT="2")
    assert site.wait() == 69
    assert expected in only_error(site)
    assert "Trying for 2 s more" in site.stdout


def test_missing_app_module_exits_78(launch: Launch) -> None:
    site = launch(APP_MODULE="nope:app")
    assert site.wait() == 78
    assert site.error_messages()[-1].startswith(
        "APP_MODULE='nope:app': the module nope does not exist in /mirror"
    )
    assert site.stderr.splitlines()[-1].startswith("demijohn: APP_MODULE")


def test_program_that_keeps_failing_stops_the_container(launch: Launch, tmp_path: Path) -> None:
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
    last_line = site.stderr.splitlines()[-1]
    assert last_line.startswith("demijohn: broken failed 3 times in 60 s")
    assert last_line.endswith("Last output: the disk is made of cheese")


def test_failed_release_exits_70_with_its_output(launch: Launch) -> None:
    site = launch(MIGRATION_COMMAND="sh -c 'echo no such column >&2; exit 3'")
    assert site.wait() == 70
    assert site.stderr.splitlines()[0] == "no such column"
    assert "exited with 3" in site.error_messages()[-1]


def test_read_only_container_without_tmpfs_exits_73(launch: Launch) -> None:
    site = launch(options=["--read-only"])
    assert site.wait() == 73
    assert "--tmpfs /tmp" in only_error(site)


def test_unknown_command_exits_64(launch: Launch) -> None:
    site = launch("sevre")
    assert site.wait() == 64
    assert "'sevre' is neither a demijohn command nor a program" in only_error(site)
