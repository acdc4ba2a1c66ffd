"""The database's password and the secret key show nowhere, whatever goes wrong.

Every stack and every container of a test run is held to it (tests/support/secrecy.py). Here, all
that can speak is made to speak, at the most talkative log level.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, urlsplit

import psutil
import pytest

from local.postgres import Postgres
from tests.support import secrecy
from tests.support.stack import ROOT, Stack
from tests.tally.support.ailing import AILING

PASSWORD = "open/sesame@1001?nights"
SECRETS = [PASSWORD, secrecy.SECRET_KEY]

DEBUG = {"LOG_LEVEL": "debug", "DEMIJOHN_LOG_LEVEL": "debug"}  # of Tally, and of the image


@pytest.fixture
def url(postgres: Postgres, database: str) -> str:
    """The database, for a user whose password has every character that a URL could stumble over."""
    name = urlsplit(database).path[1:]
    with suppress(Exception):
        postgres.execute("CREATE ROLE teller LOGIN")
    postgres.execute(f"ALTER ROLE teller PASSWORD '{PASSWORD}'")
    postgres.execute("GRANT ALL ON SCHEMA public TO teller", name)
    return f"postgres://teller:{quote(PASSWORD, safe='')}@127.0.0.1:{postgres.port}/{name}"


@pytest.mark.parametrize("driver", ["psycopg2", "pg8000"])
def test_a_stack_keeps_its_secrets(launch: Callable[..., Stack], url: str, driver: str) -> None:
    tally = launch(**AILING, DATABASE_URL=url, DATABASE_DRIVER=driver, **DEBUG)
    tally.start().wait_until_ready()
    tally.get("/api/status")
    tally.get("/api/ill/break")  # a traceback, with what stands on its lines
    tally.get("/api/ill/query")  # an error of the database's
    # What the app says comes by way of supervisord, a moment after its answer.
    tally.wait_for(
        lambda: "Traceback" in tally.log and "no_such_table" in tally.log, "two errors in the log"
    )
    told = tally.log
    secrecy.assert_no_secret(SECRETS, told)
    secrecy.assert_no_secret(SECRETS, tally.get("/api/status")[2].decode())
    family = psutil.Process(tally.pid)
    for process in [family, *family.children(recursive=True)]:  # what `ps` shows to everybody
        with suppress(psutil.NoSuchProcess):
            secrecy.assert_no_secret(SECRETS, " ".join(process.cmdline()))


def demijohn(*words: str, **settings: str) -> str:
    """All that a command prints."""
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.defpath}",
        "SECRET_KEY": secrecy.SECRET_KEY,
        "DEMIJOHN_DOTENV": "",
        "DATABASE_WAIT": "0",
    } | DEBUG
    done = subprocess.run(
        [sys.executable, "-m", "demijohn", *words],
        cwd=ROOT,
        env=environment | settings,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("command", ["doctor", "release", "serve"])
@pytest.mark.parametrize(
    ("fault", "url"),
    [
        ("nobody there", "postgres://teller:{password}@127.0.0.1:1/tally"),
        ("no host", "postgres://teller:{password}@/tally?host=/nowhere"),
        ("no such name", "postgres://teller:{password}@nowhere.invalid/tally"),
        ("no such user", "postgres://stranger:{password}@127.0.0.1:{port}/tally"),
        ("wrong port", "postgres://teller:{password}@127.0.0.1:port/tally"),
        ("wrong scheme", "mysql://teller:{password}@127.0.0.1/tally"),
        ("wrong parameter", "postgres://teller:{password}@127.0.0.1:{port}/t?sslmode=perhaps"),
    ],
)
def test_an_error_keeps_the_secrets(postgres: Postgres, fault: str, url: str, command: str) -> None:
    for password in (PASSWORD, quote(PASSWORD, safe="")):
        given = url.format(password=password, port=postgres.port)
        secrecy.assert_no_secret(SECRETS, demijohn(command, DATABASE_URL=given))


def test_the_doctors_report_keeps_the_secrets(url: str) -> None:
    report = demijohn("doctor", DATABASE_URL=url)
    assert "version" in report and "127.0.0.1" in report
    secrecy.assert_no_secret(SECRETS, report)
