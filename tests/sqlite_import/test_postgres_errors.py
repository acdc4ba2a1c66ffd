"""A Postgres error that ends an import is reported with its cause and a remedy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sqlite_import.helpers import (
    create_sqlite,
    dump_state,
    open_cursor,
    query,
    run_import,
    run_import_ok,
    run_sql,
)

SQLITE = """
CREATE TABLE author (id INTEGER PRIMARY KEY, born DATE);
CREATE TABLE book (id INTEGER PRIMARY KEY, author_id INT REFERENCES author);
"""
POSTGRES = """
CREATE TABLE author (id bigint PRIMARY KEY, born date);
CREATE TABLE book (id bigint PRIMARY KEY,
                   author_id bigint CONSTRAINT written_by REFERENCES author);
"""


def test_row_that_references_a_skipped_row_is_skipped(database: str, tmp_path: Path) -> None:
    run_sql(database, POSTGRES)
    authors = [(1, "1970-01-01"), (2, "the 70s")]
    path = create_sqlite(tmp_path / "app.db", SQLITE, author=authors, book=[(1, 1), (2, 2)])
    run_import_ok(database, path, "--replace", "--on-bad", "null")
    assert query(database, "SELECT born::text FROM author ORDER BY id") == [
        ("1970-01-01",),
        (None,),
    ]
    done = run_import_ok(database, path, "--replace", "--on-bad", "skip")
    assert query(database, "SELECT author_id FROM book") == [(1,)]
    assert done.changed()["foreign key book (author_id)"].endswith("(id 2)")


def test_row_orphaned_in_sqlite_is_reported_in_one_line(database: str, tmp_path: Path) -> None:
    run_sql(database, POSTGRES)
    path = create_sqlite(tmp_path / "app.db", SQLITE, author=[(1, None)], book=[(1, 7)])
    before = dump_state(database)
    done = run_import(database, path)
    assert done.status == 65
    assert len(done.err.splitlines()) == 1
    for words in (
        'violates foreign key constraint "written_by"',
        'Key (author_id)=(7) is not present in table "author"',
        "The row has no parent row in SQLite either",
        "Use --on-bad skip, which skips such rows",
        "or drop written_by",
    ):
        assert words in done.err
    assert dump_state(database) == before


def test_generated_column_that_overflows_is_named_with_a_remedy(
    database: str, tmp_path: Path
) -> None:
    """SQLite continues with floating point numbers; Postgres raises an error."""
    sql = "CREATE TABLE t (a INTEGER PRIMARY KEY, b INT AS (a * 4) STORED)"
    path = tmp_path / "app.db"
    create_sqlite(path, f"{sql}; INSERT INTO t (a) VALUES ({1 << 62})")
    done = run_import(database, path)
    assert done.status == 65
    assert "out of range" in done.err
    assert "a column that Postgres generates: t.b. Use --exclude t.b to" in done.err
    run_import_ok(database, path, "--exclude", "t.b")
    run_sql(database, "DROP TABLE t")
    run_sql(database, "CREATE TABLE t (a bigint, b bigint GENERATED ALWAYS AS (a * 4) STORED)")
    done = run_import(database, path)
    assert "Postgres generates: t.b. Drop it in Postgres" in done.err


@pytest.mark.parametrize("existing", [False, True])
def test_control_characters_in_names_are_escaped_in_output(
    database: str, tmp_path: Path, *, existing: bool
) -> None:
    name = "a\n\x1b[2Jb"
    path = create_sqlite(
        tmp_path / "app.db", f'CREATE TABLE "{name}" (v TEXT, w TEXT)', **{name: [(b"x", 1)]}
    )
    if existing:
        run_sql(database, f'CREATE TABLE "{name}" (v TEXT)')
    for words in ([], ["--exclude", f"{name}.w"], ["--on-bad", "null", "--exclude", f"{name}.w"]):
        done = run_import(database, path, *words)
        lines = (done.out + done.err).splitlines()
        assert not any("\x1b" in line or line.startswith("b") for line in lines)
        assert any("a\\n\\x1b[2Jb" in line for line in lines)
    assert done.status in (0, 65)


REJECTED = {
    "a value": ("v inet", 'COPY t, line 2, column v: "bogus". Nothing was changed.'),
    "a long value": ("v inet, w date", '…. COPY t, line 2, column v: "bogus'),
    "a NULL": ("v text NOT NULL", "violates not-null constraint. COPY t, line 2. --on-bad"),
    "a check": ("v text CHECK (v <> 'bogus')", 't_v_check". COPY t, line 2. Fix such rows'),
    "a key": ("v text UNIQUE", "Key (v)=(::1) already exists. Two rows are"),
}


@pytest.mark.parametrize("kind", REJECTED)
def test_row_rejected_by_postgres_is_reported_without_other_columns(
    database: str, tmp_path: Path, kind: str
) -> None:
    columns, message = REJECTED[kind]
    run_sql(database, f"CREATE TABLE t (id int, secret text, {columns})")
    bad = {"a NULL": None, "a key": "::1", "a long value": "bogus" * 99}.get(kind, "bogus")
    sql = "CREATE TABLE t (id INTEGER, secret TEXT, v TEXT)"
    path = create_sqlite(tmp_path / "app.db", sql, t=[(1, "whisper", "::1"), (2, "whisper", bad)])
    done = run_import(database, path, *(["--on-bad", "null"] if bad is None else []))
    assert done.status == 65
    assert message in done.err
    assert "whisper" not in done.err


PRIVILEGES = {
    "no schema's": (
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "permission denied for schema public",
        "its owner",
        'GRANT USAGE, CREATE ON SCHEMA "public" TO "app user";',
    ),
    "no table's": (
        "CREATE TABLE author (id bigint, born date); GRANT INSERT, SELECT ON author TO {user}",
        "user app user lacks privileges",
        "the owner of the tables",
        'GRANT TRUNCATE ON "author" TO "app user";',
    ),
}


@pytest.mark.parametrize("kind", PRIVILEGES)
def test_missing_privilege_is_reported_with_its_grant_statement(
    database: str, tmp_path: Path, kind: str
) -> None:
    before, message, grantor, grant = PRIVILEGES[kind]
    user = '"app user"'
    run_sql(database, f"CREATE ROLE {user} LOGIN PASSWORD 'secret'; " + before.format(user=user))
    path = create_sqlite(tmp_path / "app.db", SQLITE, author=[(1, None)])
    words = ["--exclude", "book", "--replace"]
    user_url = f"postgresql://app%20user:secret@{database.partition('@')[2]}"
    try:
        done = run_import(user_url, path, *words)
        assert done.status == 69
        assert f"{message}. Ask {grantor} to run: {grant}" in done.err
        assert "Nothing was changed." in done.err
        with open_cursor(database) as cursor:
            cursor.execute(grant)
        run_import_ok(user_url, path, *words)
    finally:
        run_sql(database, f"DROP OWNED BY {user}; DROP ROLE {user}")


@pytest.fixture
def reader(database: str) -> Iterator[str]:
    """The URL of a user who may only select from the tables."""
    run_sql(database, POSTGRES + "CREATE ROLE reader LOGIN PASSWORD 'secret';")
    run_sql(database, "GRANT SELECT ON author, book TO reader")
    yield f"postgresql://reader:secret@{database.partition('@')[2]}"
    run_sql(database, "DROP OWNED BY reader; DROP ROLE reader")


def test_verify_only_works_for_a_read_only_user(database: str, reader: str, tmp_path: Path) -> None:
    path = create_sqlite(tmp_path / "app.db", SQLITE, author=[(1, "1970-01-01")], book=[(1, 1)])
    run_import_ok(database, path)
    run_sql(
        database,
        "ALTER TABLE book ADD later int; UPDATE book SET later = 1;"
        "ALTER TABLE book ALTER later SET NOT NULL;"
        "CREATE TRIGGER g BEFORE UPDATE ON book FOR EACH ROW"
        " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    )
    done = run_import_ok(reader, path, "--verify-only")
    assert done.report["outcome"] == "verified"
    assert "triggers" not in done.notes()
    run_sql(database, "DELETE FROM book")
    assert run_import(reader, path, "--verify-only").status == 1


@pytest.mark.parametrize(
    ("words", "privileges"),
    [([], "INSERT, UPDATE"), (["--replace"], "INSERT, TRUNCATE"), (["--append"], "INSERT, UPDATE")],
)
def test_import_by_a_read_only_user_names_the_grants(
    database: str, reader: str, tmp_path: Path, words: list[str], privileges: str
) -> None:
    path = create_sqlite(tmp_path / "app.db", SQLITE, author=[(1, None)])
    done = run_import(reader, path, *words)
    assert done.status == 69
    grant = f'GRANT {privileges} ON "author", "book" TO "reader";'
    assert (
        f"user reader lacks privileges. Ask the owner of the tables to run: {grant} Nothing"
        in done.err
    )
    run_sql(database, grant)
    run_import_ok(reader, path, *words)


def test_verify_only_without_select_names_the_grant(
    database: str, reader: str, tmp_path: Path
) -> None:
    path = create_sqlite(tmp_path / "app.db", SQLITE, author=[(1, None)])
    run_import_ok(database, path)
    run_sql(database, "REVOKE SELECT ON author FROM reader")
    done = run_import(reader, path, "--verify-only")
    assert done.status == 69
    assert done.err.endswith("""tables to run: GRANT SELECT ON "author" TO "reader";\n""")
    run_sql(database, 'GRANT SELECT ON "author" TO "reader"')
    run_import_ok(reader, path, "--verify-only")


def test_help_lists_every_exit_status(database: str, tmp_path: Path) -> None:
    done = run_import(database, tmp_path / "app.db", "--help")
    message = " ".join(done.out.split())
    for status in (
        "0 success",
        "1 --verify",
        "64",
        "65",
        "69",
        "70 stopped by a signal",
        "73",
        "78",
    ):
        assert status in message
