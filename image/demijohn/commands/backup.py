"""`demijohn backup` and `demijohn restore`: the database as one file, through pg_dump."""

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NoReturn

import psycopg2
from psycopg2.extensions import connection as Connection

from demijohn.common import signals
from demijohn.common.exit_codes import CommandError, Exit
from demijohn.common.log import log_error
from demijohn.config import settings
from demijohn.config.database_url import DatabaseUrl
from demijohn.database import connect, postgres_programs
from demijohn.database.encryption import plain_text_risk
from demijohn.database.identity import check_same_database

# The relations that make a database non-empty. Excluded are those of extensions and of the system,
# and those in schemas where we have no CREATE privilege, which belong to the host.
RELATIONS = """
SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
         WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, nspname, relname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace
WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
  AND nspname !~ '^pg_' AND nspname <> 'information_schema'
  AND pg_catalog.has_schema_privilege(n.oid, 'CREATE')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_class'::regclass
                  AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 2, 3
"""

# Entries of a backup that exist in every database and that an ordinary user cannot create.
EXISTING = re.compile(r"\d+; \d+ \d+ (SCHEMA - public|COMMENT - (SCHEMA public|EXTENSION)) ")

CANNOT_WRITE = re.compile(r"could not (write|close|fsync|flush)|no space left", re.IGNORECASE)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise CommandError(Exit.USAGE, f"{self.prog}: {message}. See demijohn {self.prog} --help.")


def backup(words: list[str]) -> int:
    """`demijohn backup`: write the database to a file or to standard output.

    Raises CommandError.
    """
    parser = _Parser(prog="backup", description="Write the database to a file, with pg_dump.")
    parser.add_argument("file", metavar="FILE", nargs="?", default="-", help="default: stdout")
    parser.add_argument("--force", action="store_true", help="replace FILE if it exists")
    parser.add_argument(
        "--schema", action="append", default=[], metavar="NAME", help="only this one; repeatable"
    )
    given = parser.parse_args(words)
    path = None if given.file == "-" else Path(given.file)
    if path is None and sys.stdout.isatty():
        raise CommandError(
            Exit.USAGE, "standard output is a terminal. Name a FILE, or redirect the output."
        )
    if path is not None and path.exists() and not given.force:
        raise CommandError(
            Exit.CANNOT_WRITE, f"{path} exists. Choose another name, or replace it with --force."
        )
    url, connection, server = _connect()
    with closing(connection):
        program = postgres_programs.find("pg_dump", server.major)
    # Owner and privileges name roles that another host does not have.
    options = ["--format=custom", "--no-owner", "--no-privileges"]
    options += [f"--schema={name}" for name in given.schema]
    with _complete(path) as unfinished:
        if unfinished:  # to stdout, pg_dump would append a second copy of the table of contents
            options.append(f"--file={unfinished}")
        status, lines = program.run(url, options, stdout=None if path else sys.stdout.buffer)
        if status:
            reason = _error_line(lines)
            code = Exit.CANNOT_WRITE if CANNOT_WRITE.search(reason) else Exit.UNAVAILABLE
            kept = "" if path is None else f" {path} was not written."
            raise CommandError(code, f"backup failed: {reason}.{kept}")
    for line in lines:
        log_error(line)
    if path is not None:
        size = path.stat().st_size / 1e6
        print(f"{url.place()} is in {path}: {size:.1f} MB, PostgreSQL {server.version}")
    return Exit.OK


def restore(words: list[str]) -> int:
    """`demijohn restore`: restore a backup in one transaction. Raises CommandError."""
    parser = _Parser(prog="restore", description="Restore a backup into an empty database.")
    parser.add_argument("file", metavar="FILE")
    parser.add_argument(
        "--clean", action="store_true", help="drop and replace the tables that are in the backup"
    )
    given = parser.parse_args(words)
    _check_backup(Path(given.file))
    url, connection, server = _connect()
    with closing(connection):
        program = postgres_programs.find("pg_restore", server.major)
        if server.unwritable:
            raise CommandError(Exit.UNAVAILABLE, f"{url.place()} {server.unwritable}.")
        with tempfile.TemporaryDirectory(prefix="demijohn-restore-") as folder:
            entries = _list_entries(program, Path(given.file))
            _check_target(connection, url, entries, clean=given.clean)
            use_list = Path(folder) / "entries"
            wanted = _without_existing(connection, entries)
            use_list.write_text("\n".join(wanted) + "\n", encoding="utf-8")
            options = ["--single-transaction", "--no-owner", "--no-privileges"]
            options += ["--clean", "--if-exists"] if given.clean else []
            options += [f"--use-list={use_list}", given.file]
            status, lines = program.run(url, options)
    if status:
        raise CommandError(
            Exit.BAD_DATA, f"restore failed: {_error_line(lines)}. {url.place()} was not changed."
        )
    for line in lines:
        log_error(line)
    _analyze(url)
    print(f"{given.file} is in {url.place()}")
    return Exit.OK


def _connect() -> tuple[DatabaseUrl, Connection, connect.Server]:
    """Connect to the database without its pooler. Raises CommandError."""
    config = settings.load(only=settings.CONNECTION)
    direct: DatabaseUrl | None = config.release_database_url
    name = "RELEASE_DATABASE_URL" if direct else "DATABASE_URL"
    url: DatabaseUrl = direct or config.database
    connection, server = connect.wait(url, config, log_error, name)
    if server.pooled and not direct:
        # pg_dump empties search_path for its session. A pooler would then give that session to
        # the app.
        connection.close()
        raise CommandError(
            Exit.CONFIGURATION,
            f"DATABASE_URL leads through a pooler ({url.place()}), which pg_dump and pg_restore "
            "must not share with the app. Set RELEASE_DATABASE_URL to the direct URL, or to this "
            "URL if the pooler is in session mode.",
        )
    if direct:
        with closing(connect.wait(config.database, config, log_error)[0]) as app:
            check_same_database(app, connection, config)
    if risk := plain_text_risk(connection, url, name):
        log_error(f"warning: {risk}")
    return url, connection, server


@contextmanager
def _complete(path: Path | None) -> Iterator[str]:
    """Yield the name of a temporary file, which replaces `path` on success; "" for stdout."""
    if path is None:
        yield ""
        return
    name = ""
    try:
        with signals.block_signals():  # so that no file is left without a name here
            name = _make_temporary(path)
        yield name  # pg_dump calls fsync
        try:
            Path(name).replace(path)
        except OSError as error:
            raise _unwritable(path, error) from None
    finally:
        if name:
            Path(name).unlink(missing_ok=True)


def _make_temporary(path: Path) -> str:
    try:
        number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from None
    os.close(number)
    return name


def _unwritable(path: Path, error: OSError) -> CommandError:
    return CommandError(
        Exit.CANNOT_WRITE,
        f"{path} cannot be written: {error.strerror}. Choose a folder that this user may write to.",
    )


def _check_backup(path: Path) -> None:
    """Raise CommandError(65) unless the file begins with the signature of pg_dump's format."""
    try:
        with path.open("rb") as file:
            start = file.read(5)
    except OSError as error:
        raise CommandError(
            Exit.BAD_DATA,
            f"{path} cannot be read: {error.strerror}. Name a file that demijohn backup wrote.",
        ) from None
    if start != b"PGDMP":
        raise CommandError(
            Exit.BAD_DATA,
            f"{path} is not in pg_dump's custom format, which demijohn backup writes. "
            "Load a plain SQL file with psql.",
        )


def _list_entries(program: postgres_programs.Program, path: Path) -> list[str]:
    """The lines of the backup's table of contents. Raises CommandError(65)."""
    status, out, lines = program.contents(path)
    if status:
        raise CommandError(
            Exit.BAD_DATA,
            f"{path} cannot be read by {program.name} {program.major}: {_error_line(lines)}.",
        )
    return [line for line in out if not line.startswith(";")]


def _check_target(
    connection: Connection, url: DatabaseUrl, entries: list[str], *, clean: bool
) -> None:
    """Raise CommandError(65) if the database has relations that the restore would not replace."""
    with connection.cursor() as cursor:
        cursor.execute(RELATIONS)
        relations = cursor.fetchall()
    if relations and not clean:
        _, schema, name = relations[0]
        raise CommandError(
            Exit.BAD_DATA,
            f"{url.place()} is not empty: it has {schema}.{name}"
            + (f" and {len(relations) - 1} more" if len(relations) > 1 else "")
            + ". Restore into a new database, or replace its tables with --clean.",
        )
    replaced = [entry.split(" ", 3)[3] for entry in entries if entry.count(" ") > 3]
    for kind, schema, name in relations:
        if not any(entry.startswith(f"{kind} {schema} {name} ") for entry in replaced):
            raise CommandError(
                Exit.BAD_DATA,
                f"{url.place()} has {schema}.{name}, which is not in the backup; --clean would "
                "not replace it. Drop it, or restore into a new database.",
            )


def _without_existing(connection: Connection, entries: list[str]) -> list[str]:
    """The entries without the schema public and without the extensions that already exist.

    --clean would drop an extension, which only its owner can do.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_catalog.pg_extension")
        extensions = tuple(f"EXTENSION - {name} " for (name,) in cursor.fetchall())
    return [
        entry
        for entry in entries
        if not EXISTING.match(entry) and not entry.split(" ", 3)[-1].startswith(extensions)
    ]


def _analyze(url: DatabaseUrl) -> None:
    """Collect statistics for the planner; a backup does not contain them.

    Errors are ignored: autovacuum analyzes the tables later.
    """
    connect.lift_query_timeout()
    with suppress(psycopg2.Error), closing(psycopg2.connect(url.libpq())) as connection:
        connection.autocommit = True
        connection.cursor().execute("ANALYZE")


def _error_line(lines: list[str]) -> str:
    """The first error on stderr, without the program's name."""
    errors = [line for line in lines if "error:" in line or "ERROR:" in line] or lines
    line = errors[0] if errors else "no error message"
    return re.sub(r"^(pg_dump|pg_restore): (error: )?", "", line).rstrip(".")
