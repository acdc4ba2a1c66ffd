"""Constraints of new tables: their names, and rows that violate them in SQLite."""

from pathlib import Path

import pytest

from tests.sqlite_import.helpers import (
    ImportResult,
    create_sqlite,
    open_cursor,
    query,
    run_import,
    run_import_ok,
)

NAMED = """
CREATE TABLE p (id INTEGER, code TEXT, CONSTRAINT pk_p PRIMARY KEY (id),
                CONSTRAINT uq_code UNIQUE (code), UNIQUE (code, id));
CREATE TABLE q (id INTEGER CONSTRAINT pk_q PRIMARY KEY, nick TEXT CONSTRAINT uq_nick UNIQUE,
                mail TEXT UNIQUE, p INT CONSTRAINT fk_p REFERENCES p, b INT, c INT REFERENCES p,
                CONSTRAINT fk_b FOREIGN KEY (b) REFERENCES p (id));
"""


def constraint_names(url: str, table: str) -> dict[str, str]:
    return {
        definition: name
        for name, definition in query(
            url,
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            f" WHERE conrelid = '{table}'::regclass AND contype IN ('p', 'u', 'f')",
        )
    }


def test_constraints_keep_their_names(database: str, tmp_path: Path) -> None:
    run_import_ok(database, create_sqlite(tmp_path / "app.db", NAMED))
    assert constraint_names(database, "p") == {
        "PRIMARY KEY (id)": "pk_p",
        "UNIQUE (code)": "uq_code",
        "UNIQUE (code, id)": "p_code_id_key",
    }
    assert constraint_names(database, "q") == {
        "PRIMARY KEY (id)": "pk_q",
        "UNIQUE (nick)": "uq_nick",
        "UNIQUE (mail)": "q_mail_key",
        "FOREIGN KEY (p) REFERENCES p(id)": "fk_p",
        "FOREIGN KEY (b) REFERENCES p(id)": "fk_b",
        "FOREIGN KEY (c) REFERENCES p(id)": "q_c_fkey",
    }


def test_constraint_name_used_by_two_tables_is_made_unique(database: str, tmp_path: Path) -> None:
    sql = "".join(f"CREATE TABLE t{n} (a INT, CONSTRAINT uq UNIQUE (a));" for n in range(2))
    run_import_ok(database, create_sqlite(tmp_path / "app.db", sql))
    assert constraint_names(database, "t0") == {"UNIQUE (a)": "uq"}
    assert [name[:3] for name in constraint_names(database, "t1").values()] == ["uq_"]


def test_on_conflict_clauses_are_reported_as_not_imported(database: str, tmp_path: Path) -> None:
    sql = """CREATE TABLE t (a INT UNIQUE ON CONFLICT REPLACE, b INT NOT NULL ON CONFLICT IGNORE,
                             c INT UNIQUE ON CONFLICT ABORT, "on" INT, "conflict" INT,
                             UNIQUE (a, b) ON CONFLICT IGNORE);"""
    left = run_import_ok(database, create_sqlite(tmp_path / "app.db", sql)).not_imported()
    assert left == {
        "conflict clause t: a UNIQUE ON CONFLICT REPLACE": "Postgres rejects such rows",
        "conflict clause t: b NOT NULL ON CONFLICT IGNORE": "Postgres rejects such rows",
        "conflict clause t: UNIQUE ON CONFLICT IGNORE": "Postgres rejects such rows",
    }


def test_nocase_columns_are_reported_in_one_line(database: str, tmp_path: Path) -> None:
    columns = "a TEXT COLLATE NOCASE, b TEXT COLLATE NOCASE, c TEXT, d INT COLLATE NOCASE"
    sql = f"CREATE TABLE t ({columns})"
    done = run_import_ok(database, create_sqlite(tmp_path / "app.db", sql, t=[("x", "y", "z", 1)]))
    assert (
        "\n  t.a, t.b: case-insensitive in SQLite (COLLATE NOCASE), case-sensitive in Postgres"
        in done.out
    )


def import_with_violated_check(url: str, folder: Path, *words: str) -> ImportResult:
    sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, n INT, CONSTRAINT few CHECK (n < 5));"
    rows = "PRAGMA ignore_check_constraints = 1; INSERT INTO t VALUES (1, 1), (2, 9), (3, 8);"
    return run_import_ok(url, create_sqlite(folder / "app.db", sql + rows), *words)


@pytest.mark.parametrize("words", [(), ("--on-bad", "null")])
def test_check_violated_by_imported_rows_applies_to_new_rows_only(
    database: str, tmp_path: Path, words: tuple[str, ...]
) -> None:
    done = import_with_violated_check(database, tmp_path, *words)
    reason = "checks new rows only: 2 rows violate it (id 2, 3)"
    assert done.changed() == {"check t: few": reason}
    assert done.not_imported() == {}
    kept = "SELECT convalidated FROM pg_constraint WHERE conname = 'few'"
    assert query(database, kept) == [(False,)]


def test_table_missing_from_a_migrated_schema_is_created_and_noted(
    database: str, tmp_path: Path
) -> None:
    with open_cursor(database) as cursor:
        cursor.execute("CREATE TABLE a (id int)")
    tables = ("a", "b", "alembic_version", "_alembic_tmp_a")
    path = create_sqlite(
        tmp_path / "app.db", "".join(f"CREATE TABLE {name} (id INT);" for name in tables)
    )
    out = run_import_ok(database, path, "--dry-run").out
    made = "is created, since Postgres does not have it, although it has other tables of the file"
    assert f"\n  alembic_version, b: {made}\n" in out
    left = "is left from an interrupted migration, and is created too"
    assert f"\n  _alembic_tmp_a: {left}: --exclude _alembic_tmp_a\n" in out
    with open_cursor(database) as cursor:
        cursor.execute("DROP TABLE a")
    assert made not in run_import_ok(database, path, "--dry-run").out


def test_columns_that_cannot_become_text_are_reported_in_one_line(
    database: str, tmp_path: Path
) -> None:
    with open_cursor(database) as cursor:
        cursor.execute("CREATE TABLE t (a date, b date, c int)")
    path = create_sqlite(tmp_path / "app.db", "CREATE TABLE t (a, b, c)", t=[("x", "y", "z")])
    done = run_import(database, path, "--on-bad", "text")
    assert done.status == 65
    assert done.err == (
        "demijohn: --on-bad text cannot make them text, since their types in Postgres cannot be "
        "changed by the import: t.a (date), t.b (date), t.c (integer). Use --on-bad skip, or "
        "change their types there.\n"
    )
