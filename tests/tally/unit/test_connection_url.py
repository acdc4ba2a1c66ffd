"""DATABASE_URL in the forms that hosts give."""

import pytest

from backend.connection_url import connection_parameters, each_host, parse
from backend.settings import SettingsError, load


def url(text: str) -> dict[str, str]:
    return parse(text)


FULL = {"user": "u", "password": "p", "host": "h", "port": "5433", "dbname": "d"}


@pytest.mark.parametrize(
    "scheme",
    ["postgres", "postgresql", "postgresql+psycopg2", "postgresql+pg8000", "POSTGRES"],
)
def test_every_scheme_of_postgres_is_accepted(scheme: str) -> None:
    assert url(f"{scheme}://u:p@h:5433/d") == FULL


@pytest.mark.parametrize(
    "text", ["mysql://u:p@h/d", "sqlite:///app.db", "u:p@h/d", "postgres:h/d", "http://h/d"]
)
def test_other_scheme_is_refused_without_showing_the_password(text: str) -> None:
    with pytest.raises(ValueError, match="must be a Postgres URL") as refused:
        url(text)
    assert "p@h" not in str(refused.value)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("p%40ss", "p@ss"),
        ("p@ss", "p@ss"),
        ("p@s@s", "p@s@s"),
        ("p/ss", "p/ss"),
        ("p@s/s", "p@s/s"),
        ("p?s", "p?s"),
        ("p#s", "p#s"),
        ("p:s", "p:s"),
        ("100%", "100%"),
        ("a+b", "a+b"),
        ("%2F%3f", "/?"),
        ("\u00e4", "\u00e4"),
        ("p&s=s", "p&s=s"),
    ],
)
def test_password_need_not_be_escaped(written: str, expected: str) -> None:
    assert url(f"postgres://u:{written}@h:5433/d") == FULL | {"password": expected}
    assert url(f"postgres://u:{written}@h:5433/d?sslmode=require") == FULL | {
        "password": expected,
        "sslmode": "require",
    }


def test_parameters_unknown_to_postgres_are_dropped() -> None:
    text = "postgres://u:p@h:5433/d?pgbouncer=true&connection_limit=1&schema=public&sslmode=require"
    assert url(text) == FULL | {"sslmode": "require"}


def test_parameters_known_to_postgres_are_kept() -> None:
    assert url("postgres://h/d?application_name=a%20b+c&channel_binding=require&sslmode=") == {
        "host": "h",
        "dbname": "d",
        "application_name": "a b+c",
        "channel_binding": "require",
    }


def test_at_sign_in_a_parameter_is_not_read_as_a_password() -> None:
    assert url("postgres://h/d?application_name=me@here")["host"] == "h"


def test_jdbc_parameter_ssl_means_sslmode_require() -> None:
    assert url("postgres://h/d?ssl=true")["sslmode"] == "require"


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("postgres://u:p@/d?host=/cloudsql/a:b:c", "/cloudsql/a:b:c"),
        ("postgres:///d?host=%2Fvar%2Frun", "/var/run"),
        ("postgres://%2Fvar%2Frun/d", "/var/run"),
        ("postgres://[::1]/d", "::1"),
        ("postgres://u:p@[fdaa::3]:5432/d", "fdaa::3"),
        ("postgres://h.internal/d", "h.internal"),
    ],
)
def test_sockets_ipv6_and_names_are_read_as_hosts(text: str, host: str) -> None:
    parameters = url(text)
    assert (parameters["host"], parameters["dbname"]) == (host, "d")


def test_several_hosts_are_split() -> None:
    hosts = each_host(url("postgres://u@one:1,two,[::3]:3/d"))
    assert [(host_parameters["host"], host_parameters["port"]) for host_parameters in hosts] == [
        ("one", "1"),
        ("two", "5432"),
        ("::3", "3"),
    ]
    assert {host_parameters["user"] for host_parameters in hosts} == {"u"}


def test_one_port_applies_to_all_hosts() -> None:
    hosts = each_host({"host": "one,two", "port": "6"})
    assert [(host_parameters["host"], host_parameters["port"]) for host_parameters in hosts] == [
        ("one", "6"),
        ("two", "6"),
    ]


def test_default_host_is_localhost() -> None:
    assert each_host({}) == [{"host": "localhost", "port": "5432"}]


def test_pg_variables_fill_missing_parts() -> None:
    environ = {
        "PGHOST": "h",
        "PGPORT": "5433",
        "PGUSER": "u",
        "PGPASSWORD": "p",
        "PGDATABASE": "d",
        "PGSSLMODE": "require",
    }
    assert connection_parameters(environ) == FULL | {"sslmode": "require"}
    assert connection_parameters(environ | {"DATABASE_URL": "postgres://x@y/z"}) == {
        "host": "y",
        "port": "5433",
        "user": "x",
        "password": "p",
        "dbname": "z",
        "sslmode": "require",
    }
    assert connection_parameters({"PGHOST": "", "DATABASE_URL": " "}) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://u:secret@h/d"),
        ("DATABASE_URL", "postgres://u:secret@h:port/d"),
        ("DATABASE_DRIVER", "psycopg"),
        ("DATABASE_POOL_SIZE", "0"),
        ("DATABASE_POOL_SIZE", "many"),
        ("DATABASE_STATEMENT_TIMEOUT", "-1"),
        ("DATABASE_CONNECT_TIMEOUT", "nan"),
        ("DEMIJOHN_STARTED_AT", "yesterday"),
        ("DEMIJOHN_STARTED_AT", "2030-01-01T00:00:00"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_invalid_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name) as refused:
        load({name: value})
    assert "secret" not in str(refused.value)


def test_empty_variable_counts_as_unset() -> None:
    names = [
        "DATABASE_DRIVER",
        "DATABASE_POOL_SIZE",
        "DEMIJOHN_STARTED_AT",
        "LOG_LEVEL",
        "DEMIJOHN_RELEASE",
    ]
    assert load(dict.fromkeys(names, "")) == load({})
    assert load({}).release is None
