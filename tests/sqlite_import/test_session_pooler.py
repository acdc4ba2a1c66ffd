"""Through PgBouncer in session mode, as managed Postgres often stands behind one."""

from pathlib import Path

import pytest

from local.postgres import Postgres
from tests.sqlite_import.helpers import ask, brought, file
from tests.support.pgbouncer import Bouncer


@pytest.mark.pgbouncer
def test_import_works_through_pgbouncer_in_session_mode(
    bouncer: Bouncer, postgres: Postgres, database: str, tmp_path: Path
) -> None:
    pooled = bouncer(postgres, pool_mode="session").url(database)
    sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME, v BLOB)"
    rows = [(n, f"2024-01-01 00:00:{n % 60:02}", bytes([n % 256])) for n in range(3000)]
    path = file(tmp_path / "app.db", sql, t=rows)
    brought(pooled, path)
    brought(pooled, path, "--replace")
    brought(pooled, path, "--verify-only")
    assert ask(database, "SELECT count(*) FROM t") == [(3000,)]
