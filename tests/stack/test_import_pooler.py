"""Through PgBouncer in session mode, as managed Postgres often stands behind one."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from tests.stack.moving import ask, brought, file

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@pytest.fixture
def pooled(database: str, free_port: Callable[[], int]) -> Iterator[str]:
    """The database's URL through a PgBouncer of this test's own."""
    if PROGRAM is None:
        pytest.skip("no pgbouncer on this machine")
    match = re.fullmatch(r"postgresql://(.*?):(.*?)@127.0.0.1:(\d+)/(\w+)", database)
    assert match
    user, password, server, name = match.groups()
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="demijohn-pooler-", dir="/tmp"))
    folder.chmod(0o755)  # as root it runs as nobody, who cannot look into pytest's folders
    (folder / "users.txt").write_text(f'"{user}" "{password}"\n')
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n{name} = host=127.0.0.1 port={server}\n[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = scram-sha-256\nauth_file = {folder}/users.txt\npool_mode = session\n"
    )
    process = subprocess.Popen(
        [PROGRAM, "-q", str(folder / "pgbouncer.ini")],
        user="nobody" if os.geteuid() == 0 else None,
        stderr=subprocess.DEVNULL,
    )
    url = f"postgresql://{user}:{password}@127.0.0.1:{port}/{name}"
    try:
        wait_for(url)
        yield url
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            psycopg2.connect(url).close()
            return
        except psycopg2.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def test_through_a_pooler(pooled: str, database: str, tmp_path: Path) -> None:
    sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME, v BLOB)"
    rows = [(n, f"2024-01-01 00:00:{n % 60:02}", bytes([n % 256])) for n in range(3000)]
    path = file(tmp_path / "app.db", sql, t=rows)
    brought(pooled, path)
    brought(pooled, path, "--replace")
    brought(pooled, path, "--verify-only")
    assert ask(database, "SELECT count(*) FROM t") == [(3000,)]
