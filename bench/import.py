"""Compares import-sqlite with pgloader: the same files and the same Postgres, in alternating runs.

    make bench-import                     the full comparison: some minutes, 1 GB of disk
    make bench-import ARGS="--scale 0.1"  a tenth of the rows
    make bench-import ARGS="--only wide"  one of the files: wide, many, heavy

Prints the table for docs/import-sqlite.md. The ratios are of medians, since other load on the
machine varies.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from local.postgres import Postgres, temporary

WIDE_ROWS = 2_000_000
TABLES, TABLE_ROWS = 50, 40_000
TEXT_BYTES = 200_000_000
SAMPLE_SECONDS = 0.25


@dataclass
class Run:
    """The duration of one run in seconds, and its peak memory in MB."""

    seconds: float
    memory: float


@dataclass
class Runs:
    """All runs over one file."""

    rows: int
    pgloader: list[Run] = field(default_factory=list)
    whole: list[Run] = field(default_factory=list)
    load: list[float] = field(default_factory=list)  # without the proof


def wide(connection: sqlite3.Connection, scale: float) -> int:
    """One table of numbers, texts, dates and NULLs, in 12 columns."""
    connection.execute(
        "CREATE TABLE event (id INTEGER PRIMARY KEY, user_id INT NOT NULL, kind VARCHAR(20),"
        " name TEXT, email TEXT, amount REAL, price DECIMAL(10,2), done BOOLEAN,"
        " created DATETIME NOT NULL, day DATE, note TEXT, size INT)"
    )
    chance = random.Random(1)
    rows = int(WIDE_ROWS * scale)

    def each() -> Iterator[tuple[object, ...]]:
        for n in range(rows):
            when = f"20{n % 24:02}-{n % 12 + 1:02}-{n % 28 + 1:02}"
            yield (
                *(n, n % 1000, ("view", "buy", "leave")[n % 3], f"name {n * 7919 % 1_000_003}"),
                *(f"user{n % 1000}@example.com", chance.random() * 1000, n % 10_000 / 100, n % 2),
                *(f"{when} {n % 24:02}:{n % 60:02}:{n % 59:02}", when),
                *(None if n % 4 else f'a "note" on {n}', None if n % 10 == 0 else n * 1000),
            )

    connection.executemany(f"INSERT INTO event VALUES ({', '.join('?' * 12)})", each())
    return rows


def many(connection: sqlite3.Connection, scale: float) -> int:
    """50 tables, each with an index and a foreign key to the one before."""
    rows = int(TABLE_ROWS * scale)
    for number in range(TABLES):
        parent = f" REFERENCES t{number - 1} (id)" if number else ""
        connection.execute(
            f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY, up INT{parent}, name TEXT NOT NULL,"
            " made DATETIME, score REAL)"
        )
        connection.execute(f"CREATE INDEX i{number} ON t{number} (up)")
        connection.executemany(
            f"INSERT INTO t{number} VALUES (?, ?, ?, ?, ?)",
            (
                (n, n * 31 % rows, f"name {n}", f"2024-01-{n % 28 + 1:02} 10:00:00", n / 8)
                for n in range(rows)
            ),
        )
    return rows * TABLES


def heavy(connection: sqlite3.Connection, scale: float) -> int:
    """Texts and blobs of 100 bytes to 100 kB, with half of the bytes in each kind."""
    connection.execute("CREATE TABLE file (id INTEGER PRIMARY KEY, body TEXT, data BLOB)")
    chance = random.Random(2)
    words = ["alpha", "beta", "gamma", 'de"lta', "epsilon\n", "zeta,", "ärger"]
    left, rows = TEXT_BYTES * scale, 0
    while left > 0:
        size = int(100 * 10 ** (3 * chance.random() ** 2))
        text = " ".join(chance.choices(words, k=size // 6))
        connection.execute(
            "INSERT INTO file VALUES (?, ?, ?)", (rows, text, chance.randbytes(size))
        )
        left -= 2 * size
        rows += 1
    return rows


SETS: dict[str, Callable[[sqlite3.Connection, float], int]] = {
    "1 table of 2 M rows, 12 columns": wide,
    "50 tables of 40 k rows, foreign keys": many,
    "200 MB of texts and blobs": heavy,
}


def pgloader(path: Path, url: str, _: Path) -> Run:
    # By default it reads 100,000 rows ahead, which exceeds its heap if the rows are large.
    ahead = ["--with", "prefetch rows = 1000"] if path.stem == heavy.__name__ else []
    return run(["pgloader", *ahead, str(path), url], {})


def demijohn(path: Path, url: str, report: Path) -> Run:
    words = [sys.executable, "-m", "demijohn", "import-sqlite", str(path), "--report", str(report)]
    return run(words, {"DATABASE_URL": url, "DEMIJOHN_DOTENV": "", "MALLOC_ARENA_MAX": "2"})


def run(words: list[str], environment: dict[str, str]) -> Run:
    """Run a command, and measure its time and the memory of all its processes."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = psutil.Popen(
            words,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        memory = 0.0
        while process.poll() is None:
            memory = max(memory, memory_of(process))
            with contextlib.suppress(psutil.TimeoutExpired):
                process.wait(SAMPLE_SECONDS)
        seconds = time.perf_counter() - began
        if process.returncode:
            output.seek(0)
            sys.exit(f"{words[0]}: {output.read().decode(errors='replace')[-2000:]}")
    return Run(seconds, memory)


def memory_of(process: psutil.Process) -> float:
    """The MB of a process and its children; shared memory counts once."""
    total = 0
    with contextlib.suppress(psutil.NoSuchProcess):
        for one in (process, *process.children()):
            with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
                total += one.memory_full_info().pss
    return total / 1e6


def measure(postgres: Postgres, path: Path, rows: int, rounds: int) -> Runs:
    """Run both in each round, and alternate which one is first."""
    found = Runs(rows)
    report = path.with_suffix(".json")
    for number in range(rounds):
        turns = [pgloader, demijohn] if number % 2 == 0 else [demijohn, pgloader]
        for turn in turns:
            url = postgres.create_database("bench")
            done = turn(path, url, report)
            tables = postgres.execute(
                "SELECT string_agg(format('(SELECT count(*) FROM %I)', tablename), '+')"
                " FROM pg_tables WHERE schemaname = 'public'",
                "bench",
            )
            arrived = int(postgres.execute(f"SELECT {tables}", "bench"))
            assert arrived == rows, f"{turn.__name__}: {arrived} of {rows} rows"
            postgres.drop_database("bench")
            postgres.execute("CHECKPOINT")  # so that it does not slow the next run down
            if turn is pgloader:
                found.pgloader.append(done)
            else:
                found.whole.append(done)
                proof = json.loads(report.read_text())["seconds"]["proof"]
                found.load.append(done.seconds - proof)
            print(
                f"  {turn.__name__}: {done.seconds:.2f} s, {done.memory:.0f} MB;"
                f" load average {os.getloadavg()[0]:.1f}",
                flush=True,
            )
    return found


def line(name: str, runs: Runs) -> str:
    """One row of the table."""
    peer = statistics.median(one.seconds for one in runs.pgloader)
    whole = statistics.median(one.seconds for one in runs.whole)
    load = statistics.median(runs.load)
    memory = max(one.memory for one in runs.whole)
    peers = max(one.memory for one in runs.pgloader)
    return (
        f"| {name} | {runs.rows / peer:,.0f} | {runs.rows / load:,.0f} | {runs.rows / whole:,.0f}"
        f" | **{peer / load:.1f}** | **{peer / whole:.1f}** | {memory:.0f} MB | {peers:.0f} MB |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--only", choices=[make.__name__ for make in SETS.values()])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if not shutil.which("pgloader"):
        sys.exit("bench: pgloader is not installed: apt install pgloader")
    heads = ("data", "pgloader, rows/s", "load, rows/s", "load and proof, rows/s")
    heads += ("load, ratio", "with proof, ratio", "memory", "pgloader's")
    lines = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
    with temporary() as postgres, tempfile.TemporaryDirectory() as folder:
        for name, make in SETS.items():
            if options.only not in (None, make.__name__):
                continue
            path = Path(folder, f"{make.__name__}.db")
            with closing(sqlite3.connect(path)) as connection:
                rows = make(connection, options.scale)
                connection.commit()
            print(f"{name}: {rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB", flush=True)
            lines.append(line(name, measure(postgres, path, rows, options.rounds)))
            path.unlink()
    print("\n".join(lines))


if __name__ == "__main__":
    main()
