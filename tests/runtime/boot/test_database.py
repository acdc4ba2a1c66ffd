"""The boot without a database, or with a wrong one."""

import re
import socket
from collections.abc import Callable
from urllib.parse import quote, urlsplit

import pytest

from local.postgres import Postgres, temporary
from tests.support.finished_command import PASSWORD, RunDemijohn
from tests.support.front_door import MIRROR
from tests.support.stack import Stack


def with_password(url: str, password: str) -> str:
    return url.replace(f":{urlsplit(url).password}@", f":{quote(password, safe='')}@")


def test_boot_with_a_wrong_password_fails_without_retry(
    run_demijohn: RunDemijohn, database: str
) -> None:
    result = run_demijohn(DATABASE_URL=with_password(database, PASSWORD), DATABASE_WAIT="600")
    assert result.status == 69
    assert 'password refused for user "postgres"' in result.message()
    assert PASSWORD not in result.out + result.err


def test_boot_with_an_unknown_user_fails_without_retry(
    run_demijohn: RunDemijohn, database: str
) -> None:
    url = database.replace("//postgres:", "//unknown-user:")
    result = run_demijohn(DATABASE_URL=url, DATABASE_WAIT="600")
    assert result.status == 69
    assert '"unknown-user"' in result.message()


def test_boot_with_an_unknown_database_fails_without_retry(
    run_demijohn: RunDemijohn, database: str
) -> None:
    result = run_demijohn(
        DATABASE_URL=database.rpartition("/")[0] + "/nothing", DATABASE_WAIT="600"
    )
    assert result.status == 69
    assert re.search(
        'no database "nothing" at 127.0.0.1:[0-9]+/nothing. Create it', result.message()
    )


def test_boot_requiring_tls_from_a_server_without_it_fails_at_once(
    run_demijohn: RunDemijohn, database: str
) -> None:
    result = run_demijohn(DATABASE_URL=database + "?sslmode=require", DATABASE_WAIT="600")
    assert result.status == 69
    assert re.search("TLS is required, but .* offers none. Use sslmode=prefer", result.message())


@pytest.mark.parametrize("wait", ["0", "1"])
def test_boot_retries_a_closed_port_then_names_it(
    run_demijohn: RunDemijohn, free_port: Callable[[], int], wait: str
) -> None:
    port = free_port()
    result = run_demijohn(
        DATABASE_URL=f"postgres://u:{PASSWORD}@127.0.0.1:{port}/d", DATABASE_WAIT=wait
    )
    assert result.status == 69
    assert f"nothing answers at 127.0.0.1:{port}" in result.message()
    assert ("Trying for 1 s more" in result.out) == (wait == "1")
    assert PASSWORD not in result.out + result.err


def test_boot_with_an_unknown_host_names_it(run_demijohn: RunDemijohn) -> None:
    url = f"postgres://u:{PASSWORD}@no-such-host.invalid/d"
    result = run_demijohn(DATABASE_URL=url, DATABASE_WAIT="1")
    assert result.status == 69
    assert "no-such-host.invalid" in result.message()
    assert PASSWORD not in result.out + result.err


def test_boot_with_a_server_that_is_not_postgres_names_it(run_demijohn: RunDemijohn) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]  # accepts connections and sends nothing
        url = f"postgres://u:{PASSWORD}@127.0.0.1:{port}/d"
        result = run_demijohn(DATABASE_URL=url, DATABASE_CONNECT_TIMEOUT="2")
    assert result.status == 69
    assert f"127.0.0.1:{port} does not answer" in result.message()


def test_boot_with_a_parameter_that_libpq_refuses_names_it(
    run_demijohn: RunDemijohn, database: str
) -> None:
    result = run_demijohn(DATABASE_URL=database + "?channel_binding=often", DATABASE_WAIT="600")
    assert result.status == 69
    assert "channel_binding" in result.message()


def test_parameters_unknown_to_libpq_are_ignored_and_logged(
    run_demijohn: RunDemijohn, database: str
) -> None:
    result = run_demijohn(
        DATABASE_URL=database + "?pgbouncer=true&schema=public", APP_MODULE="nothing"
    )
    assert "ignoring parameters of DATABASE_URL unknown to libpq: pgbouncer, schema" in result.out


def test_boot_waits_for_a_database_that_starts_later(
    launch: Callable[..., Stack], free_port: Callable[[], int]
) -> None:
    with temporary() as late:
        late.stop()
        running = launch(**MIRROR, DATABASE_URL=late.url()).start()
        running.wait_for(lambda: "Trying for" in running.log, "message about the wait")
        late.start()
        running.wait_until_ready()
    attempts = [line for line in running.log.splitlines() if "Trying for" in line]
    assert len(attempts) < 5  # once per different reason, not once per attempt


@pytest.mark.parametrize("password", ["a@b/c?d#e", "100%", "50%25%", "p:q&r=s t", "ünï"])
def test_password_with_special_characters_reaches_the_app(
    launch: Callable[..., Stack],
    postgres: Postgres,
    database: str,
    role_name: str,
    password: str,
) -> None:
    postgres.execute(f"CREATE ROLE {role_name} LOGIN PASSWORD '{password}'")
    url = with_password(database, password).replace("//postgres:", f"//{role_name}:")
    running = launch(**MIRROR, DATABASE_URL=url).start().wait_until_ready()
    assert quote(password, safe="") not in running.log and password not in running.log


def test_database_can_be_set_with_pg_variables(launch: Callable[..., Stack], database: str) -> None:
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


def test_boot_and_app_connect_with_the_same_password(
    launch: Callable[..., Stack], run_demijohn: RunDemijohn, database: str
) -> None:
    """With PGPASSWORD beside a URL without a password: either both can connect or neither."""
    password = urlsplit(database).password
    url = database.replace(f":{password}@", "@")
    running = launch(**MIRROR, DATABASE_URL=url, PGPASSWORD=str(password), DATABASE_WAIT="0")
    running.start()
    try:
        running.wait_for(lambda: running.get("/livez")[0] == 200, "boot")
    except AssertionError as error:
        assert "ended with 69" in str(error)
        return
    assert running.get("/healthz/database")[0] == 200
