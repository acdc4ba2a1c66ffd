"""In an empty schema the import creates the tables that the SQLite file declares."""

import re
from pathlib import Path

import psycopg2
import pytest

from local.steps import ROOT
from tests.sqlite_import.helpers import (
    ONE_AND_SEVERAL_READERS,
    ImportResult,
    create_sqlite,
    open_cursor,
    query,
    run_import,
    run_import_ok,
)

SAMPLES = ROOT / "tests" / "fixtures" / "samples"

DECLARED = """
CREATE TABLE "User" (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  "order" TEXT COLLATE NOCASE UNIQUE,
  Active BOOLEAN NOT NULL DEFAULT 1,
  made DATETIME DEFAULT CURRENT_TIMESTAMP,
  day TEXT DEFAULT (date('now')),
  "it's" VARCHAR(10) DEFAULT 'it''s',
  ratio REAL DEFAULT -0.5,
  raw BLOB DEFAULT x'00ff',
  odd INTEGER DEFAULT (random()),
  xmin INT,
  CONSTRAINT "short enough" CHECK (length("it's") < 8),
  CHECK (Active = 1 OR ratio != 0),
  CHECK (typeof(odd) = 'integer'),
  UNIQUE (day, "it's")
);
CREATE INDEX active_users ON "User" ("order" DESC) WHERE active = 1 AND day IS NOT NULL;
CREATE INDEX lowered ON "User" (lower("it's"), made);
CREATE INDEX untranslatable ON "User" (strftime('%Y', '2024-01-01'));
CREATE TABLE pair (a INT, b TEXT, c, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE child (
  a INT, b TEXT, u INTEGER REFERENCES "User" ON DELETE SET NULL,
  FOREIGN KEY (a, b) REFERENCES pair (a, b) ON DELETE CASCADE ON UPDATE RESTRICT
    DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE exact (id INTEGER PRIMARY KEY, i INT NOT NULL, r REAL, t TEXT, b BLOB, x ANY) STRICT;
CREATE TABLE worked (
  price NUMERIC, count INT,
  total NUMERIC GENERATED ALWAYS AS (price * count) STORED,
  label TEXT AS (upper('n' || count)) VIRTUAL,
  year TEXT AS (strftime('%Y', '2024-05-05'))
);
CREATE TABLE hens (id INTEGER PRIMARY KEY, egg INT REFERENCES eggs(id));
CREATE TABLE eggs (id INTEGER PRIMARY KEY, hen INT REFERENCES hens(id));
CREATE TABLE gone (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT);
CREATE TABLE orphan (n INT REFERENCES nowhere(id));
CREATE TABLE keyless (k TEXT PRIMARY KEY);
CREATE VIEW seen AS SELECT 1;
CREATE TRIGGER fires AFTER INSERT ON pair BEGIN SELECT 1; END;
CREATE VIRTUAL TABLE words USING fts5(body);
INSERT INTO "User" (id, "order", "it's") VALUES (7, 'Ann', 'a'), (3, 'Bob', 'b');
INSERT INTO pair VALUES (1, 'x', 1), (2, 'y "', NULL);
INSERT INTO child VALUES (1, 'x', 7), (NULL, 'q', NULL);
INSERT INTO exact VALUES (1, 2, 3.5, 'four', x'05', 6), (2, 2, NULL, NULL, NULL, 'six');
INSERT INTO worked (price, count) VALUES (1.25, 3), (NULL, 1);
INSERT INTO hens VALUES (1, 1); INSERT INTO eggs VALUES (1, 1);
INSERT INTO gone VALUES (41, 'x'); DELETE FROM gone;
INSERT INTO keyless VALUES (NULL), ('a');
"""


@pytest.fixture(scope="module")
def imported(
    postgres: object, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, ImportResult]:
    url = postgres.create_database("import_schema")  # type: ignore[attr-defined]
    return url, run_import_ok(
        url, create_sqlite(tmp_path_factory.mktemp("schema") / "app.db", DECLARED)
    )


def definitions(url: str, table: str) -> str:
    """The definitions of constraints and indexes in Postgres."""
    constraints = query(
        url,
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
        f" WHERE conrelid = '\"{table}\"'::regclass",
    )
    indexes = query(url, f"SELECT indexdef FROM pg_indexes WHERE tablename = '{table}'")
    return "\n".join(line for (line,) in [*constraints, *indexes])


def test_new_columns_have_their_types_and_defaults(imported: tuple[str, ImportResult]) -> None:
    columns = query(
        imported[0],
        """SELECT column_name, data_type, is_nullable, column_default, is_identity
             FROM information_schema.columns WHERE table_name = 'User' ORDER BY ordinal_position""",
    )
    assert columns == [
        ("id", "bigint", "NO", None, "YES"),
        ("order", "text", "YES", None, "NO"),
        ("Active", "boolean", "NO", "true", "NO"),
        (
            *("made", "timestamp without time zone", "YES"),
            *("date_trunc('second'::text, (now() AT TIME ZONE 'UTC'::text))", "NO"),
        ),
        (
            *("day", "text", "YES"),
            *("to_char((now() AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD'::text)", "NO"),
        ),
        ("it's", "character varying", "YES", "'it''s'::character varying(10)", "NO"),
        ("ratio", "double precision", "YES", "'-0.5'::double precision", "NO"),
        ("raw", "bytea", "YES", "'\\x00ff'::bytea", "NO"),
        ("odd", "bigint", "YES", None, "NO"),
        (columns[-1][0], "bigint", "YES", None, "NO"),
    ]


def test_new_tables_have_their_keys_checks_and_indexes(imported: tuple[str, ImportResult]) -> None:
    found = definitions(imported[0], "User")
    for words in (
        "PRIMARY KEY (id)",
        'UNIQUE (day, "it\'s")',
        'UNIQUE INDEX "User_order_key" ON public."User" USING btree (lower(("order" COLLATE "C")))',
        'btree (lower(("order" COLLATE "C")) DESC) WHERE (("Active" = true) AND (day IS NOT NULL))',
        'btree (lower(("it\'s")::text), made)',
        'CHECK ((length(("it\'s")::text) < 8))',
        'CHECK ((("Active" = true) OR (ratio <> (0)::double precision)))',
    ):
        assert words in found
    assert "PRIMARY KEY (a, b)" in definitions(imported[0], "pair")


def test_circular_foreign_keys_are_imported_with_their_actions(
    imported: tuple[str, ImportResult],
) -> None:
    found = definitions(imported[0], "child")
    assert 'FOREIGN KEY (u) REFERENCES "User"(id) ON DELETE SET NULL' in found
    assert (
        "FOREIGN KEY (a, b) REFERENCES pair(a, b) ON UPDATE RESTRICT ON DELETE CASCADE"
        " DEFERRABLE INITIALLY DEFERRED" in found
    )
    assert "FOREIGN KEY (egg) REFERENCES eggs(id)" in definitions(imported[0], "hens")
    assert "FOREIGN KEY (hen) REFERENCES hens(id)" in definitions(imported[0], "eggs")


def test_unique_nocase_column_is_case_insensitive_in_postgres(
    imported: tuple[str, ImportResult],
) -> None:
    with open_cursor(imported[0]) as cursor, pytest.raises(psycopg2.errors.UniqueViolation):
        cursor.execute('INSERT INTO "User" ("order") VALUES (\'aNN\')')


def test_generated_columns_have_the_values_of_sqlite(imported: tuple[str, ImportResult]) -> None:
    assert query(imported[0], "SELECT total, label, year FROM worked ORDER BY count DESC") == [
        (3.75, "N3", "2024"),
        (None, "N1", "2024"),
    ]
    generated = query(
        imported[0],
        "SELECT attname, attgenerated::text FROM pg_attribute"
        " WHERE attrelid = 'worked'::regclass AND attnum > 2",
    )
    assert ("year", "") in generated


def test_identities_continue_after_the_highest_id(imported: tuple[str, ImportResult]) -> None:
    assert query(imported[0], "INSERT INTO gone (v) VALUES ('new') RETURNING id") == [(42,)]
    assert query(imported[0], "INSERT INTO exact (i) VALUES (1) RETURNING id") == [(3,)]


def test_schema_losses_are_listed_with_reasons(imported: tuple[str, ImportResult]) -> None:
    left = imported[1].not_imported() | imported[1].changed()
    for what, reason in {
        "view seen": "create it again",
        "trigger fires": "create it again",
        "virtual table words": "exists only in SQLite",
        "shadow table words_data": "virtual table",
        "foreign key orphan (n)": "refers to nowhere, which has no such key",
        "default User.odd": "it is random()",
        "check User: typeof ( odd ) = 'integer'": "typeof() has another meaning",
        "index untranslatable": "strftime() has another meaning",
        "generated column worked.year": "now plain: strftime() has another meaning",
        "primary key keyless": "it contains NULL, which SQLite allows: unique instead",
    }.items():
        assert reason in left.pop(what, ""), what
    assert set(left) <= {f"shadow table words_{x}" for x in ("config", "content", "docsize", "idx")}
    assert "User.xmin: is called xmin_" in imported[1].notes()
    assert set(imported[1].changed()) == {"generated column worked.year", "primary key keyless"}
    assert "changed:" in imported[1].out
    assert "not imported:" in imported[1].out


@pytest.mark.parametrize("sample", ["chinook", "northwind", "sakila"])
def test_sample_database_is_imported_whole(database: str, tmp_path: Path, sample: str) -> None:
    text = (SAMPLES / f"{sample}.sql").read_text(encoding="utf-8")
    path = create_sqlite(tmp_path / "app.db", text)
    done = run_import_ok(database, path)
    tables = set(re.findall(r"^CREATE TABLE \[?([\w ]+?)\]? \(", text, re.M))
    assert {table["source"] for table in done.report["tables"]} == tables
    ((keys,),) = query(database, "SELECT count(*) FROM pg_constraint WHERE contype = 'f'")
    assert keys == text.count("REFERENCES")
    ((checks,),) = query(
        database, "SELECT count(*) FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0"
    )
    assert checks == len(re.findall(r"CHECK ?\(", text))
    ours = "schemaname = 'public'"
    ((plain,),) = query(
        database, f"SELECT count(*) FROM pg_indexes WHERE {ours} AND indexname ~* '^i.*_'"
    )
    assert plain == text.count("CREATE INDEX")
    assert {name.split()[0] for name in done.not_imported()} <= {"view", "trigger"}
    again = run_import_ok(database, path, "--verify-only")
    assert again.report["outcome"] == "verified"


def test_long_table_names_are_shortened_and_noted(database: str, tmp_path: Path) -> None:
    one, two = "ö" * 40 + "a", "ö" * 40 + "b"
    sql = f'CREATE TABLE "{one}" (x INT); CREATE TABLE "{two}" (x INT, "{one}" INT)'
    done = run_import_ok(database, create_sqlite(tmp_path / "app.db", sql))
    found = query(database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    names = [name for (name,) in found]
    assert len(set(names)) == 2
    assert all(len(name.encode()) <= 63 for name in names)
    assert f"{one}: the table is called ö" in done.notes()


def test_index_and_constraint_names_do_not_collide(database: str, tmp_path: Path) -> None:
    """Tables, indexes, constraints and sequences share one namespace in Postgres."""
    sql = """
    CREATE TABLE t (id INTEGER PRIMARY KEY, a INT UNIQUE);
    CREATE INDEX t_pkey ON t (a); CREATE INDEX t_a_key ON t (a, id);
    CREATE TABLE t_id_seq (x INT); CREATE TABLE "select" ("from" INT, "a b" INT, "c""d" INT);
    INSERT INTO "select" VALUES (1, 2, 3);
    """
    run_import_ok(database, create_sqlite(tmp_path / "app.db", sql))
    assert query(database, 'SELECT "from", "a b", "c""d" FROM "select"') == [(1, 2, 3)]


def test_unique_constraint_violated_after_conversion_is_reported(
    database: str, tmp_path: Path
) -> None:
    sql = "CREATE TABLE t (at DATETIME UNIQUE)"
    rows = [("2024-01-01 00:00:00",), ("2024-01-01T00:00:00",)]
    done = run_import(database, create_sqlite(tmp_path / "app.db", sql, t=rows))
    assert done.status == 65
    assert "Key (at)=(2024-01-01 00:00:00) is duplicated" in done.err
    assert query(database, "SELECT 1 FROM pg_class WHERE relname = 't'") == []


def test_orphaned_row_stops_the_import_unless_on_bad_is_set(database: str, tmp_path: Path) -> None:
    """SQLite enforces foreign keys only for connections that enable them."""
    sql = "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p INT REFERENCES p)"
    path = create_sqlite(tmp_path / "app.db", sql, c=[(5,), (None,)])
    done = run_import(database, path)
    assert done.status == 65
    assert "foreign key c (p): 1 row has no parent row (p 5)" in done.err
    done = run_import_ok(database, path, "--on-bad", "text")
    assert "checks new rows only: 1 row" in done.changed()["foreign key c (p)"]
    assert "not imported" not in done.out
    assert "NOT VALID" in definitions(database, "c")


@ONE_AND_SEVERAL_READERS
def test_json_functions_in_the_schema_do_not_stop_the_import(
    database: str, tmp_path: Path, program: tuple[str, ...]
) -> None:
    path = create_sqlite(
        tmp_path / "app.db",
        """CREATE TABLE t (id INTEGER PRIMARY KEY, j TEXT CHECK (json_valid(j)),
          a TEXT AS (json_extract(j, '$.a')));
        CREATE INDEX i ON t (j ->> '$.b');
        INSERT INTO t VALUES (1, '{"a": "x"}');""",
    )
    left = run_import_ok(database, path, program=program).not_imported()
    assert query(database, "SELECT id, a FROM t") == [(1, "x")]
    assert left == {
        "check t: json_valid ( j )": "json_valid() has another meaning in Postgres",
        "index i": "->> has another meaning in Postgres",
    }


def test_generated_column_that_postgres_rejects_becomes_plain(
    database: str, tmp_path: Path
) -> None:
    sql = """CREATE TABLE a (id INTEGER PRIMARY KEY, w TEXT); INSERT INTO a VALUES (1, 'x');
      CREATE TABLE b (id INTEGER PRIMARY KEY, n INT, cheap INT AS (n < 10));
      INSERT INTO b (n) VALUES (20), (5);
      CREATE TABLE c (id INTEGER PRIMARY KEY); INSERT INTO c VALUES (1);"""
    done = run_import_ok(database, create_sqlite(tmp_path / "app.db", sql))
    assert "now plain: " in done.changed()["generated column b.cheap"]
    assert query(database, "SELECT cheap FROM b ORDER BY id") == [(0,), (1,)]
