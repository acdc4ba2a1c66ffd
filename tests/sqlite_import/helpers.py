"""What the tests of import-sqlite share: SQLite files, the command, a look at Postgres."""

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

PATIENCE_SECONDS = 60
ALONE = ("-m", "demijohn")
LOOK = {"r": "t::text", "S": "(last_value, is_called)::text"}  # what tables and sequences hold

# A program that gets a signal just then. psycopg2's C module imports psycopg2.errors, and takes
# whatever is raised meanwhile for its absence.
WHILE_IMPORTING = """
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
class Done:
    """How the command ended; `report` is what --report wrote."""

    status: int
    out: str
    err: str
    report: dict[str, Any]

    def notes(self) -> str:
        return "\n".join(self.report["notes"])

    def left(self) -> dict[str, str]:
        """What was left behind: `kind name` and the reason."""
        return self._told("left_behind")

    def changed(self) -> dict[str, str]:
        """What came along otherwise than it was: `kind name` and the reason."""
        return self._told("changed")

    def _told(self, member: str) -> dict[str, str]:
        return {f"{one['what']} {one['name']}": one["reason"] for one in self.report[member]}


def file(path: Path, sql: str, **rows: list[tuple[Any, ...]]) -> Path:
    """A SQLite file made by a script, and rows by table."""
    with contextlib.closing(sqlite3.connect(path)) as made:
        made.executescript(sql)
        for table, values in rows.items():
            marks = ", ".join("?" * len(values[0]))
            made.executemany(f'INSERT INTO "{table}" VALUES ({marks})', values)
        made.commit()
    return path


def environment(url: str, **more: str) -> dict[str, str]:
    """No setting but the database's."""
    ours = ("PG", "DATABASE_", "PORT")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"DATABASE_URL": url, "DEMIJOHN_DOTENV": ""} | more


def command(path: Path, *words: str, program: tuple[str, ...] = ALONE) -> list[str]:
    return [sys.executable, *program, "import-sqlite", str(path), *words]


def apart(readers: int = 2, part_rows: int = 8192) -> tuple[str, ...]:
    """The program that lets so many processes read, so many rows at a time."""
    script = Path(__file__).with_name("force_reader_processes.py")
    return ("-P", str(script), str(readers), str(part_rows))


# For a test: once one process reads, and once several do, a row at a time.
WHOEVER_READS = pytest.mark.parametrize(
    "program", [ALONE, apart(part_rows=1)], ids=["one reads", "several read"]
)


def bring(url: str, path: Path, *words: str, program: tuple[str, ...] = ALONE, **more: str) -> Done:
    """Run the command to its end."""
    report = path.with_suffix(".report.json")
    report.unlink(missing_ok=True)
    done = subprocess.run(
        command(path, "--report", str(report), *words, program=program),
        env=environment(url, **more),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    found = json.loads(report.read_text()) if report.exists() and report.stat().st_size else {}
    return Done(done.returncode, done.stdout, done.stderr, found)


def brought(
    url: str, path: Path, *words: str, program: tuple[str, ...] = ALONE, **more: str
) -> Done:
    """Run the command, which has to succeed, with the proof of every table."""
    done = bring(url, path, *words, program=program, **more)
    assert done.status == 0, done.err
    assert all(table["same"] for table in done.report["tables"])
    return done


@contextlib.contextmanager
def connected(url: str) -> Iterator[Any]:
    """A cursor in autocommit mode."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        yield connection.cursor()
    finally:
        connection.close()


def run(url: str, sql: str) -> None:
    """Statements whose rows nobody wants."""
    with connected(url) as cursor:
        cursor.execute(sql)


def ask(url: str, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with connected(url) as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall()) if cursor.description else []


def state(url: str) -> list[tuple[Any, ...]]:
    """All that there is in the database's own schemas: relations, constraints, rows, sequences."""
    relations = ask(
        url,
        """SELECT n.nspname, c.relname, c.relkind::text, c.relhastriggers,
                  (SELECT array_agg(x.conname || pg_get_constraintdef(x.oid) || x.condeferrable
                                    ORDER BY 1) FROM pg_constraint x WHERE x.conrelid = c.oid)
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
            ORDER BY 1, 2""",
    )
    schemas = ask(url, "SELECT nspname FROM pg_namespace ORDER BY 1")
    triggers = ask(url, "SELECT tgname, tgenabled::text FROM pg_trigger ORDER BY 1")
    rows = [
        (name, ask(url, f'SELECT {LOOK[kind]} FROM "{schema}"."{name}" t ORDER BY 1'))
        for schema, name, kind, *_ in relations
        if kind in LOOK
    ]
    return [relations, schemas, triggers, rows]  # type: ignore[list-item]
