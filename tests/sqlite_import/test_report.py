"""The summary and the report: rows skipped, values not compared, differences and losses."""

import uuid
from pathlib import Path

import pytest

from tests.sqlite_import.helpers import (
    ONE_AND_SEVERAL_READERS,
    create_sqlite,
    open_cursor,
    query,
    run_import,
    run_import_ok,
    run_sql,
)

INTERVALS = ["1970-01-02 01:00:00.500000", "1969-12-31 23:00:00.000000", None]
IMPORT_AND_VERIFY = pytest.mark.parametrize(
    "words", [(), ("--verify-only",)], ids=["import", "verify"]
)


@ONE_AND_SEVERAL_READERS
@pytest.mark.parametrize("existing", [False, True])
def test_sqlalchemy_intervals_are_imported_and_compared(
    database: str, tmp_path: Path, *, existing: bool, program: tuple[str, ...]
) -> None:
    if existing:
        run_sql(database, "CREATE TABLE t (a interval, b interval)")
    path = create_sqlite(
        tmp_path / "app.db",
        "CREATE TABLE t (a DATETIME, b DATETIME)",
        t=[(span, None) for span in INTERVALS],
    )
    words = () if existing else ("--type", "t.a=interval", "--type", "t.b=interval")
    done = run_import_ok(database, path, *words, program=program)
    assert query(database, "SELECT a::text FROM t ORDER BY a") == [
        ("-1 days +23:00:00",),
        ("1 day 01:00:00.5",),
        (None,),
    ]
    assert done.report["tables"][0]["not_compared"] == {}
    assert "counted" not in done.out
    run_import_ok(database, path, "--verify-only", *words, program=program)
    for change in ("a = a + interval '1 second'", "b = interval '0'"):
        with open_cursor(database) as cursor:
            cursor.execute("CREATE TABLE kept AS TABLE t")
            cursor.execute(f"UPDATE t SET {change}")
        assert run_import(database, path, "--verify-only", *words, program=program).status == 1
        run_sql(database, "TRUNCATE t; INSERT INTO t TABLE kept; DROP TABLE kept")


def test_number_among_intervals_still_requires_a_unit(database: str, tmp_path: Path) -> None:
    run_sql(database, "CREATE TABLE t (a interval)")
    path = create_sqlite(
        tmp_path / "app.db", "CREATE TABLE t (a DATETIME)", t=[(INTERVALS[0],), (5,)]
    )
    assert "is a number: give its unit" in run_import(database, path).out
    done = run_import(database, path, "--type", "t.a=interval:epoch")
    assert "is a number: give its unit" in done.out


@IMPORT_AND_VERIFY
def test_columns_that_are_only_counted_are_named_with_the_reason(
    database: str, tmp_path: Path, words: tuple[str, ...]
) -> None:
    run_sql(database, "CREATE TABLE t (id int, a inet, b interval); CREATE TABLE u (id int)")
    path = create_sqlite(
        tmp_path / "app.db",
        "CREATE TABLE t (id INT, a TEXT, b TEXT); CREATE TABLE u (id INT)",
        t=[(1, "10.0.0.1", "2 hours"), (2, None, INTERVALS[0])],
        u=[(1,), (2,), (3,)],
    )
    done = run_import_ok(database, path)
    assert done.out.index(
        "t.a: only Postgres can parse inet; so its values are counted"
    ) < done.out.index("loading")
    if words:
        done = run_import_ok(database, path, *words)
    reasons = {
        "a": "only Postgres can parse inet",
        "b": "not all of its values are dates, and only Postgres can parse other intervals",
    }
    reported = "".join(f"  t.{name}: {why}\n" for name, why in reasons.items())
    assert f"counted, not compared:\n{reported}" in done.out
    assert ", except 2 columns that could only be counted\n" in done.out
    assert done.out.index("\n  t  ") < done.out.index("\n  u  ")  # although u has more rows
    assert [one["not_compared"] for one in done.report["tables"]] == [reasons, {}]


def test_dry_run_has_no_exceptions_in_its_last_line(database: str, tmp_path: Path) -> None:
    run_sql(database, "CREATE TABLE t (a inet)")
    path = create_sqlite(tmp_path / "app.db", "CREATE TABLE t (a TEXT)", t=[("10.0.0.1",)])
    done = run_import_ok(database, path, "--dry-run")
    assert "counted, not compared:\n  t.a: only Postgres can parse inet" in done.out
    assert done.out.endswith(": dry run, nothing was committed\n")


@IMPORT_AND_VERIFY
def test_skipped_rows_are_counted_per_table(
    database: str, tmp_path: Path, words: tuple[str, ...]
) -> None:
    path = create_sqlite(
        tmp_path / "app.db",
        "CREATE TABLE bad (a INT, b INT); CREATE TABLE good (a INT); CREATE TABLE fair (a INT)",
        bad=[(n, n) for n in range(1998)] + [("x", "y"), (5, "z")],
        good=[(1,)],
        fair=[("x",), (1,)],
    )
    done = run_import_ok(database, path, "--on-bad", "skip")
    assert "\n  bad: 1,998 rows, 2 skipped\n" in done.out
    if words:
        done = run_import_ok(database, path, "--on-bad", "skip", *words)
    lines = done.out.splitlines()
    at = next(at for at, line in enumerate(lines) if line.split()[:1] == ["table"])
    assert [line.split()[:4] for line in lines[at : at + 4]] == [
        ["table", "SQLite", "skipped", "Postgres"],
        ["bad", "2,000", "2", "1,998"],
        ["fair", "2", "1", "1"],
        ["good", "1", "0", "1"],
    ]
    assert "2,000 rows in 3 tables, 3 rows skipped, " in done.out
    tables = {one["source"]: one for one in done.report["tables"]}
    assert tables["bad"]["rows"] == {"source": 2000, "target": 1998}
    assert [one["skipped_rows"] for one in tables.values()] == [2, 1, 0]


def test_summary_without_skipped_rows_does_not_mention_them(database: str, tmp_path: Path) -> None:
    path = create_sqlite(tmp_path / "app.db", "CREATE TABLE t (a INT)", t=[(1,)])
    assert "skipped" not in run_import_ok(database, path, "--on-bad", "skip").out


FAMILY = """
CREATE TABLE person (id INTEGER PRIMARY KEY, born DATE);
CREATE TABLE pet (id {key}, owner INT REFERENCES person (id), other INT REFERENCES person (id),
                  born DATE){without};
"""
# Every second of 20 people has an invalid date. Each person has a pet. 3 more pets have a missing
# owner: one of them has an invalid date, and another has a missing second owner.
PEOPLE = [(n, "1970-01-01" if n % 2 else "the 70s") for n in range(1, 21)]
PETS = [(n, n, None, None) for n in range(1, 21)]
ORPHANS = [(97, 500, None, "x"), (98, 500, 1, None), (99, 500, 500, None), (100, 1, None, None)]
TWELVE = "12 rows have no parent row (id 2, 4, 6, 8, 10, …)"
THREE = "3 rows have no parent row (id 97, 98, 99)"
ONE = "1 row has no parent row (id 99)"
SKIPPED = "rows were skipped"


@pytest.mark.parametrize(
    ("policy", "key", "without", "owner", "other"),
    [
        ("skip", "INTEGER PRIMARY KEY", "", f"{TWELVE}, 10 of them because {SKIPPED}", ONE),
        (
            "skip",
            "INT PRIMARY KEY",
            " WITHOUT ROWID",
            f"{TWELVE}, 10 of them because {SKIPPED}",
            ONE,
        ),
        ("null", "INTEGER PRIMARY KEY", "", THREE, ONE),
    ],
)
def test_orphans_are_counted_with_those_of_skipped_parents(
    database: str, tmp_path: Path, policy: str, key: str, without: str, owner: str, other: str
) -> None:
    sql = FAMILY.format(key=key, without=without)
    path = create_sqlite(tmp_path / "app.db", sql, person=PEOPLE, pet=[*PETS, *ORPHANS])
    done = run_import_ok(database, path, "--on-bad", policy)
    changed = done.changed()
    assert changed["foreign key pet (owner)"] == f"checks new rows only: {owner}"
    assert changed["foreign key pet (other)"] == f"checks new rows only: {other}"


def test_orphans_of_skipped_parents_only_are_counted(database: str, tmp_path: Path) -> None:
    sql = (
        "CREATE TABLE p (a INT, b TEXT, n INT, PRIMARY KEY (a, b));"
        "CREATE TABLE c (x INT, y TEXT, FOREIGN KEY (x, y) REFERENCES p (a, b))"
    )
    rows = [(1, "l", 1), (2, "m", "bad")]
    path = create_sqlite(tmp_path / "app.db", sql, p=rows, c=[(1, "l"), (2, "m"), (2, None)])
    assert run_import_ok(database, path, "--on-bad", "skip").changed()["foreign key c (x, y)"] == (
        "checks new rows only: 1 row has no parent row (x 2 y m), because rows were skipped"
    )


def test_orphan_in_another_case_is_not_attributed_to_skipped_rows(
    database: str, tmp_path: Path
) -> None:
    sql = (
        "CREATE TABLE p (id TEXT COLLATE NOCASE PRIMARY KEY, n INT);"
        "CREATE TABLE c (id INTEGER PRIMARY KEY, p TEXT REFERENCES p)"
    )
    rows = [(1, "A"), (2, "b")]
    path = create_sqlite(tmp_path / "app.db", sql, p=[("a", 1), ("b", "bad")], c=rows)
    reported = run_import_ok(database, path, "--on-bad", "skip").changed()["foreign key c (p)"]
    assert "2 rows have no parent row (id 1, 2)" in reported
    assert reported.endswith(", 1 of them because rows were skipped")


def test_orphans_without_a_usable_rowid_are_not_attributed_exactly(
    database: str, tmp_path: Path
) -> None:
    """The primary key may be NULL, and one foreign key references a column that is not a key."""
    sql = (
        "CREATE TABLE p (id INTEGER PRIMARY KEY, n INT);"
        "CREATE TABLE c (rowid INT PRIMARY KEY, _rowid_ DATE, oid INT REFERENCES p,"
        "                odd INT REFERENCES p (n))"
    )
    rows = [(1, None, 1, None), (None, None, 2, None), (3, "soon", 1, None)]
    path = create_sqlite(tmp_path / "app.db", sql, p=[(1, 1), (2, "bad")], c=rows)
    assert run_import_ok(database, path, "--on-bad", "skip").changed()["foreign key c (oid)"] == (
        "checks new rows only: 1 row has no parent row (rowid NULL), "
        "perhaps some because rows were skipped"
    )


def test_rejected_values_are_counted_by_column_and_reason(database: str, tmp_path: Path) -> None:
    rows = [("x" if n % 2 else "", f"day {n}", n) for n in range(7)] + [(1, "2024-01-01", None)]
    path = create_sqlite(tmp_path / "app.db", "CREATE TABLE t (a INT, b DATE, c INT NOT NULL)")
    with open_cursor(database) as cursor:
        cursor.execute("CREATE TABLE t (a int, b date, c int NOT NULL)")
    create_sqlite(path, "DROP TABLE t; CREATE TABLE t (a INT, b DATE, c INT)", t=rows)
    out = run_import(database, path).out
    assert out[out.index("15 values") :] == (
        "15 values do not fit:\n"
        "  in 7 rows, t.b is not a date or time, such as 'day 0' (rowid 1), 'day 1' (rowid 2), "
        "'day 2' (rowid 3)\n"
        "  in 4 rows, t.a is an empty text, not a whole number, such as '' (rowid 1)\n"
        "  in 3 rows, t.a is a text, not a whole number, such as 'x' (rowid 2)\n"
        "  in 1 row, t.c is NULL, and the column is NOT NULL: NULL (rowid 8)\n"
        "  --report FILE lists each of them\n"
    )


NO_ZONE = "dates without a time zone are taken as UTC"
EXISTING = {
    "date": ("TEXT", "2024-01-01", "TEXT in SQLite, date in Postgres"),
    "varchar(9)": ("TEXT", "x", "TEXT in SQLite, character varying(9) in Postgres"),
    "varchar(8)": ("VARCHAR(9)", "x", "VARCHAR(9) in SQLite, character varying(8) in Postgres"),
    "timestamptz": ("DATETIME", "2024-01-01 10:00:00", NO_ZONE),
    "timestamptz ": (
        "TEXT",
        "2024-01-01 10:00:00",
        "TEXT in SQLite, timestamp with time zone in Postgres; " + NO_ZONE,
    ),
    "timestamp": (
        "TIMESTAMP",
        "2024-01-01 10:00:00+02",
        "dates with a time zone are converted to UTC",
    ),
    "date ": ("DATETIME", "2024-01-01", "DATETIME in SQLite, date in Postgres"),
    "numeric(5,2)": ("DECIMAL(9,2)", 1.5, "DECIMAL(9,2) in SQLite, numeric(5,2) in Postgres"),
    "uuid": ("CHAR(32)", "0" * 32, "CHAR(32) in SQLite, uuid in Postgres"),
    "interval": (
        "DATETIME",
        INTERVALS[0],
        "its values are dates; the time since 1970 becomes the interval",
    ),
    # No note if the types are equal or the existing one is wider.
    "varchar(10)": ("VARCHAR(9)", "x", ""),
    "text": ("VARCHAR(9)", "x", ""),
    "timestamp ": ("DATETIME", "2024-01-01 10:00:00", ""),
    "timestamptz  ": ("TIMESTAMP", "2024-01-01 10:00:00Z", ""),
    "timestamptz   ": ("DATETIME", None, ""),
    "numeric(9,2)": ("DECIMAL(9,2)", 1.5, ""),
    "integer": ("INTEGER", 1, ""),
}


def test_type_differences_of_existing_tables_are_noted_before_loading(
    database: str, tmp_path: Path
) -> None:
    names = dict(zip(EXISTING, range(len(EXISTING)), strict=True))
    run_sql(database, "".join(f"CREATE TABLE t{n} (v {type_});" for type_, n in names.items()))
    path = create_sqlite(
        tmp_path / "app.db",
        "".join(f"CREATE TABLE t{names[key]} (v {EXISTING[key][0]});" for key in EXISTING),
        **{f"t{names[key]}": [(EXISTING[key][1],)] for key in EXISTING},
    )
    done = run_import_ok(database, path)
    expected = {
        f"t{names[key]}.v": reported for key, (_, _, reported) in EXISTING.items() if reported
    }
    assert dict(note.split(": ", 1) for note in done.report["notes"]) == expected
    for reported in expected.values():
        assert done.out.index(reported) < done.out.index("loading")


UUIDS = [uuid.uuid5(uuid.NAMESPACE_DNS, str(n)) for n in range(3)]
UTC = (
    "t.at, t.seen: have no time zone; if the app expects one, as Django does: "
    "--type t.at=timestamptz --type t.seen=timestamptz"
)


def test_new_columns_get_type_suggestions(database: str, tmp_path: Path) -> None:
    """The table has the types that SQLAlchemy declares; the database is empty."""
    path = create_sqlite(
        tmp_path / "app.db",
        """CREATE TABLE t (id CHAR(32), "by whom" VARCHAR(36), digest CHAR(32), code CHAR(32),
                           at DATETIME, seen TIMESTAMP, span DATETIME, zoned DATETIME,
                           asked DATETIME, empty DATETIME)""",
        t=[
            (one.hex, str(one), "0" * 32, (one.hex, "x")[n == 2], f"2024-01-0{n + 1} 10:00:00",
             "2024-01-01", INTERVALS[n], "2024-01-01 10:00Z", "2024-01-01", None)
            for n, one in enumerate(UUIDS)
        ],
    )  # fmt: skip
    done = run_import_ok(database, path, "--type", "t.asked=timestamp")
    hints = [note for note in done.report["notes"] if "--type" in note]
    assert hints == [
        "t.id, t.by whom: look like UUIDs: --type t.id=uuid --type 't.by whom=uuid'",
        "t.span: looks like intervals (SQLAlchemy's Interval): --type t.span=interval",
        UTC,
    ]
    run_sql(database, "DROP TABLE t")
    words = ("t.id=uuid", "t.by whom=uuid", "t.span=interval", "t.at=timestamptz")
    asked = [part for word in words for part in ("--type", word)]
    assert "not compared" not in run_import_ok(database, path, *asked).out
    assert query(database, 'SELECT id::text, "by whom"::text FROM t') == [
        (str(one), str(one)) for one in UUIDS
    ]


def test_few_rejected_values_do_not_suppress_a_type_suggestion(
    database: str, tmp_path: Path
) -> None:
    """The suggestion allows for one rejected value in ten, but not for one in nine."""
    sql = "CREATE TABLE few (v DATETIME); CREATE TABLE more (v DATETIME)"
    rows = [(INTERVALS[0],)] * 9 + [("soon",)]
    path = create_sqlite(tmp_path / "app.db", sql, few=rows, more=rows[1:])
    done = run_import(database, path)
    hints = [note for note in done.report["notes"] if "--type" in note]
    assert hints == ["few.v: looks like intervals (SQLAlchemy's Interval): --type few.v=interval"]


def test_shadow_tables_are_counted_in_the_line_of_their_virtual_table(
    database: str, tmp_path: Path
) -> None:
    sql = "CREATE VIRTUAL TABLE words USING fts5(body); CREATE TABLE words_of (a INT)"
    done = run_import_ok(database, create_sqlite(tmp_path / "app.db", sql))
    assert "exists only in SQLite (and its 5 shadow tables)\n" in done.out
    assert "shadow table words" not in done.out
    assert len(done.not_imported()) == 6


def test_rejected_key_in_a_difference_is_shown_as_does_not_fit(
    database: str, tmp_path: Path
) -> None:
    path = create_sqlite(
        tmp_path / "app.db", "CREATE TABLE t (a INT PRIMARY KEY)", t=[("x",), (None,), (1,)]
    )
    run_import_ok(database, path, "--on-bad", "skip")
    run_sql(database, "DELETE FROM t")
    done = run_import(database, path, "--verify-only")
    assert "    only in SQLite where a NULL; a (does not fit); a 1\n" in done.out
    assert done.report["tables"][0]["difference"]["only_sqlite"] == [
        {"a": None},
        {"a": "(does not fit)"},
        {"a": "1"},
    ]


def test_enum_with_many_labels_names_the_first_ten(database: str, tmp_path: Path) -> None:
    labels = ", ".join(f"'l{n}'" for n in range(12))
    run_sql(database, f"CREATE TYPE e AS ENUM ({labels}); CREATE TABLE t (a e)")
    path = create_sqlite(tmp_path / "app.db", "CREATE TABLE t (a TEXT)", t=[("x",)])
    out = run_import(database, path).out
    assert "is none of e: l0, l1, l2, l3, l4, l5, l6, l7, l8, l9 and 2 more: 'x' (rowid 1)" in out
