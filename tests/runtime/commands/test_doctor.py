"""`demijohn doctor`: a report, and for each problem a remedy."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.postgres import Postgres, temporary
from tests.sqlite_import.helpers import ask, connected
from tests.support.finished_command import Boot
from tests.support.standby import PRIMARY, standby_of


def problems(report: str) -> list[str]:
    return re.findall("^  ✗ (.*)$", report, re.MULTILINE)


def test_where_all_is_well_it_says_what_there_is(boot: Boot, database: str) -> None:
    ended = boot("doctor", WEB_CONCURRENCY="2", DATABASE_POOL_SIZE="3", PUBLIC_ROOM="hall")
    assert (ended.status, problems(ended.out)) == (0, []), ended.out
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
        assert re.search(line, ended.out), (line, ended.out)


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
def test_each_problem_has_its_remedy(boot: Boot, settings: dict[str, str], problem: str) -> None:
    ended = boot("doctor", **settings)
    found = problems(ended.out)
    assert (ended.status, ended.err) == (1, "")
    assert [line for line in found if problem in line], ended.out
    many = "" if len(found) == 1 else "s"
    assert ended.out.endswith(f"\n{len(found)} problem{many} found\n")


def test_all_is_said_also_where_the_database_is_away(boot: Boot, postgres: Postgres) -> None:
    away = f"postgres://u:hunter22@127.0.0.1:{postgres.port}/nothing"
    ended = boot("doctor", DATABASE_URL=away, DEMIJOHN_STATIC_DIR="/nowhere")
    assert ended.status == 1
    static, database = problems(ended.out)
    assert static.startswith("no index.html") and database.startswith("database away: ")


def test_a_database_that_takes_no_writing_is_told(boot: Boot, database: str) -> None:
    name = urlsplit(database).path[1:]
    ask(database, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    (told,) = problems(boot("doctor").out)
    assert told.startswith("it takes no writing: default_transaction_read_only is on")
    way = told.partition("Turn it off where it was turned on: ")[2].partition("; or")[0]
    with connected(database) as cursor:
        for statement in way.split("; "):
            cursor.execute(statement)
    assert not problems(boot("doctor").out)


def test_a_standby_is_told_as_one(boot: Boot) -> None:
    with temporary(**PRIMARY) as primary, standby_of(primary) as standby:
        (told,) = problems(boot("doctor", DATABASE_URL=standby.url("postgres")).out)
        assert told == "it is a read-only standby. Name the primary, or both hosts."


def test_what_cannot_be_understood_ends_it(boot: Boot, tmp_path: Path) -> None:
    ended = boot("doctor", PORT="none", WEB_TREADS="9", DEMIJOHN_RUN_DIR=str(tmp_path))
    assert ended.status == 78
    first, second = ended.lines()
    assert first.startswith("PORT='none' ")
    assert second == "WEB_TREADS is not a setting. Did you mean WEB_THREADS?"
