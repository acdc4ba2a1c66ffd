"""The database's password and the secret key are never shown, not even by errors.

The logs of every stack and container of a test run are checked for it (tests/support/secrecy.py).
These tests provoke as much output as possible, at the debug log level.
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
from tests.tally.support.faulty_app_settings import FAULTY_APP

PASSWORD = "open/sesame@1001?nights"
SECRETS = [PASSWORD, secrecy.SECRET_KEY]

DEBUG = {"LOG_LEVEL": "debug", "DEMIJOHN_LOG_LEVEL": "debug"}  # of Tally, and of the image


@pytest.fixture
def url(postgres: Postgres, database: str) -> str:
    """The URL of the database for a user whose password has all characters that need escaping."""
    name = urlsplit(database).path[1:]
    with suppress(Exception):
        postgres.execute("CREATE ROLE teller LOGIN")
    postgres.execute(f"ALTER ROLE teller PASSWORD '{PASSWORD}'")
    postgres.execute("GRANT ALL ON SCHEMA public TO teller", name)
    return f"postgres://teller:{quote(PASSWORD, safe='')}@127.0.0.1:{postgres.port}/{name}"


@pytest.mark.parametrize("driver", ["psycopg2", "pg8000"])
def test_log_status_and_processes_do_not_show_secrets(
    launch: Callable[..., Stack], url: str, driver: str
) -> None:
    tally = launch(**FAULTY_APP, DATABASE_URL=url, DATABASE_DRIVER=driver, **DEBUG)
    tally.start().wait_until_ready()
    tally.get("/api/status")
    tally.get("/api/fault/break")  # a traceback with source lines
    tally.get("/api/fault/query")  # an error of the database
    # The app's output reaches the log through supervisord, a moment after the response.
    tally.wait_for(
        lambda: "Traceback" in tally.log and "no_such_table" in tally.log, "two errors in the log"
    )
    log = tally.log
    secrecy.assert_no_secret(SECRETS, log)
    secrecy.assert_no_secret(SECRETS, tally.get("/api/status")[2].decode())
    main = psutil.Process(tally.pid)
    for process in [main, *main.children(recursive=True)]:  # visible to every user with `ps`
        with suppress(psutil.NoSuchProcess):
            secrecy.assert_no_secret(SECRETS, " ".join(process.cmdline()))


def demijohn(*words: str, **settings: str) -> str:
    """Run a command; return everything that it prints."""
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
        ("closed port", "postgres://teller:{password}@127.0.0.1:1/tally"),
        ("no host", "postgres://teller:{password}@/tally?host=/nowhere"),
        ("no such name", "postgres://teller:{password}@nowhere.invalid/tally"),
        ("no such user", "postgres://stranger:{password}@127.0.0.1:{port}/tally"),
        ("wrong port", "postgres://teller:{password}@127.0.0.1:port/tally"),
        ("wrong scheme", "mysql://teller:{password}@127.0.0.1/tally"),
        ("wrong parameter", "postgres://teller:{password}@127.0.0.1:{port}/t?sslmode=perhaps"),
    ],
)
def test_connection_errors_do_not_show_secrets(
    postgres: Postgres, fault: str, url: str, command: str
) -> None:
    for password in (PASSWORD, quote(PASSWORD, safe="")):
        formatted = url.format(password=password, port=postgres.port)
        secrecy.assert_no_secret(SECRETS, demijohn(command, DATABASE_URL=formatted))


def test_doctor_report_does_not_show_secrets(url: str) -> None:
    report = demijohn("doctor", DATABASE_URL=url)
    assert "version" in report and "127.0.0.1" in report
    secrecy.assert_no_secret(SECRETS, report)
