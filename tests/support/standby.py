"""A standby of a test's Postgres, which a host promotes when the primary fails."""

import contextlib
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from local.postgres import Postgres
from local.postgres_programs import chown_to_server, server_account, server_programs

PRIMARY = {"wal_level": "replica", "max_wal_senders": "4", "hot_standby": "on"}
SECONDS = 30.0


@contextlib.contextmanager
def standby_of(primary: Postgres) -> Iterator[Postgres]:
    """A standby of `primary`, which must run with the settings PRIMARY."""
    with tempfile.TemporaryDirectory(prefix="demijohn-standby-", dir="/tmp") as folder:
        directory = Path(folder)
        directory.chmod(0o711)
        standby = Postgres(directory, durable=False, settings=PRIMARY)
        standby.data.mkdir(mode=0o700)
        password = directory / "password"
        password.write_text(primary.password)
        chown_to_server(standby.data, password)
        program = server_programs() / "bin" / "pg_basebackup"
        subprocess.run(
            [program, "-D", standby.data, "-R", "-c", "fast", "-d", primary.url()],
            check=True,
            cwd=directory,
            **server_account(),
        )
        with standby:
            yield standby


def promote(standby: Postgres, primary: Postgres) -> None:
    """Promote `standby` once it has caught up with `primary`."""
    position = primary.execute("SELECT pg_current_wal_flush_lsn()")
    caught_up = f"SELECT pg_last_wal_replay_lsn() >= '{position}'"
    deadline = time.monotonic() + SECONDS
    while standby.execute(caught_up) != "t":
        assert time.monotonic() < deadline, "the standby has not caught up"
        time.sleep(0.02)
    assert standby.execute("SELECT pg_promote()") == "t"
