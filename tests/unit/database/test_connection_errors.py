"""Diagnosis of connection errors from libpq's messages, and whether to retry."""

from pathlib import Path

import pytest
from demijohn.config.database_url import parse
from demijohn.database import connection_errors
from demijohn.database.connection_errors import diagnose, redact

URL = parse("postgres://tally:hunter22@db.example.com:5432/polls")
AT = 'connection to server at "db.example.com" (10.0.0.1), port 5432 failed: '
HBA = 'FATAL:  no pg_hba.conf entry for host "1.2.3.4", user "tally", database "polls", '
NO_NAME = 'could not translate host name "db.example.com" to address: '
IS_IT = "\tIs the server running on that host and accepting TCP/IP connections?\n"

# Copied from libpq 14 to 18, PgBouncer 1.18 and 1.24, and from hosted Postgres servers.
PERMANENT = [
    (AT + 'FATAL:  password authentication failed for user "tally"\n', "password refused"),
    (
        AT + 'FATAL:  password authentication failed for user "tally"\n'
        + AT + HBA + "no encryption\n",
        "password refused",
    ),
    ("fe_sendauth: no password supplied\n", "password refused"),
    (AT + "fe_sendauth: no password supplied\n", "password refused"),
    (AT + "FATAL:  SASL authentication failed\n", "password refused"),
    (AT + 'FATAL:  role "tally" does not exist\n', 'no user "tally"'),
    (AT + "FATAL:  no such user: tally\n", 'no user "tally"'),
    (AT + 'FATAL:  database "polls" does not exist\n', 'no database "polls"'),
    (AT + "FATAL:  no such database: polls\n", 'no database "polls"'),
    (AT + "server does not support SSL, but SSL was required\n", "offers none"),
    (AT + "SSL error: certificate verify failed\n", "certificate"),
    (AT + 'server certificate for "other" does not match host name "h"\n', "certificate"),
    ('root certificate file "/root/.postgresql/root.crt" does not exist\n', "sslrootcert"),
    (AT + "channel binding required, but server …\n", "channel binding"),
    (
        AT + HBA + "no encryption\n",
        "requires TLS",
    ),
    (AT + "FATAL:  SSL required\n", "requires TLS"),
    (
        AT + HBA + "SSL encryption\n",
        "may not connect",
    ),
    (AT + "FATAL:  unsupported startup parameter: options\n", "not accept every parameter"),
    ('invalid sslmode value: "often"\n', "does not accept"),
    ('invalid integer value "x" for connection option "connect_timeout"\n', "does not accept"),
    ('invalid port number: "99999"\n', "does not accept"),
]  # fmt: skip

TRANSIENT = [
    (NO_NAME + "Name or service not known\n", "does not resolve"),
    (NO_NAME + "Temporary failure in name resolution\n", "does not resolve"),
    (AT + "FATAL:  the database system is starting up\n", "starting up"),
    (AT + "FATAL:  the database system is shutting down\n", "starting up"),
    (AT + "FATAL:  the database system is in recovery mode\n", "starting up"),
    (AT + "FATAL:  the database system is not yet accepting connections\n", "starting up"),
    (AT + "FATAL:  sorry, too many clients already\n", "no free connection"),
    (AT + "FATAL:  remaining connection slots are reserved for …\n", "no free connection"),
    (AT + 'FATAL:  too many connections for role "tally"\n', "no free connection"),
    (AT + "FATAL:  no more connections allowed (max_client_conn)\n", "no free connection"),
    (AT + "FATAL:  query_wait_timeout\n", "no connection to its database"),
    ("FATAL:  server login has been failing, try again later\n", "no connection to its database"),
    (AT + "FATAL:  pgbouncer cannot connect to server\n", "no connection to its database"),
    ("no answer to a query", "does not answer queries"),
    (AT + "timeout expired\n", "does not answer"),
    (AT + "Connection timed out\n" + IS_IT, "does not answer"),
    (AT + "No route to host\n" + IS_IT, "does not answer"),
    (AT + "Network is unreachable\n" + IS_IT, "does not answer"),
    (AT + "Connection refused\n" + IS_IT, "nothing answers"),
    ('connection to server on socket "/s" failed: No such file or directory\n', "nothing answers"),
    (AT + "server closed the connection unexpectedly\n\tThis probably …\n", "nothing answers"),
    (AT + "FATAL:  something new\n", "something new"),
    ("", "Error"),
]  # fmt: skip


class Error(Exception):
    """An exception without a message."""


@pytest.mark.parametrize(
    ("message", "expected", "retryable"),
    [(*case, False) for case in PERMANENT] + [(*case, True) for case in TRANSIENT],
)
def test_libpq_error_becomes_one_line_without_the_password(
    message: str, expected: str, retryable: bool
) -> None:
    line, is_retryable = diagnose(
        Exception(message) if message else type("Error", (Exception,), {})(), URL
    )
    assert expected in line
    assert is_retryable is retryable
    assert "\n" not in line
    assert line.startswith("cannot connect to the database: ") and line.endswith(".")
    assert "hunter22" not in line


@pytest.mark.parametrize(
    "host", ["recovery-db.example.com", "too-many.example.com", "requires-ssl.example.com"]
)
def test_host_name_in_an_error_does_not_affect_the_diagnosis(host: str) -> None:
    url = parse(f"postgres://u:p@{host}/d")
    message = f'connection to server at "{host}" (10.0.0.1), port 5432 failed: Connection refused\n'
    assert "nothing answers" in diagnose(Exception(message), url)[0]


def test_password_in_a_server_message_is_redacted() -> None:
    line, _ = diagnose(Exception("FATAL:  odd word hunter22 in startup packet"), URL)
    assert "hunter22" not in line and "•••" in line


def test_password_in_the_url_parameters_is_redacted() -> None:
    url = parse("postgres://db.example.com/polls?user=tally&password=hunter22")
    line, _ = diagnose(Exception("FATAL:  odd word hunter22 in startup packet"), url)
    assert "hunter22" not in line


def test_braces_in_a_server_message_are_kept() -> None:
    assert "{user} {0}" in diagnose(Exception("FATAL:  odd {user} {0}"), URL)[0]


def test_redaction_skips_short_words() -> None:
    assert redact("a password: sesame, abc", ["sesame", "abc", ""]) == "a password: •••, abc"


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize(
    ("hosts", "own"),
    [
        ("localhost:5432", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]:5432", "[::1]"),
        ("db.example.com,localhost:5432", "localhost"),
        ("localhost.example.com", ""),
        ("db-127.0.0.1.example.com", ""),
    ],
)
def test_localhost_in_a_container_gets_a_hint_to_the_host(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hosts: str, own: str, *, inside: bool
) -> None:
    mark = tmp_path / "mark"
    monkeypatch.setattr(connection_errors, "CONTAINER", (tmp_path / "none", mark))
    if inside:
        mark.touch()
    url = parse(f"postgres://u:p@{hosts}/d")
    line, _ = diagnose(Exception(AT + "Connection refused\n" + IS_IT), url)
    assert ("In a container" in line) == (inside and bool(own))
    assert f"In a container, {own} is the container itself" in line or not (inside and own)
    assert "In a container" not in diagnose(Exception(AT + "timeout expired\n"), url)[0]


@pytest.mark.parametrize(
    ("hosts", "inside", "is_hinted"),
    [("db", True, True), ("db:5432", True, True), ("db", False, False), ("a.b", True, False)],
)
def test_name_without_a_dot_in_a_container_is_perhaps_in_another_network(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hosts: str, *, inside: bool, is_hinted: bool
) -> None:
    (tmp_path / "mark").touch()
    monkeypatch.setattr(connection_errors, "CONTAINER", (tmp_path / "mark",) if inside else ())
    line, _ = diagnose(Exception(NO_NAME + "unknown"), parse(f"postgres://u:p@{hosts}/d"))
    assert ("docker run --network." in line) == is_hinted
