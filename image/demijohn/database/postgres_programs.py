"""Finds the installed pg_dump or pg_restore that fits a server, and runs it."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.common.program import run
from demijohn.config.database_url import DatabaseUrl
from demijohn.database.connection_errors import redact

# Where Debian installs the programs of each major version.
VERSIONS = Path("/usr/lib/postgresql")

# The parameters that must not show in the list of processes.
SECRET_PARAMETERS = ("password", "sslpassword")


@dataclass(frozen=True)
class Program:
    """An installed program of Postgres; `major` is its major version."""

    name: str
    path: str
    major: int

    def run(
        self,
        url: DatabaseUrl,
        options: Sequence[str],
        stdout: IO[bytes] | None = None,
    ) -> tuple[int, list[str]]:
        """Run it on a database. Returns its exit status and its stderr, in lines, redacted."""
        done = run(
            [self.path, "--no-password", *options, f"--dbname={_without_secrets(url).libpq()}"],
            env=os.environ | _password(url),
            stdin=subprocess.DEVNULL,
            stdout=stdout or subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        text = redact(done.stderr.decode("utf-8", "replace"), url.secrets())
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if done.returncode < 0:
            lines.append(f"{self.name} was ended by {signal.Signals(-done.returncode).name}")
        return done.returncode, lines

    def contents(self, archive: Path) -> tuple[int, list[str], list[str]]:
        """Read a backup's table of contents: exit status, lines of stdout, lines of stderr."""
        done = subprocess.run([self.path, "--list", str(archive)], capture_output=True)
        out, err = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
        return done.returncode, out.splitlines(), err.splitlines()


def find(name: str, server: int) -> Program:
    """The installed program of a server's major version, or of the next higher one.

    pg_dump refuses a server that is newer than itself
    (https://www.postgresql.org/docs/current/app-pgdump.html#PG-DUMP-NOTES); a newer pg_restore sets
    parameters that an older server may not know. Raises CommandError(78) if none is installed.
    """
    paths = [str(path) for path in VERSIONS.glob(f"*/bin/{name}")]
    paths += filter(None, [shutil.which(name)])
    programs = [Program(name, path, major) for path in paths if (major := _major(path))]
    fitting = [program for program in programs if program.major >= server]
    if fitting:
        return min(fitting, key=lambda program: program.major)
    found = f"has {name} {max(p.major for p in programs)}" if programs else f"has no {name}"
    raise CommandError(
        Exit.CONFIGURATION,
        f"this image {found}, and the server is PostgreSQL {server}. Build the image with "
        f"--build-arg POSTGRES_CLIENT={server}, or see docs/backup.md for a way without it.",
    )


def _major(path: str) -> int:
    """The major version from a program's --version; 0 if it prints none."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True)
    except OSError:
        return 0
    version = re.search(r"\(PostgreSQL\) (\d+)", done.stdout)
    return int(version[1]) if version else 0


def _without_secrets(url: DatabaseUrl) -> DatabaseUrl:
    if "sslpassword" in url.parameters:  # libpq reads it only from the connection string
        raise CommandError(
            Exit.CONFIGURATION,
            "sslpassword= in the database's URL would show in the list of processes. "
            "Use a client key without a passphrase.",
        )
    return url.without(*SECRET_PARAMETERS)


def _password(url: DatabaseUrl) -> dict[str, str]:
    password = url.password or url.parameters.get("password", "")
    return {"PGPASSWORD": password} if password else {}
