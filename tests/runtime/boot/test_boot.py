"""The boot: its log, and the command line."""

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from local.postgres import Postgres
from tests.support.finished_command import CommandResult, RunDemijohn
from tests.support.front_door import MIRROR, remaining_processes, send_request
from tests.support.stack import Stack

# The log


def test_log_has_one_line_per_boot_phase_with_its_duration(released: Stack) -> None:
    phases = re.findall(r"^(\w+) +([0-9]+) ms  (.+)$", released.log, re.MULTILINE)
    assert [name for name, _, _ in phases] == [
        "settings",
        "capacity",
        "nginx",
        "database",
        "release",
    ]
    messages = {name: text for name, _, text in phases}
    assert re.search(r"workers, 4 threads each", messages["capacity"])
    assert f"port {released.port}" in messages["nginx"]
    assert re.search(r"PostgreSQL \d+.* with (psycopg2|pg8000)", messages["database"])
    assert re.search(r"^gunicorn +ready: 1 of \d+ workers", released.log, re.MULTILINE)


def test_log_does_not_contain_the_password(released: Stack, postgres: Postgres) -> None:
    assert postgres.password not in released.log


def test_pool_larger_than_max_connections_is_warned_about(
    launch: Callable[..., Stack],
) -> None:
    running = launch(**MIRROR, DATABASE_POOL_SIZE="60", WEB_CONCURRENCY="2").start()
    running.wait_until_ready()
    assert re.search("warning: .* 120 connections, but the server allows [0-9]+", running.log)


def test_empty_database_without_migrations_is_pointed_out(
    run_demijohn: RunDemijohn, database: str, postgres: Postgres
) -> None:
    hint = "no migrations, and the database has no tables: unless the app creates them, run `fl"
    assert hint in run_demijohn("release").out
    postgres.execute("CREATE TABLE a ()", database.rpartition("/")[2])
    out = run_demijohn("release").out
    assert "no migrations" in out and hint not in out


# The command line


def test_unknown_command_runs_as_a_program(run_demijohn: RunDemijohn) -> None:
    result = run_demijohn("echo hello")
    assert (result.status, result.out, result.err) == (0, "hello\n", "")
    assert run_demijohn("sh -c false").status == 1


def test_unknown_command_without_a_program_is_a_usage_error(run_demijohn: RunDemijohn) -> None:
    result = run_demijohn("no-such-program")
    assert result.status == 64
    assert "'no-such-program' is neither a demijohn command nor a program" in result.message()


@pytest.mark.parametrize("command", ["serve", "release", "healthcheck"])
def test_command_with_arguments_is_a_usage_error(run_demijohn: RunDemijohn, command: str) -> None:
    result = run_demijohn(f"{command} --now")
    assert result.status == 64
    assert f"{command} takes no arguments" in result.message()


def test_help_lists_every_command(run_demijohn: RunDemijohn) -> None:
    result = run_demijohn("--help")
    assert (result.status, result.err) == (0, "")
    for command in ("serve", "release", "doctor", "smoke", "healthcheck"):
        assert f"demijohn {command}" in result.out


def test_healthcheck_exit_status_follows_livez(run_demijohn: RunDemijohn, released: Stack) -> None:
    assert run_demijohn("healthcheck", PORT=str(released.port)) == CommandResult(0, "", "")
    result = run_demijohn("healthcheck")
    assert result.status == 1
    assert "/livez does not answer" in result.message()
    assert run_demijohn("healthcheck", PORT="eighty").status != 0
    run_demijohn("healthcheck", PORT="eighty").message()


def read_environment(pid: int) -> dict[str, str]:
    """The environment with which the process was started."""
    block = Path(f"/proc/{pid}/environ").read_bytes().decode()
    return dict(pair.split("=", 1) for pair in block.split("\0") if pair)


def test_app_environment_has_what_the_boot_detected(launch: Callable[..., Stack]) -> None:
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
    assert send_request(running).status == 200
    environment = read_environment(running.child("gunicorn"))
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
        assert environment[name] == value
    assert environment["DATABASE_URL"].startswith("postgresql://")
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", environment["DEMIJOHN_STARTED_AT"]
    )
    assert not [name for name in environment if name.startswith("PG")]
    assert "s3cr3t-k3y" not in running.log


def test_app_environment_has_no_unprefixed_name_that_is_unset(launch: Callable[..., Stack]) -> None:
    """The app may read LOG_LEVEL or REGION itself, and must not find our default there."""
    running = launch(**MIRROR).start().wait_until_ready()
    ours = {"DATABASE_URL", "SQLALCHEMY_DATABASE_URI"}
    # Set by supervisord for each program.
    supervisor = {"SUPERVISOR_ENABLED", "SUPERVISOR_GROUP_NAME", "SUPERVISOR_PROCESS_NAME"}
    new = read_environment(running.child("gunicorn")).keys()
    new = new - read_environment(running.pid).keys() - ours - supervisor
    assert {name for name in new if not name.startswith("DEMIJOHN_")} == set()


def test_app_environment_keeps_the_values_that_were_set(launch: Callable[..., Stack]) -> None:
    """Even values that our settings would refuse: none of these names is one of our settings."""
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
    environment = read_environment(running.child("gunicorn"))
    assert {name: environment[name] for name in given} == given
    assert "left to the app: " in running.log


def test_gunicorn_cmd_args_are_applied_except_conflicting_ones(
    launch: Callable[..., Stack],
) -> None:
    args = "--bind=0.0.0.0:10000 --workers 1 --threads=3 --timeout 17 --max-requests 1000"
    running = launch(**MIRROR, GUNICORN_CMD_ARGS=args).start().wait_until_ready()
    assert send_request(running).status == 200
    environment = read_environment(running.child("gunicorn"))
    assert environment["GUNICORN_CMD_ARGS"] == "--max-requests=1000"
    assert environment["DEMIJOHN_REQUEST_TIMEOUT"] == "17"
    assert "1 workers, 3 threads each" in running.log
    assert "GUNICORN_CMD_ARGS: ignoring --bind" in running.log


def test_serve_exits_0_on_sigterm(launch: Callable[..., Stack]) -> None:
    running = launch(**MIRROR).start().wait_until_ready()
    running.signal(signal.SIGTERM)
    assert running.wait() == 0
    assert not remaining_processes(running)
