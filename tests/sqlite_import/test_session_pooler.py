"""Imports through PgBouncer in session mode, which many managed databases use."""

from pathlib import Path

import pytest

from local.postgres import Postgres
from tests.sqlite_import.helpers import create_sqlite, query, run_import_ok
from tests.support.pgbouncer import Bouncer


@pytest.mark.pgbouncer
def test_import_works_through_pgbouncer_in_session_mode(
    bouncer: Bouncer, postgres: Postgres, database: str, tmp_path: Path
) -> None:
    pooled = bouncer(postgres, pool_mode="session").url(database)
    sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME, v BLOB)"
    rows = [(n, f"2024-01-01 00:00:{n % 60:02}", bytes([n % 256])) for n in range(3000)]
    path = create_sqlite(tmp_path / "app.db", sql, t=rows)
    run_import_ok(pooled, path)
    run_import_ok(pooled, path, "--replace")
    run_import_ok(pooled, path, "--verify-only")
    assert query(database, "SELECT count(*) FROM t") == [(3000,)]
