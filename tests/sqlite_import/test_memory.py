"""The memory of an import is bounded, whatever the size of the file and of its rows."""

import contextlib
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from tests.sqlite_import.helpers import (
    create_sqlite,
    environment,
    import_command,
    parallel_program,
    query,
    run_import_ok,
)

LIMIT_MB = 150
READERS = 3  # at most
SAMPLE_SECONDS = 0.02

# The data of each is a multiple of the memory that the command may use.
MANY = """
WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < 12000)
INSERT INTO t SELECT n, hex(zeroblob(6000 + n % 4000)), randomblob(10000 + n % 4000) FROM n
"""
LARGE = """
WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < 15)
INSERT INTO t SELECT n, hex(zeroblob(n * 300000)), zeroblob(n * 1000000) FROM n;
WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < 2000)
INSERT INTO t SELECT 1000 + n, 'small ' || n, x'00' FROM n;
INSERT INTO t VALUES
  (100000, NULL, zeroblob(20000000)), (100001, replace(hex(zeroblob(10000000)), '0', '"'), NULL);
"""


@pytest.mark.parametrize(
    ("rows", "range_rows"), [(MANY, 8192), (LARGE, 4)], ids=["many rows", "large rows"]
)
def test_import_memory_is_bounded(
    database: str, tmp_path: Path, rows: str, range_rows: int
) -> None:
    sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT, data BLOB)"
    path = create_sqlite(tmp_path / "app.db", f"PRAGMA synchronous = OFF; {sql}; {rows}")
    assert path.stat().st_size > 1.5 * LIMIT_MB * 1e6
    process = psutil.Popen(
        import_command(path, program=parallel_program(READERS, range_rows)),
        env=environment(database, MALLOC_ARENA_MAX="2"),  # as in the image
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    peak = 0
    while process.poll() is None:
        peak = max(peak, used_bytes(process))
        time.sleep(SAMPLE_SECONDS)
    path.unlink()
    assert process.returncode == 0, process.stderr.read()
    assert 0 < peak / 1e6 < LIMIT_MB


def used_bytes(process: psutil.Process) -> int:
    """Bytes used by a process and its children; shared memory counts once."""
    total = 0
    with contextlib.suppress(psutil.Error, ProcessLookupError):
        for one in (process, *process.children()):
            total += one.memory_full_info().pss
    return total


@pytest.mark.parametrize(
    ("policy", "arrived"),
    [("null", "1 4 2000000, 2 0 2000000, 3 4 2000000"), ("skip", "1 4 2000000, 3 4 2000000")],
)
def test_large_rows_are_imported_like_small_ones(
    database: str, tmp_path: Path, policy: str, arrived: str
) -> None:
    """The second row has a blob in a text column."""
    text, blob = 'é",\n' * 500_000, b"\x00\xff" * 1_000_000
    rows = [(1, text, blob, None, 0.1), (2, blob, blob, None, 0.1), (3, text, blob, 'a"', 0.5)]
    sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT, data BLOB, note TEXT, real REAL)"
    path = create_sqlite(tmp_path / "app.db", sql, t=rows)
    done = run_import_ok(database, path, "--on-bad", policy)
    rest = "coalesce(length(replace(body, repeat(E'é\",\\n', 499999), '')), 0)"
    (found,) = query(
        database,
        f"SELECT string_agg(concat_ws(' ', id, {rest}, length(data)), ', ' ORDER BY id),"
        " count(note), sum(real)::text FROM t",
    )
    assert found == (arrived, 1, "0.7" if policy == "null" else "0.6")
    assert len(done.report["unfit"]["values"][0]["value"]) <= 60
