"""The boot without the database, or with another than it needs."""

import os
import re
import socket
from collections.abc import Callable
from urllib.parse import quote, urlsplit

import pytest

from local.postgres import Postgres, temporary
from tests.support.finished_command import PASSWORD, Boot
from tests.support.front_door import MIRROR
from tests.support.stack import Stack


def with_password(url: str, password: str) -> str:
    return url.replace(f":{urlsplit(url).password}@", f":{quote(password, safe='')}@")


def test_a_wrong_password_ends_the_boot_at_once(boot: Boot, database: str) -> None:
    ended = boot(DATABASE_URL=with_password(database, PASSWORD), DATABASE_WAIT="600")
    assert ended.status == 69
    assert 'password refused for user "postgres"' in ended.line()
    assert PASSWORD not in ended.out + ended.err


def test_a_user_that_does_not_exist_ends_the_boot_at_once(boot: Boot, database: str) -> None:
    url = database.replace("//postgres:", "//nobody-here:")
    ended = boot(DATABASE_URL=url, DATABASE_WAIT="600")
    assert ended.status == 69
    assert '"nobody-here"' in ended.line()


def test_a_database_that_does_not_exist_ends_the_boot_at_once(boot: Boot, database: str) -> None:
    ended = boot(DATABASE_URL=database.rpartition("/")[0] + "/nothing", DATABASE_WAIT="600")
    assert ended.status == 69
    assert re.search('no database "nothing" at 127.0.0.1:[0-9]+/nothing. Create it', ended.line())


def test_a_server_without_tls_ends_the_boot_at_once_where_tls_is_required(
    boot: Boot, database: str
) -> None:
    ended = boot(DATABASE_URL=database + "?sslmode=require", DATABASE_WAIT="600")
    assert ended.status == 69
    assert re.search("TLS is required, but .* offers none. Use sslmode=prefer", ended.line())


@pytest.mark.parametrize("wait", ["0", "1"])
def test_a_port_where_nothing_answers_is_waited_for_and_then_named(
    boot: Boot, free_port: Callable[[], int], wait: str
) -> None:
    port = free_port()
    ended = boot(DATABASE_URL=f"postgres://u:{PASSWORD}@127.0.0.1:{port}/d", DATABASE_WAIT=wait)
    assert ended.status == 69
    assert f"nothing answers at 127.0.0.1:{port}" in ended.line()
    assert ("Trying for 1 s more" in ended.out) == (wait == "1")
    assert PASSWORD not in ended.out + ended.err


def test_a_host_that_does_not_exist_is_named(boot: Boot) -> None:
    url = f"postgres://u:{PASSWORD}@no-such-host.invalid/d"
    ended = boot(DATABASE_URL=url, DATABASE_WAIT="1")
    assert ended.status == 69
    assert "no-such-host.invalid" in ended.line()
    assert PASSWORD not in ended.out + ended.err


def test_a_server_that_speaks_another_protocol_is_named(boot: Boot) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]  # takes connections, and never says a word
        url = f"postgres://u:{PASSWORD}@127.0.0.1:{port}/d"
        ended = boot(DATABASE_URL=url, DATABASE_CONNECT_TIMEOUT="2")
    assert ended.status == 69
    assert f"127.0.0.1:{port} does not answer" in ended.line()


def test_a_parameter_that_libpq_refuses_is_named(boot: Boot, database: str) -> None:
    ended = boot(DATABASE_URL=database + "?channel_binding=often", DATABASE_WAIT="600")
    assert ended.status == 69
    assert "channel_binding" in ended.line()


def test_what_libpq_does_not_know_is_ignored_and_said_so(boot: Boot, database: str) -> None:
    ended = boot(DATABASE_URL=database + "?pgbouncer=true&schema=public", APP_MODULE="nothing")
    assert "ignoring what libpq does not know in DATABASE_URL: pgbouncer, schema" in ended.out


def test_a_database_that_comes_up_late_is_waited_for(
    launch: Callable[..., Stack], free_port: Callable[[], int]
) -> None:
    with temporary() as late:
        late.stop()
        running = launch(**MIRROR, DATABASE_URL=late.url()).start()
        running.wait_for(lambda: "Trying for" in running.log, "word on the wait")
        late.start()
        running.wait_until_ready()
    told = [line for line in running.log.splitlines() if "Trying for" in line]
    assert len(told) < 5  # once for each different reason, not once for each try


@pytest.mark.parametrize("password", ["a@b/c?d#e", "100%", "50%25%", "p:q&r=s t", "ünï"])
def test_a_password_of_any_letters_reaches_the_app(
    launch: Callable[..., Stack], postgres: Postgres, database: str, password: str
) -> None:
    user = f"u{os.getpid()}"
    postgres.execute(f"DROP ROLE IF EXISTS {user}")
    postgres.execute(f"CREATE ROLE {user} LOGIN PASSWORD '{password}'")
    url = with_password(database, password).replace("//postgres:", f"//{user}:")
    running = launch(**MIRROR, DATABASE_URL=url).start().wait_until_ready()
    assert quote(password, safe="") not in running.log and password not in running.log


def test_the_database_may_be_named_in_parts(launch: Callable[..., Stack], database: str) -> None:
    parts = urlsplit(database)
    assert parts.hostname and parts.port and parts.username and parts.password
    launch(
        **MIRROR,
        DATABASE_URL="",
        PGHOST=parts.hostname,
        PGPORT=str(parts.port),
        PGUSER=parts.username,
        PGPASSWORD=parts.password,
        PGDATABASE=parts.path[1:],
    ).start().wait_until_ready()


def test_what_the_boot_connects_with_is_what_the_app_connects_with(
    launch: Callable[..., Stack], boot: Boot, database: str
) -> None:
    """A URL without a password, and PGPASSWORD beside it: either both can connect, or neither."""
    password = urlsplit(database).password
    url = database.replace(f":{password}@", "@")
    running = launch(**MIRROR, DATABASE_URL=url, PGPASSWORD=str(password), DATABASE_WAIT="0")
    running.start()
    try:
        running.wait_for(lambda: running.get("/livez")[0] == 200, "boot")
    except AssertionError as ended:
        assert "ended with 69" in str(ended)
        return
    assert running.get("/healthz/database")[0] == 200
