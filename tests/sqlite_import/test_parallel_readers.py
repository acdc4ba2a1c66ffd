"""Several processes read the SQLite file; the result is the same as with one."""

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from demijohn.config import resource_limits
from demijohn.config.resource_limits import Capacity
from demijohn.sqlite_import.command import GIVE_UP_SECONDS
from demijohn.sqlite_import.source.database import Source
from demijohn.sqlite_import.workers import reader_pool
from demijohn.sqlite_import.workers.reader_pool import ReaderPool
from demijohn.sqlite_import.workers.tasks import Query

from tests.sqlite_import.helpers import (
    create_sqlite,
    dump_state,
    environment,
    import_command,
    open_cursor,
    parallel_program,
    query,
    run_import,
    run_import_ok,
)
from tests.sqlite_import.test_values import create_case_tables
from tests.sqlite_import.value_cases import ACCEPTED, REJECTED

KEYS = """
CREATE TABLE pair (a TEXT, b INT, v TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE taken (rowid TEXT, oid INT, _rowid_ REAL);
CREATE TABLE sparse (id INTEGER PRIMARY KEY, up INT REFERENCES sparse (id), v TEXT);
CREATE TABLE plain (v TEXT);
CREATE TABLE none (id INTEGER PRIMARY KEY);
"""
FAR = [-(1 << 63), -7, 0, 3, 1 << 40, (1 << 63) - 1]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables with all kinds of keys, and of accepted and rejected values."""
    cases = {f"fits {name}": case for name, case in ACCEPTED.items()}
    cases |= {f"does not {name}": (one[0], one[1] * 5) for name, one in REJECTED.items()}
    path = create_case_tables(tmp_path_factory.mktemp("hostile") / "app.db", cases)
    return create_sqlite(
        path,
        KEYS,
        pair=[(f"{n % 3}", n, "é" * n) for n in range(20)],
        taken=[(f"{n}", n, n / 4) for n in range(20)],
        sparse=[(id_, FAR[0], f"{id_}") for id_ in FAR],
        plain=[(f"row {n}",) for n in range(9)],  # a multiple of the rows per range
    )


def relations_and_rows(url: str) -> list[Any]:
    """The state without the names of triggers, which contain OIDs."""
    relations, _, _, rows = dump_state(url)
    return [relations, rows]


def stable_report(report: dict[str, Any]) -> dict[str, Any]:
    """The report without the members that differ between runs."""
    return {name: value for name, value in report.items() if name not in ("seconds", "database")}


@pytest.mark.parametrize("policy", ["", "null", "text", "skip"])
def test_parallel_readers_give_the_result_of_one(postgres: Any, hostile: Path, policy: str) -> None:
    words = ["--on-bad", policy] if policy else []
    urls = [postgres.create_database(f"import_crew_{policy}_{who}") for who in ("one", "several")]
    one = run_import(urls[0], hostile, *words)
    several = run_import(urls[1], hostile, *words, program=parallel_program(2, range_rows=3))
    assert one.status == several.status == (0 if policy else 65)
    assert stable_report(one.report) == stable_report(several.report)
    assert one.err == several.err
    assert relations_and_rows(urls[0]) == relations_and_rows(urls[1])


def test_parallel_readers_keep_the_order_of_rows(database: str, tmp_path: Path) -> None:
    sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)"
    path = create_sqlite(tmp_path / "app.db", sql, t=[(n * 3, f"value {n}") for n in range(2000)])
    run_import_ok(database, path, program=parallel_program(3, range_rows=50))
    assert query(
        database,
        "SELECT bool_and(id > before) FROM (SELECT id, lag(id) OVER (ORDER BY"
        " ctid) AS before FROM t) x",
    ) == [(True,)]


WRITE = """
import sqlite3, sys, time
writer = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
while True:
    writer.executescript(
        "BEGIN IMMEDIATE; INSERT INTO a DEFAULT VALUES; INSERT INTO b DEFAULT VALUES; COMMIT"
    )
    print(flush=True)
    time.sleep(0.001)
"""


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Path]:
    """A file where another process keeps adding a row to both tables in one transaction."""
    both = "CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (id INTEGER PRIMARY KEY);"
    path = create_sqlite(tmp_path / "app.db", f"PRAGMA journal_mode = WAL; {both}")
    with (tmp_path / "rows").open("wb") as rows:
        writer = subprocess.Popen([sys.executable, "-c", WRITE, str(path)], stdout=rows)
    try:
        wait_until(lambda: (tmp_path / "rows").stat().st_size > 3)
        yield path
        assert writer.poll() is None
    finally:
        writer.kill()
        writer.wait()


@pytest.fixture
def three_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_pool, "reader_count", lambda source: 3)


@pytest.mark.usefixtures("three_readers")
def test_parallel_readers_share_one_snapshot_during_writes(busy: Path) -> None:
    shared = 0
    for _ in range(5):
        with Source(busy) as source, ReaderPool(source) as pool:
            pool.join_snapshot()
            shared += pool.uses_processes
            results = pool.query(["SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b)"] * 6)
            results.append(
                source.execute("SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b)")
            )
        assert all(one == results[0] for one in results)
        ((a, b),) = results[0]
        assert a == b > 0
    assert shared > 0, "the readers never shared a snapshot"


@pytest.mark.parametrize(
    ("cpus", "memory_mb", "file_mb", "readers"),
    [
        *((8, None, 20, 3), (2, None, 20, 2), (1, None, 20, 0), (1.9, None, 20, 0)),
        *((8, None, 1, 0), (8, 256, 20, 3), (8, 150, 20, 2), (8, 120, 20, 0)),
    ],
)
def test_reader_count_depends_on_cpus_memory_and_file_size(
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cpus: float,
    memory_mb: int | None,
    file_mb: int,
    readers: int,
) -> None:
    """One reader process is never used: the main process reads as fast, with less memory."""
    memory = None if memory_mb is None else memory_mb << 20
    monkeypatch.setattr(resource_limits, "measure", lambda: Capacity(cpus, memory, has_quota=True))
    with Source(path) as source:
        monkeypatch.setattr(source, "size", lambda: file_mb << 20)
        assert reader_pool.reader_count(source) == readers


def test_pool_without_a_shared_snapshot_reads_in_one_process(
    busy: Path, three_readers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_pool, "SNAPSHOT_ATTEMPTS", 0)
    with Source(busy) as source, ReaderPool(source) as pool:
        pool.join_snapshot()
        assert not pool.uses_processes
        assert pool.query(["SELECT 1"]) == [[(1,)]]


@pytest.mark.parametrize("program", ["/bin/false", "/does/not/exist"])
def test_pool_that_cannot_start_readers_reads_in_one_process(
    tmp_path: Path, three_readers: None, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(sys, "executable", program)
    path = create_sqlite(tmp_path / "app.db", "CREATE TABLE t (v TEXT)", t=[("x",)])
    with Source(path) as source, ReaderPool(source) as pool:
        pool.join_snapshot()
        assert not pool.uses_processes
        assert pool.query(["SELECT v FROM t"]) == [[("x",)]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)"
    return create_sqlite(tmp_path / "app.db", sql, t=[(n, f"value {n} " * 5) for n in range(5000)])


def start_import(url: str, path: Path) -> subprocess.Popen[str]:
    """Start an import with two reader processes."""
    return subprocess.Popen(
        import_command(path, program=parallel_program()),
        env=environment(url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@contextmanager
def blocked_import(
    url: str, path: Path
) -> Iterator[tuple[psutil.Process, list[psutil.Process], Any]]:
    """Start an import that waits for a locked table; yield it, its readers and the unlock."""
    with open_cursor(url) as cursor:
        cursor.execute("CREATE TABLE t (id bigint PRIMARY KEY, v text)")
        cursor.execute("BEGIN; LOCK TABLE t")
        process = start_import(url, path)
        wait_until(
            lambda: query(url, "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        )
        readers = psutil.Process(process.pid).children()
        assert len(readers) == 2
        try:
            yield process, readers, lambda: cursor.execute("ROLLBACK")
        finally:
            process.kill()
            process.communicate()


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(processes: list[psutil.Process]) -> list[int]:
    return [one.pid for one in psutil.wait_procs(processes, timeout=10)[1]]


def test_killed_reader_fails_the_import_and_changes_nothing(database: str, path: Path) -> None:
    with blocked_import(database, path) as (process, readers, unblock):
        readers[1].kill()
        unblock()
        _, message = process.communicate(timeout=30)
        assert process.returncode == 70
        assert "was killed by signal 9, so nothing was imported" in message
        assert len(message.splitlines()) == 1
        assert alive(readers) == []
    assert query(database, "SELECT count(*) FROM t") == [(0,)]


def test_readers_exit_when_the_import_is_killed(database: str, path: Path) -> None:
    with blocked_import(database, path) as (process, readers, _):
        process.kill()
        process.wait()
        assert alive(readers) == []


@pytest.fixture
def reader(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A reader process that has answered its first query."""
    started = subprocess.Popen(
        [sys.executable, "-m", "demijohn.sqlite_import.workers.reader_process", str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert run_query(started, "SELECT 1") == [(1,)]
    yield started
    started.kill()
    started.wait()
    assert started.stdin and started.stdout
    started.stdin.close()
    started.stdout.close()


def run_query(reader: subprocess.Popen[bytes], sql: str, *, answer: bool = True) -> Any:
    assert reader.stdin and reader.stdout
    pickle.dump(Query(sql), reader.stdin)
    reader.stdin.flush()
    return pickle.load(reader.stdout).result if answer else None


def test_reader_exits_during_a_query_when_its_parent_is_gone(
    reader: subprocess.Popen[bytes],
) -> None:
    """The parent closes the pipe while the reader runs an endless query."""
    endless = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n)"
    run_query(reader, f"{endless} SELECT max(n) FROM n", answer=False)
    assert reader.poll() is None
    assert reader.stdin
    reader.stdin.close()
    assert reader.wait(10) == 0


def test_reader_ignores_sigterm_and_sigint(reader: subprocess.Popen[bytes]) -> None:
    """The parent gets the same signals, and stops its readers itself."""
    reader.send_signal(signal.SIGTERM)
    reader.send_signal(signal.SIGINT)
    assert run_query(reader, "SELECT count(*) FROM t") == [(5000,)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_to_the_process_group_stops_import_and_readers(
    database: str, path: Path, number: signal.Signals
) -> None:
    """Terminals and service managers signal the whole process group."""
    with blocked_import(database, path) as (process, readers, _):
        os.killpg(process.pid, number)
        _, message = process.communicate(timeout=30)
        assert (process.returncode, message) == (
            70,
            f"demijohn: stopped by {number.name} before it was done. Nothing was changed.\n",
        )
        assert alive(readers) == []


def test_damage_found_by_a_reader_process_stops_the_import(database: str, path: Path) -> None:
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(data)
    one = run_import(database, path)
    several = run_import(database, path, program=parallel_program())
    assert several.status == one.status == 65
    assert "is damaged" in several.err
    assert len(several.err.splitlines()) == 1
    assert query(database, "SELECT 1 FROM pg_class WHERE relname = 't'") == []


@pytest.fixture(scope="module")
def large_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that takes seconds to read with any number of readers."""
    path = tmp_path_factory.mktemp("long") / "app.db"
    rows = [(n, f"name {n:040}", n / 7, "2024-02-03 10:00:00") for n in range(400_000)]
    return create_sqlite(
        path, "CREATE TABLE e (id INTEGER PRIMARY KEY, v TEXT, r REAL, d DATETIME)", e=rows
    )


@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.3, 0.6])
def test_import_stopped_while_reading_the_file_changes_nothing(
    database: str, large_file: Path, seconds: float
) -> None:
    """The signal may arrive while the readers open their shared snapshot."""
    before = dump_state(database)
    process = start_import(database, large_file)
    # The signal handlers are installed before the readers start.
    wait_until(lambda: psutil.Process(process.pid).children() or process.poll() is not None)
    time.sleep(seconds)
    process.send_signal(signal.SIGTERM)
    assert_stopped(process)
    assert dump_state(database) == before


def test_stopped_import_does_not_wait_for_suspended_readers(
    database: str, large_file: Path
) -> None:
    before = dump_state(database)
    process = start_import(database, large_file)
    assert process.stdout
    assert process.stdout.readline() == "reading the SQLite file\n"
    for reader in psutil.Process(process.pid).children():
        reader.suspend()
    process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    assert_stopped(process)
    assert time.monotonic() - began < GIVE_UP_SECONDS
    assert dump_state(database) == before


def assert_stopped(process: subprocess.Popen[str]) -> None:
    out, message = process.communicate(timeout=60)
    expected = (70, "demijohn: stopped by SIGTERM before it was done. Nothing was changed.\n")
    assert (process.returncode, message) == expected, out
