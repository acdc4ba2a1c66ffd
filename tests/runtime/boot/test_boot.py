"""The boot: what it says on the way, and the command itself."""

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from local.postgres import Postgres
from tests.support.finished_command import Boot, Ended
from tests.support.front_door import MIRROR, ask, lingering
from tests.support.stack import Stack

# What it says on the way


def test_each_phase_is_a_line_with_its_time(stack: Stack) -> None:
    phases = re.findall(r"^(\w+) +([0-9]+) ms  (.+)$", stack.log, re.MULTILINE)
    assert [name for name, _, _ in phases] == [
        "settings",
        "capacity",
        "nginx",
        "database",
        "release",
    ]
    said = {name: text for name, _, text in phases}
    assert re.search(r"workers, 4 threads each", said["capacity"])
    assert f"port {stack.port}" in said["nginx"]
    assert re.search(r"PostgreSQL \d+.* with (psycopg2|pg8000)", said["database"])
    assert re.search(r"^gunicorn +ready: \d+ workers", stack.log, re.MULTILINE)


def test_no_password_is_in_the_log(stack: Stack, postgres: Postgres) -> None:
    assert postgres.password not in stack.log


def test_more_connections_than_the_server_has_are_warned_of(
    launch: Callable[..., Stack],
) -> None:
    running = launch(**MIRROR, DATABASE_POOL_SIZE="60", WEB_CONCURRENCY="2").start()
    running.wait_until_ready()
    assert re.search("warning: .* 120 connections, the server has [0-9]+", running.log)


# The command


def test_a_word_that_is_no_command_is_a_program(boot: Boot) -> None:
    ended = boot("echo hello")
    assert (ended.status, ended.out, ended.err) == (0, "hello\n", "")
    assert boot("sh -c false").status == 1


def test_a_word_that_is_neither_is_a_mistake(boot: Boot) -> None:
    ended = boot("no-such-program")
    assert ended.status == 64
    assert "'no-such-program' is neither a command of demijohn nor a program" in ended.line()


@pytest.mark.parametrize("command", ["serve", "release", "healthcheck"])
def test_a_command_takes_no_arguments(boot: Boot, command: str) -> None:
    ended = boot(f"{command} --now")
    assert ended.status == 64
    assert f"{command} takes no arguments" in ended.line()


def test_help_names_every_command(boot: Boot) -> None:
    ended = boot("--help")
    assert (ended.status, ended.err) == (0, "")
    for command in ("serve", "release", "doctor", "smoke", "healthcheck"):
        assert f"demijohn {command}" in ended.out


def test_the_healthcheck_says_whether_it_answers(boot: Boot, stack: Stack) -> None:
    assert boot("healthcheck", PORT=str(stack.port)) == Ended(0, "", "")
    ended = boot("healthcheck")
    assert ended.status == 1
    assert "/livez does not answer" in ended.line()
    assert boot("healthcheck", PORT="eighty").status != 0
    boot("healthcheck", PORT="eighty").line()


def environment_of(pid: int) -> dict[str, str]:
    """The environment with which a process was started."""
    block = Path(f"/proc/{pid}/environ").read_bytes().decode()
    return dict(pair.split("=", 1) for pair in block.split("\0") if pair)


def test_app_finds_what_the_boot_found(launch: Callable[..., Stack]) -> None:
    running = launch(
        **MIRROR,
        FLY_APP_NAME="tally",
        FLY_REGION="ams",
        FLY_MACHINE_ID="148e",
        FLY_IMAGE_REF="registry/tally:1",
        SECRET_KEY="s3cr3t-k3y",
        DATABASE_DRIVER="pg8000",
        PUBLIC_X="x",
    ).start()
    running.wait_until_ready()
    assert ask(running).status == 200
    known = environment_of(running.child("gunicorn"))
    for name, value in {
        "DEMIJOHN_REGION": "ams",
        "DEMIJOHN_INSTANCE": "148e",
        "DEMIJOHN_RELEASE": "registry/tally:1",
        "SECRET_KEY": "s3cr3t-k3y",
        "DATABASE_DRIVER": "pg8000",
        "DEMIJOHN_DATABASE_POOL_SIZE": "4",
        "DEMIJOHN_DATABASE_STATEMENT_TIMEOUT": "3",
        "DEMIJOHN_DATABASE_CONNECT_TIMEOUT": "3",
        "DEMIJOHN_LOG_LEVEL": "info",
        "PUBLIC_X": "x",
    }.items():
        assert known[name] == value
    assert known["DATABASE_URL"].startswith("postgresql://")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", known["DEMIJOHN_STARTED_AT"])
    assert not [name for name in known if name.startswith("PG")]
    assert "s3cr3t-k3y" not in running.log


def test_app_finds_no_plain_name_that_is_not_set(launch: Callable[..., Stack]) -> None:
    """It may read LOG_LEVEL or REGION itself, and take what it finds for its owner's word."""
    running = launch(**MIRROR).start().wait_until_ready()
    ours = {"DATABASE_URL", "SQLALCHEMY_DATABASE_URI"}
    # What supervisord tells each program of itself.
    supervisor = {"SUPERVISOR_ENABLED", "SUPERVISOR_GROUP_NAME", "SUPERVISOR_PROCESS_NAME"}
    new = environment_of(running.child("gunicorn")).keys()
    new = new - environment_of(running.pid).keys() - ours - supervisor
    assert {name for name in new if not name.startswith("DEMIJOHN_")} == set()


def test_app_keeps_the_values_that_it_was_given(launch: Callable[..., Stack]) -> None:
    """What we would refuse, too: none of these names is ours."""
    given = {
        "LOG_LEVEL": "NOTSET",
        "RATE_LIMIT": "100 per minute",
        "MAX_BODY_SIZE": "16 MB",
        "REQUEST_TIMEOUT": "2.5",
        "STATIC_DIR": "/nowhere",
        "RELEASE_COMMAND": "1",
        "DEMIJOHN_PORT_80_TCP": "tcp://10.0.0.11:80",
    }
    running = launch(**MIRROR, **given).start().wait_until_ready()
    known = environment_of(running.child("gunicorn"))
    assert {name: known[name] for name in given} == given
    assert "left to the app: " in running.log


def test_gunicorn_cmd_args_that_fit_count_and_others_do_not(launch: Callable[..., Stack]) -> None:
    args = "--bind=0.0.0.0:10000 --workers 1 --threads=3 --timeout 17 --max-requests 1000"
    running = launch(**MIRROR, GUNICORN_CMD_ARGS=args).start().wait_until_ready()
    assert ask(running).status == 200
    known = environment_of(running.child("gunicorn"))
    assert known["GUNICORN_CMD_ARGS"] == "--max-requests=1000"
    assert known["DEMIJOHN_REQUEST_TIMEOUT"] == "17"
    assert "1 workers, 3 threads each" in running.log
    assert "GUNICORN_CMD_ARGS: ignoring --bind" in running.log


def test_it_ends_by_signal_with_0(launch: Callable[..., Stack]) -> None:
    running = launch(**MIRROR).start().wait_until_ready()
    running.signal(signal.SIGTERM)
    assert running.wait() == 0
    assert not lingering(running)
