"""Shared by the tests of import-sqlite: create SQLite files, run the command, query Postgres."""

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pytest

TIMEOUT_SECONDS = 60
PROGRAM = ("-m", "demijohn")
CONTENT_SQL = {
    "r": "t::text",
    "S": "(last_value, is_called)::text",
}  # contents of a table or sequence

# Sends itself a signal while psycopg2's C module imports psycopg2.errors. The C module reads any
# exception there as a missing module.
SIGNAL_DURING_MODULE_IMPORT = """
import os, sys
from demijohn.cli import main
def hook(event, words):
    if event == "import" and words[0] == "psycopg2.errors" and "sent" not in vars(sys):
        sys.sent = True
        os.kill(os.getpid(), {number})
sys.addaudithook(hook)
sys.exit(main(sys.argv[1:]))
"""


@dataclass(frozen=True)
class ImportResult:
    """Exit status and output of the command; `report` is the JSON that --report wrote."""

    status: int
    out: str
    err: str
    report: dict[str, Any]

    def notes(self) -> str:
        return "\n".join(self.report["notes"])

    def not_imported(self) -> dict[str, str]:
        """Objects that were not imported: `kind name` and the reason."""
        return self._reasons("left_behind")

    def changed(self) -> dict[str, str]:
        """Objects that were imported with a change: `kind name` and the reason."""
        return self._reasons("changed")

    def _reasons(self, member: str) -> dict[str, str]:
        return {f"{one['what']} {one['name']}": one["reason"] for one in self.report[member]}


def create_sqlite(path: Path, sql: str, **rows: list[tuple[Any, ...]]) -> Path:
    """Create a SQLite file from a script, and insert rows by table."""
    with contextlib.closing(sqlite3.connect(path)) as made:
        made.executescript(sql)
        for table, values in rows.items():
            placeholders = ", ".join("?" * len(values[0]))
            made.executemany(f'INSERT INTO "{table}" VALUES ({placeholders})', values)
        made.commit()
    return path


def environment(url: str, **more: str) -> dict[str, str]:
    """The environment with no setting of Demijohn except the database."""
    ours = ("PG", "DATABASE_", "PORT")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"DATABASE_URL": url, "DEMIJOHN_DOTENV": ""} | more


def import_command(path: Path, *words: str, program: tuple[str, ...] = PROGRAM) -> list[str]:
    return [sys.executable, *program, "import-sqlite", str(path), *words]


def parallel_program(readers: int = 2, range_rows: int = 8192) -> tuple[str, ...]:
    """The program with a fixed number of reader processes and of rows per range."""
    script = Path(__file__).with_name("force_reader_processes.py")
    return ("-P", str(script), str(readers), str(range_rows))


# Runs a test twice: with one reading process, and with several that read one row at a time.
ONE_AND_SEVERAL_READERS = pytest.mark.parametrize(
    "program", [PROGRAM, parallel_program(range_rows=1)], ids=["one reads", "several read"]
)


def run_import(
    url: str, path: Path, *words: str, program: tuple[str, ...] = PROGRAM, **more: str
) -> ImportResult:
    """Run the command until it exits."""
    report = path.with_suffix(".report.json")
    report.unlink(missing_ok=True)
    done = subprocess.run(
        import_command(path, "--report", str(report), *words, program=program),
        env=environment(url, **more),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    found = json.loads(report.read_text()) if report.exists() and report.stat().st_size else {}
    return ImportResult(done.returncode, done.stdout, done.stderr, found)


def run_import_ok(
    url: str, path: Path, *words: str, program: tuple[str, ...] = PROGRAM, **more: str
) -> ImportResult:
    """Run the command, and assert that it succeeds and that every table is verified."""
    done = run_import(url, path, *words, program=program, **more)
    assert done.status == 0, done.err
    assert all(table["same"] for table in done.report["tables"])
    return done


@contextlib.contextmanager
def open_cursor(url: str) -> Iterator[Any]:
    """Connect, and yield a cursor in autocommit mode."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        yield connection.cursor()
    finally:
        connection.close()


def run_sql(url: str, sql: str) -> None:
    """Run statements, and discard their rows."""
    with open_cursor(url) as cursor:
        cursor.execute(sql)


def query(url: str, sql: str) -> list[tuple[Any, ...]]:
    """Run a statement, and return its rows."""
    with open_cursor(url) as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall()) if cursor.description else []


def dump_state(url: str) -> list[tuple[Any, ...]]:
    """Relations, constraints, rows, sequences and triggers of all schemas of the user."""
    relations = query(
        url,
        """SELECT n.nspname, c.relname, c.relkind::text, c.relhastriggers,
                  (SELECT array_agg(x.conname || pg_get_constraintdef(x.oid) || x.condeferrable
                                    ORDER BY 1) FROM pg_constraint x WHERE x.conrelid = c.oid)
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
            ORDER BY 1, 2""",
    )
    schemas = query(url, "SELECT nspname FROM pg_namespace ORDER BY 1")
    triggers = query(url, "SELECT tgname, tgenabled::text FROM pg_trigger ORDER BY 1")
    rows = [
        (name, query(url, f'SELECT {CONTENT_SQL[kind]} FROM "{schema}"."{name}" t ORDER BY 1'))
        for schema, name, kind, *_ in relations
        if kind in CONTENT_SQL
    ]
    return [relations, schemas, triggers, rows]  # type: ignore[list-item]
