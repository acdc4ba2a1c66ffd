"""A refusal lists the remedies, each as an option or statement to copy."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sqlite_import.helpers import (
    ImportResult,
    create_sqlite,
    environment,
    import_command,
    query,
    run_import,
    run_import_ok,
    run_sql,
)

SQL = "CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT, born DATE{})"
ROWS = [(1, "Ada", "1815-12-10"), (2, "Bo", "the 70s")]
NULL = "--on-bad null (they become NULL)"
TEXT = "--on-bad text (their columns become text)"
SKIP = "--on-bad skip (their rows are skipped)"


def create_authors(folder: Path, more: str = "") -> Path:
    return create_sqlite(folder / "app.db", SQL.format(more), author=ROWS)


def import_refused(url: str, path: Path, *words: str) -> str:
    done = run_import(url, path, *words)
    assert done.status == 65
    assert len(done.err.splitlines()) == 1
    return done.err


def printed_options(message: str) -> list[list[str]]:
    return [shlex.split(one) for one in re.findall(r"--(?:on-bad \w+|type \S+=\w+)", message)]


def test_each_remedy_for_a_rejected_value_works_as_printed(database: str, tmp_path: Path) -> None:
    path = create_authors(tmp_path)
    message = import_refused(database, path)
    assert f"1 value does not fit, so nothing was imported. Use {NULL}, {TEXT}, {SKIP};" in message
    assert "or use a type that fits, such as --type author.born=text, or fix" in message
    remedies = printed_options(message)
    assert len(remedies) == 4
    for words in remedies:
        run_import_ok(database, path, "--dry-run", *words)


def test_remedies_for_a_not_null_column_do_not_offer_null(database: str, tmp_path: Path) -> None:
    path = create_authors(tmp_path, " NOT NULL")
    message = import_refused(database, path)
    assert f"Use {TEXT}, {SKIP};" in message
    for words in printed_options(message):
        run_import_ok(database, path, "--dry-run", *words)
    message = import_refused(database, path, "--on-bad", "null")
    assert "--on-bad null has no other value for it: use --on-bad skip" in message


def test_remedies_for_an_existing_column_offer_no_other_type(database: str, tmp_path: Path) -> None:
    run_sql(database, "CREATE TABLE author (id int, name text, born date)")
    path = create_authors(tmp_path)
    message = import_refused(database, path)
    assert f"Use {NULL}, {SKIP}; or change the type of author.born in Postgres, or fix" in message
    for words in printed_options(message):
        run_import_ok(database, path, "--dry-run", *words)
    run_sql(database, "ALTER TABLE author ALTER born TYPE text, ALTER name TYPE int USING 1")
    assert "change the type of author.name in Postgres" in import_refused(database, path)


def test_rejected_blob_in_an_existing_text_column_can_become_text(
    database: str, tmp_path: Path
) -> None:
    run_sql(database, "CREATE TABLE t (v text)")
    path = create_sqlite(tmp_path / "app.db", "CREATE TABLE t (v TEXT)", t=[(b"blob",)])
    message = import_refused(database, path)
    assert f"Use {NULL}, {TEXT}, {SKIP};" in message
    assert "--type" not in message
    run_import_ok(database, path, "--on-bad", "text")


def test_tables_that_are_not_empty_are_reported_in_one_line(database: str, tmp_path: Path) -> None:
    names = [f"t{n}" for n in range(8)]
    sql = "".join(f"CREATE TABLE {name} (a); INSERT INTO {name} VALUES (1);" for name in names)
    path = create_sqlite(tmp_path / "app.db", sql)
    run_import_ok(database, path)
    message = import_refused(database, path)
    assert "These tables are not empty: t0, t1, t2, t3, t4 and 3 more. Use --replace" in message
    assert all(word in message for word in ("--append to add", "--exclude TABLE", "--verify-only"))
    run_import_ok(database, path, "--verify-only")


def test_import_into_an_empty_schema_suggests_migrations(database: str, tmp_path: Path) -> None:
    path = create_sqlite(tmp_path / "app.db", "CREATE TABLE t (a)", t=[(1,)])
    note = "public: has no tables, so they are created"
    done = run_import_ok(database, path, "--dry-run")
    assert [one.startswith(note) for one in done.report["notes"]] == [True]
    assert "run those first (flask db upgrade)" in done.out
    run_sql(database, "CREATE TABLE alembic_version (version_num text)")
    assert note in run_import_ok(database, path, "--dry-run").notes()
    run_sql(database, "CREATE TABLE other (a int)")
    assert note not in run_import_ok(database, path).notes()
    run_sql(database, "DROP TABLE other, t")
    done = run_import(database, path, "--verify-only")
    assert "t: Postgres has no such table" in done.err
    assert done.report["notes"] == []


def test_orphans_due_to_a_nocase_key_are_explained(database: str, tmp_path: Path) -> None:
    path = create_sqlite(
        tmp_path / "app.db",
        "CREATE TABLE u (name TEXT COLLATE NOCASE PRIMARY KEY);"
        "CREATE TABLE b (id INTEGER PRIMARY KEY, who TEXT REFERENCES u(name), n INT REFERENCES b)",
        u=[("Ada",)],
        b=[(1, "ada", None)],
    )
    case = "; u.name is case-insensitive in SQLite (NOCASE), case-sensitive in Postgres"
    message = import_refused(database, path)
    assert f"1 row has no parent row (id 1){case}. Fix them in SQLite, or use" in message
    for words in printed_options(message):
        done = run_import_ok(database, path, *words)
        assert done.changed()["foreign key b (who)"].endswith(case)
    run_sql(database, "DROP TABLE b, u")
    other = create_sqlite(
        tmp_path / "other.db",
        "CREATE TABLE b (id INTEGER PRIMARY KEY, n INT REFERENCES b); INSERT INTO b VALUES (1, 2)",
    )
    assert "NOCASE" not in import_refused(database, other)


def error_line(done: ImportResult) -> str:
    (line,) = done.err.splitlines()
    return line


def test_type_option_without_a_type_is_a_usage_error(database: str, tmp_path: Path) -> None:
    done = run_import(database, create_authors(tmp_path), "--type", "author.born")
    assert done.status == 64
    assert error_line(done).endswith(
        "write it as TABLE.COLUMN=TYPE, such as --type user.name=text."
    )


def test_help_lists_interval_units_and_on_bad_policies(database: str, tmp_path: Path) -> None:
    message = " ".join(run_import(database, tmp_path / "app.db", "--help").out.split())
    assert "timestamptz:unix (unix, ms, us, julian) or interval:s (s, ms, us" in message
    assert "null replaces them with NULL, text makes their columns text, skip skips" in message


@pytest.mark.parametrize("place", ["nowhere/r.json", ""])
def test_report_that_cannot_be_created_fails_before_the_import(
    database: str, tmp_path: Path, place: str
) -> None:
    path = create_authors(tmp_path)
    done = run_import(database, path, "--report", str(tmp_path / place))
    assert done.status == 73
    assert f"--report {tmp_path / place}: " in error_line(done)
    assert ("does not exist" if place else "Is a directory. Name a file") in done.err
    assert query(database, "SELECT 1 FROM pg_tables WHERE tablename = 'author'") == []


@pytest.mark.parametrize("bad", [False, True])
def test_report_that_cannot_be_completed_still_shows_the_outcome(
    database: str, tmp_path: Path, *, bad: bool
) -> None:
    path = create_authors(tmp_path)
    words = [] if bad else ["--on-bad", "null"]
    done = subprocess.run(
        [sys.executable, *import_command(path, *words, "--report", "/dev/full")[1:]],
        env=environment(database),
        capture_output=True,
        text=True,
        timeout=60,
    )
    first, *rest = done.stderr.splitlines()
    assert first.startswith("demijohn: --report /dev/full: No space left on device.")
    assert first.endswith(f"The outcome was: {'refused' if bad else 'imported'}.")
    assert done.returncode == (65 if bad else 73)
    assert len(rest) == bad
    assert ("imported and verified" in done.stdout) != bad


TWO_KEYS = """
CREATE TABLE p (id INTEGER PRIMARY KEY);
CREATE TABLE q (a INT, b INT, PRIMARY KEY (a, b));
CREATE TABLE c (id INTEGER PRIMARY KEY, p INT REFERENCES p, a INT, b INT, n INT,
  FOREIGN KEY (a, b) REFERENCES q);
INSERT INTO p VALUES (1);
INSERT INTO c VALUES (1, 1, NULL, NULL, 1), (2, 7, 3, 4, 2), (3, 8, NULL, 4, 3);
"""
ORPHANS = "2 rows have no parent row (id 2, 3)", "1 row has no parent row (id 2)"


def test_all_violated_foreign_keys_are_reported_at_once(database: str, tmp_path: Path) -> None:
    done = run_import(database, create_sqlite(tmp_path / "app.db", TWO_KEYS))
    assert done.status == 65
    first, second = done.err.splitlines()
    assert first == f"demijohn: foreign key c (p): {ORPHANS[0]}."
    assert second == (
        f"demijohn: foreign key c (a, b): {ORPHANS[1]}. Fix them in SQLite, or use --on-bad null:"
        " the rows are imported unchanged, and the keys check new rows only."
    )


def test_orphans_are_reported_along_with_rejected_values(database: str, tmp_path: Path) -> None:
    path = create_sqlite(tmp_path / "app.db", TWO_KEYS + "UPDATE c SET n = 'x' WHERE id = 1")
    rest = "Fix that too, or use --on-bad skip: "
    done = run_import(database, path)
    assert done.status == 65
    assert f" Also, 3 rows have no parent row. {rest}c (p): 2, c (a, b): 1." in done.err
    done = run_import(database, path, "--exclude", "q")
    assert f" Also, 2 rows have no parent row. {rest}c (p): 2." in done.err
    run_import_ok(database, path, "--on-bad", "skip")


def test_foreign_key_that_sqlite_cannot_check_hides_no_rejected_value(
    database: str, tmp_path: Path
) -> None:
    sql = "CREATE TABLE p (x INT); CREATE TABLE c (x INT REFERENCES p (x), n DATE)"
    done = run_import(database, create_sqlite(tmp_path / "app.db", sql, c=[(1, "x")]))
    assert done.status == 65
    assert "1 value does not fit, so nothing was imported" in done.err and "refer" not in done.err


CHECKED = "CREATE TABLE t (id INTEGER PRIMARY KEY, v INT); INSERT INTO t VALUES (1, 2), (2, 5)"


def test_existing_check_is_reported_with_its_drop_statement(database: str, tmp_path: Path) -> None:
    run_sql(
        database, 'CREATE TABLE t (id int PRIMARY KEY, v int CONSTRAINT "at most" CHECK (v < 3))'
    )
    path = create_sqlite(tmp_path / "app.db", CHECKED)
    done = run_import(database, path, "--on-bad", "skip")
    assert done.status == 65
    remedy = 'ALTER TABLE "t" DROP CONSTRAINT "at most";'
    assert (
        f"COPY t, line 2. Fix such rows in SQLite, or drop the constraint: {remedy} You can"
        in done.err
    )
    run_sql(database, remedy)
    run_import_ok(database, path)


DOMAIN = "CREATE DOMAIN few AS int CHECK (VALUE < 3); CREATE TABLE t (id int, v few)"
PARTITION = """CREATE TABLE t (id int, v int) PARTITION BY RANGE (v);
  CREATE TABLE u PARTITION OF t FOR VALUES FROM (0) TO (3)"""


@pytest.mark.parametrize(
    ("table", "remedy"), [(DOMAIN, "few_check"), (PARTITION, "create a partition for them")]
)
def test_domain_check_or_missing_partition_is_reported_with_a_remedy(
    database: str, tmp_path: Path, table: str, remedy: str
) -> None:
    run_sql(database, table)
    done = run_import(database, create_sqlite(tmp_path / "app.db", CHECKED))
    assert done.status == 65
    assert "Fix such rows in SQLite, or" in done.err and remedy in done.err


def test_check_constraints_with_one_name_are_all_imported(database: str, tmp_path: Path) -> None:
    sql = "CREATE TABLE t (v INT CONSTRAINT c CHECK (v > 1), w INT CONSTRAINT c CHECK (w > 2))"
    done = run_import_ok(database, create_sqlite(tmp_path / "app.db", sql))
    assert not done.not_imported()
    checks = query(database, "SELECT conname FROM pg_constraint WHERE conrelid = 't'::regclass")
    assert ("c",) in checks and len(checks) == 2


def test_excluding_every_table_is_not_reported_as_an_empty_file(
    database: str, tmp_path: Path
) -> None:
    done = run_import(database, create_sqlite(tmp_path / "app.db", CHECKED), "--exclude", "t")
    assert done.status == 65
    assert "app.db has tables, but --exclude leaves none to import." in done.err


def test_lost_primary_key_is_listed_before_other_losses(database: str, tmp_path: Path) -> None:
    sql = "CREATE TABLE z (id TEXT PRIMARY KEY); CREATE VIEW a AS SELECT 1"
    path = create_sqlite(tmp_path / "app.db", sql, z=[("".join(map(str, range(3000))),)])
    done = run_import_ok(database, path)
    lines = done.out.splitlines()
    at = lines.index("not imported:")
    assert lines[at + 1].startswith("  primary key z: index row requires")
    assert lines[at + 2].startswith("  view a:")


def test_foreign_key_between_different_types_suggests_type_option(
    database: str, tmp_path: Path
) -> None:
    sql = (
        "CREATE TABLE p (a INT, b INT, PRIMARY KEY (a, b));"
        "CREATE TABLE c (a TEXT, b INT, FOREIGN KEY (a, b) REFERENCES p (a, b))"
    )
    path = create_sqlite(tmp_path / "app.db", sql, p=[(1, 2)], c=[("1", 2)])
    assert run_import_ok(database, path).not_imported() == {
        "foreign key c (a, b)": "c.a is text, but p.a is bigint: use --type to make them equal"
    }
    run_sql(database, "DROP TABLE c, p")
    assert not run_import_ok(database, path, "--type", "c.a=bigint").not_imported()
