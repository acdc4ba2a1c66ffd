"""The forms in which hosts give a database URL, checked with libpq's own parser."""

import itertools
from pathlib import Path
from urllib.parse import quote

import pytest
from demijohn.config import database_url
from demijohn.config.database_url import OtherDatabase, parse
from psycopg2.extensions import parse_dsn
from sqlalchemy.engine import make_url


def libpq(text: str) -> dict[str, str]:
    """The parameters that libpq reads from a parsed URL."""
    return dict(parse_dsn(parse(text).libpq()))


SIMPLE = {"user": "u", "password": "p", "host": "h", "port": "5432", "dbname": "d"}


@pytest.mark.parametrize(
    "scheme",
    [
        "postgres",
        "postgresql",
        "POSTGRES",
        "PostgreSQL",
        "postgresql+psycopg2",
        "postgresql+psycopg",
        "postgresql+asyncpg",
        "postgres+pg8000",
    ],
)
def test_every_scheme_of_postgres_is_accepted(scheme: str) -> None:
    assert libpq(f"{scheme}://u:p@h:5432/d") == SIMPLE
    assert libpq(f"  {scheme}://u:p@h:5432/d\n") == SIMPLE


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("postgres://h/d", {"host": "h", "dbname": "d"}),
        ("postgres://u@h/d", {"user": "u", "host": "h", "dbname": "d"}),
        ("postgres://u:@h/d", {"user": "u", "host": "h", "dbname": "d"}),
        ("postgres://h:6543/d", {"host": "h", "port": "6543", "dbname": "d"}),
        ("postgres://h:/d", {"host": "h", "dbname": "d"}),
        ("postgres://[2001:db8::1]:5433/d", {"host": "2001:db8::1", "port": "5433", "dbname": "d"}),
        ("postgres://u:p@[fe80::1%25eth0]/d", {"host": "fe80::1%eth0", "user": "u"}),
        ("postgres://h1:1,h2:2/d", {"host": "h1,h2", "port": "1,2"}),
        ("postgres://u:p@h1,h2/d", {"host": "h1,h2", "target_session_attrs": "read-write"}),
        ("postgres://h1,h2/d?target_session_attrs=any", {"target_session_attrs": "any"}),
        ("postgres://u:p@/d?host=/cloudsql/a:b:c", {"host": "/cloudsql/a:b:c", "dbname": "d"}),
        ("postgres:///d?host=/tmp&port=5433", {"host": "/tmp", "port": "5433", "dbname": "d"}),
        ("postgres://u:p@%2Ftmp/d", {"host": "/tmp", "dbname": "d"}),
        ("postgres://u:p@%2ftmp:5433/d", {"host": "/tmp", "port": "5433", "dbname": "d"}),
        ("postgres://u:p@%2Fcloudsql%2Fa:b:c/d", {"host": "/cloudsql/a:b:c", "password": "p"}),
        ("postgres://u:p@%2fcloudsql%2Fa%3Ab%3Ac/d", {"host": "/cloudsql/a:b:c", "dbname": "d"}),
        ("postgres://u:p@%2Fcloudsql%2Fa:b:c:6543/d", {"host": "/cloudsql/a:b:c", "port": "6543"}),
        ("postgres://u:p@w@%2Fcloudsql%2Fa.com:b:c/d", {"host": "/cloudsql/a.com:b:c"}),
        ("postgres:///d?host=/cloudsql/a:b:c&user=u", {"host": "/cloudsql/a:b:c", "user": "u"}),
        ("postgres:///?host=h&dbname=d&user=u", {"host": "h", "dbname": "d", "user": "u"}),
        ("postgres://h?dbname=d", {"host": "h", "dbname": "d"}),
        ("postgres://h/d?sslmode=disable", {"sslmode": "disable"}),
        ("postgres://h/d?sslmode=require&channel_binding=require", {"channel_binding": "require"}),
        ("postgres://h/d?options=-c%20search_path%3Da", {"options": "-c search_path=a"}),
        ("postgres://h/d?application_name=a+b", {"application_name": "a+b"}),
        ("postgres://h/d?password=a+b%26c", {"password": "a+b&c"}),
        ("postgres://h/a%20b", {"dbname": "a b"}),
        ("postgres://u%40tenant:p@h/d", {"user": "u@tenant"}),
        ("postgres://postgres.abcdefgh:p@pooler.example.com:6543/postgres", {"port": "6543"}),
        ("postgres://u:p@ep-a-1-pooler.eu.example.com/d?sslmode=require", {"sslmode": "require"}),
    ],
)  # fmt: skip
def test_parsed_url_keeps_its_meaning_in_libpq(text: str, parts: dict[str, str]) -> None:
    assert parts.items() <= libpq(text).items()


@pytest.mark.parametrize(
    "name", ["pgbouncer", "schema", "connection_limit", "pool_timeout", "sslaccept", "sslx"]
)
def test_parameters_unknown_to_libpq_are_dropped_and_named(name: str) -> None:
    url = parse(f"postgres://u:p@h:5432/d?{name}=true&sslmode=require&{name}=2")
    assert url.ignored == (name,)
    assert parse_dsn(url.libpq()) == SIMPLE | {"sslmode": "require"}


def test_parameters_for_a_named_driver_are_kept_for_it_only() -> None:
    url = parse("postgresql+psycopg://u:p@h:5432/d?prepare_threshold=0&sslmode=require")
    assert (url.driver, url.ignored) == ("psycopg", ())
    query = "sslmode=require&prepare_threshold=0"
    assert url.sqlalchemy("psycopg") == f"postgresql+psycopg://u:p@h:5432/d?{query}"
    assert url.sqlalchemy("pg8000") == "postgresql+pg8000://u:p@h:5432/d?sslmode=require"
    assert parse_dsn(url.libpq()) == SIMPLE | {"sslmode": "require"}


AWKWARD = "@/?#%:&=+ ,[]'\"\\<>|{}$!;~^*()é漢"
PASSWORDS = ["".join(pair) for pair in itertools.product(AWKWARD, repeat=2)]


def test_escaped_password_with_any_characters_is_decoded() -> None:
    for characters in PASSWORDS:
        password = f"a{characters}b"
        found = libpq(f"postgres://u:{quote(password, safe='')}@h:5432/d?sslmode=require")
        assert found == SIMPLE | {"password": password, "sslmode": "require"}


# A % before two hexadecimal digits is always an escape.
UNESCAPED = [characters for characters in PASSWORDS if not characters.endswith("%")] + [
    "%",
    "100%",
    "%z",
]


@pytest.mark.parametrize("tail", ["h:5432/d", "h:5432/d?sslmode=require"])
def test_unescaped_password_is_read_unchanged(tail: str) -> None:
    failures = []
    for characters in UNESCAPED:
        password = f"a{characters}z"
        try:
            found = libpq(f"postgres://u:{password}@{tail}")
        except ValueError as error:
            failures.append((password, str(error)))
            continue
        if (found["password"], found["host"], found["dbname"]) != (password, "h", "d"):
            failures.append((password, str(found)))
    assert failures == []


def test_valid_url_keeps_its_meaning() -> None:
    """libpq reads a valid URL alike before and after parsing."""
    for user, host, port, query in itertools.product(
        ["", "u@", "u:p@", "u:p%40%2F%3F%23%25%3A@", "u%3A:p@"],
        ["h", "1.2.3.4", "[::1]", "h.example.com"],
        ["", ":6543"],
        ["", "?sslmode=require", "?user=a%40b&options=-c%20a%3Db"],
    ):  # fmt: skip
        text = f"postgresql://{user}{host}{port}/d{query}"
        assert libpq(text) == parse_dsn(text), text


@pytest.mark.parametrize("driver", ["psycopg2", "pg8000"])
def test_sqlalchemy_url_has_the_same_parts(driver: str) -> None:
    url = make_url(parse("postgres://u%40:p%2F@h:6543/a%20b?sslmode=require").sqlalchemy(driver))
    assert url.drivername == f"postgresql+{driver}"
    assert (url.username, url.password, url.host, url.port) == ("u@", "p/", "h", 6543)
    assert (url.database, dict(url.query)) == ("a b", {"sslmode": "require"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is not a Postgres URL"),
        ("hunter22", "is not a Postgres URL"),
        ("host/d", "is not a Postgres URL"),
        ("sqlite:///app.db", "is a SQLite file"),
        ("sqlite+aiosqlite:///x", "is a SQLite file"),
        ("mysql://u:hunter22@h/d", r"is a mysql URL"),
        ("u:hunter22@h/d", "Write it as|Only Postgres"),
        ("postgres:u:hunter22@h/d", "Write it as|Only Postgres"),
        ("postgres:/u:hunter22@h/d", "Write it as|Only Postgres"),
        ("postgres//u:hunter22@h/d", "Write it as|Only Postgres"),
        ("'postgres://u:hunter22@h/d'", "has quotes around it.*Remove them"),
        ('"postgres://u:hunter22@h/d"', "has quotes around it.*Remove them"),
        ("\N{LEFT DOUBLE QUOTATION MARK}postgres://u:hunter22@h/d", "has quotes around it"),
        ("DATABASE_URL=postgres://u:hunter22@h/d", "begins with `DATABASE_URL=`"),
        ("DATABASE_URL='postgres://u:hunter22@h/d'", "begins with `DATABASE_URL=`.*any quotes"),
        ("export PGURL = postgres://u:hunter22@h/d", "begins with `PGURL=`"),
        ("psql 'postgres://u:hunter22@h/d'", "is a psql command.*remove `psql`"),
        ("psql --dbname=postgres://u:hunter22@h/d", "is a psql command"),
        ("${{Postgres.DATABASE_URL}}", "is a placeholder that was not replaced"),
        ("${db.DATABASE_URL}", "is a placeholder that was not replaced"),
        ("postgres://u:hunter22@h/d\npostgres://u:hunter22@h/e", "contains a line break"),
        ("postgres://", "does not contain a host"),
        ("postgres:///d", "does not contain a host"),
        ("postgres://u:hunter22@/d", "does not contain a host"),
        ("postgres://u:hunter22@h", "does not contain a database name"),
        ("postgres://u:hunter22@h/?sslmode=require", "does not contain a database name"),
        ("postgres://u:hunter22@h:port/d", "no valid host"),
        ("postgres://u:hunter22@h h/d", "no valid host"),
        ("postgres://u:hunter22@h/d?sslmode=REQUIRED", "has sslmode=REQUIRED"),
        ("postgres://u:hunter22@h/d?sslmode=no-verify", "Choose one of: disable"),
    ],
)
def test_invalid_url_is_explained_without_the_password(text: str, expected: str) -> None:
    with pytest.raises(ValueError, match=expected) as caught:
        parse(text)
    assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "postgres://u:hunter22@h/d",
        "postgres://u:hunter22@h/d?password=hunter22",
        "postgres://h/d?user=u&password=hunter22&sslpassword=hunter22",
        "postgres://u:hun@ter/22@h/d",
        "postgres://u:a@hunter22/b@h/d",
    ],
)
def test_displayed_parts_of_a_url_have_no_password(text: str) -> None:
    url = parse(text)
    for shown in (url.place(), repr(url), url.hosts, url.database):
        assert "hunter22" not in shown and "ter/22" not in shown


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
def test_verified_connection_gets_the_ca_bundle_of_ssl_cert_file(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    assert libpq(f"postgres://h/d?sslmode={mode}")["sslrootcert"] == str(bundle)
    explicit = libpq(f"postgres://h/d?sslmode={mode}&sslrootcert=/own.pem")
    assert explicit["sslrootcert"] == "/own.pem"
    assert "sslrootcert" not in libpq("postgres://h/d?sslmode=require")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    assert "sslrootcert" not in libpq(f"postgres://h/d?sslmode={mode}")


def test_defaults_fill_the_missing_parts_of_a_url() -> None:
    filled = parse("postgres://h/d").with_defaults("u", "p", "require")
    assert parse_dsn(filled.libpq()) == {
        "user": "u", "password": "p", "host": "h", "dbname": "d", "sslmode": "require"
    }  # fmt: skip
    explicit = parse("postgres://a:b@h/d?sslmode=disable")
    assert explicit.with_defaults("u", "p", "require") == explicit


PARTS = {"port": 5432, "user": "u", "password": "p@/", "database": None, "sslmode": None}


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        ({"host": "h"}, {"host": "h", "port": "5432", "user": "u", "dbname": "u"}),
        ({"host": "h", "database": "d", "port": 1}, {"dbname": "d", "port": "1"}),
        ({"host": "::1"}, {"host": "::1", "port": "5432"}),
        ({"host": "/tmp", "port": 5433}, {"host": "/tmp", "port": "5433"}),
        ({"host": "h", "sslmode": "require"}, {"sslmode": "require", "password": "p@/"}),
        ({"host": "h1,h2", "port": 6543}, {"host": "h1,h2", "port": "6543,6543"}),
    ],
)
def test_pg_variables_mean_the_same_as_in_libpq(
    given: dict[str, object], parts: dict[str, str]
) -> None:
    url = database_url.from_parts(**(PARTS | given))  # type: ignore[arg-type]
    assert parts.items() <= parse_dsn(url.libpq()).items()


@pytest.mark.parametrize(
    ("url", "driver", "expected"),
    [
        ("postgresql+asyncpg://u@h/d", "asyncpg", "postgresql+asyncpg://u@h/d"),
        ("postgresql+asyncpg://u@h,i/d?ssl=require", "asyncpg",
         "postgresql+asyncpg://u@h,i/d?ssl=require"),
        ("postgresql+psycopg://u@h/d", "psycopg", "postgresql+psycopg://u@h/d?sslmode=require"),
        ("postgresql+asyncpg://u@h/d?ssl=on", "psycopg2",
         "postgresql+psycopg2://u@h/d?sslmode=require"),
    ],
)  # fmt: skip
def test_driver_without_libpq_gets_the_parameters_of_its_url_only(
    url: str, driver: str, expected: str
) -> None:
    assert parse(url).with_defaults("", "", "require").sqlalchemy(driver) == expected


@pytest.mark.parametrize(
    ("url", "kind", "file"),
    [
        ("sqlite:///app.db", "sqlite", "app.db"),
        ("sqlite:////data/my%20app.db?timeout=5", "sqlite", "/data/my app.db"),
        ("sqlite+aiosqlite:////data/app.db", "sqlite", "/data/app.db"),
        ("sqlite://", "sqlite", None),
        ("sqlite:///:memory:", "sqlite", None),
        ("mysql+pymysql://u:hunter22@h/d", "mysql", None),
        ("mongodb+srv://u:hunter22@h/d", "mongodb", None),
    ],
)
def test_url_of_another_database_is_recognised(url: str, kind: str, file: str | None) -> None:
    with pytest.raises(OtherDatabase) as caught:
        parse(url)
    assert (caught.value.kind, caught.value.text) == (kind, url)
    assert caught.value.file() == (Path(file) if file else None)
    assert ("hunter22" in caught.value.secrets()) == ("hunter22" in url)
