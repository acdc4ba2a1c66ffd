"""`demijohn doctor`: a report, and a remedy for each problem."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.postgres import Postgres, temporary
from tests.sqlite_import.helpers import open_cursor, query
from tests.support.finished_command import RunDemijohn
from tests.support.front_door import MIRROR
from tests.support.stack import Stack
from tests.support.standby import PRIMARY, standby_of


def problems(report: str) -> list[str]:
    return re.findall("^  ✗ (.*)$", report, re.MULTILINE)


def test_doctor_without_problems_lists_the_environment(
    run_demijohn: RunDemijohn, database: str
) -> None:
    result = run_demijohn("doctor", WEB_CONCURRENCY="2", DATABASE_POOL_SIZE="3", PUBLIC_ROOM="hall")
    assert (result.status, problems(result.out)) == (0, []), result.out
    for line in (
        r"WEB_CONCURRENCY +2  \(environment\)",
        r"DRAIN_SECONDS +5  \(default\)",
        r"DATABASE_URL +•••  \(environment\)",
        r"PUBLIC_ROOM +hall  \(public\)",
        r"Nginx +\d+\.\d+",
        r"version +\d+\.\d+",
        r"latency +\d+\.\d ms",
        r"connections +\d+ of \d+ in use",
        r"this instance takes +up to 6 of them",
        "no problems found",
    ):
        assert re.search(line, result.out), (line, result.out)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"NGINX_PROGRAM": "/no/nginx"}, "no nginx at '/no/nginx'. Install it, or name it with"),
        (
            {"DEMIJOHN_STATIC_DIR": "/nowhere"},
            "no index.html in /nowhere. Build the frontend, or set",
        ),
        (
            {"DEMIJOHN_RUN_DIR": "/nowhere/run"},
            "/nowhere cannot be written. Add --tmpfs /tmp, or set",
        ),
        ({"DATABASE_POOL_SIZE": "99", "WEB_CONCURRENCY": "9"}, "Lower DATABASE_POOL_SIZE or"),
        ({"DATABASE_STATEMENT_TIMEOUT": "30"}, "is not less than DEMIJOHN_REQUEST_TIMEOUT=30"),
        ({"DRAIN_SECOND": "9"}, "DRAIN_SECOND is not a setting. Did you mean DRAIN_SECONDS?"),
    ],
)
def test_doctor_names_each_problem_with_its_remedy(
    run_demijohn: RunDemijohn, settings: dict[str, str], problem: str
) -> None:
    result = run_demijohn("doctor", **settings)
    found = problems(result.out)
    assert (result.status, result.err) == (1, "")
    assert [line for line in found if problem in line], result.out
    many = "" if len(found) == 1 else "s"
    assert result.out.endswith(f"\n{len(found)} problem{many} found\n")


def test_doctor_reports_other_problems_if_the_database_is_away(
    run_demijohn: RunDemijohn, postgres: Postgres
) -> None:
    away = f"postgres://u:hunter22@127.0.0.1:{postgres.port}/nothing"
    result = run_demijohn("doctor", DATABASE_URL=away, DEMIJOHN_STATIC_DIR="/nowhere")
    assert result.status == 1
    static, database = problems(result.out)
    assert static.startswith("no index.html") and database.startswith(
        "cannot connect to the database: "
    )


def test_doctor_reports_a_read_only_database_with_its_remedy(
    run_demijohn: RunDemijohn, database: str
) -> None:
    name = urlsplit(database).path[1:]
    query(database, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    (problem,) = problems(run_demijohn("doctor").out)
    assert problem.startswith("the database is read-only: default_transaction_read_only is on")
    remedy = problem.partition("Turn it off where it was turned on: ")[2].partition("; or")[0]
    with open_cursor(database) as cursor:
        for statement in remedy.split("; "):
            cursor.execute(statement)
    assert not problems(run_demijohn("doctor").out)


def test_doctor_reports_a_standby(run_demijohn: RunDemijohn) -> None:
    with temporary(**PRIMARY) as primary, standby_of(primary) as standby:
        (problem,) = problems(run_demijohn("doctor", DATABASE_URL=standby.url("postgres")).out)
        assert problem == "the database is a read-only standby. Name the primary, or both hosts."


def test_doctor_with_invalid_settings_exits_78(run_demijohn: RunDemijohn, tmp_path: Path) -> None:
    result = run_demijohn("doctor", PORT="none", WEB_TREADS="9", DEMIJOHN_RUN_DIR=str(tmp_path))
    assert result.status == 78
    first, second = result.messages()
    assert first.startswith("PORT='none' ")
    assert second == "WEB_TREADS is not a setting. Did you mean WEB_THREADS?"


def test_doctor_and_the_log_agree_on_the_number_of_workers(
    run_demijohn: RunDemijohn, launch: Callable[..., Stack]
) -> None:
    """The app needs one worker, which shows only when it is imported."""
    running = launch(**MIRROR | {"APP_MODULE": "starts_thread:app"}).start().wait_until_ready()
    (threads,) = re.findall("ready: 1 of 1 workers, with (.*)", running.log)
    out = run_demijohn("doctor", DEMIJOHN_RUN_DIR=str(running.run_dir)).out
    assert re.search(f"Gunicorn +1 workers with {threads}$", out, re.MULTILINE)
