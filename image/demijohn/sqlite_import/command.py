"""`demijohn import-sqlite FILE`: options, output and exit status."""

import argparse
import errno
import os
import threading
import time
from pathlib import Path
from typing import NoReturn

import psycopg2
from psycopg2.extensions import connection as Connection

from demijohn.common import signals
from demijohn.common.exit_codes import CommandError, Exit, Interrupted
from demijohn.common.log import log_error
from demijohn.config import settings
from demijohn.config.database_url import SQLITE
from demijohn.database import connect
from demijohn.sqlite_import.importer import Importer
from demijohn.sqlite_import.model.plan import Options
from demijohn.sqlite_import.model.progress import Progress
from demijohn.sqlite_import.model.rejects import Rejects
from demijohn.sqlite_import.planning import type_inference
from demijohn.sqlite_import.report.postgres_errors import explain_error, outcome_unknown
from demijohn.sqlite_import.report.progress_bar import make_display
from demijohn.sqlite_import.report.report import Report
from demijohn.sqlite_import.report.terminal_layout import Screen
from demijohn.sqlite_import.source.database import Source, parse_file_argument
from demijohn.sqlite_import.target.catalog import Target
from demijohn.sqlite_import.workers import malloc_tuning
from demijohn.sqlite_import.workers.reader_pool import ReaderPool

SHOW_SECONDS = 0.2
GIVE_UP_SECONDS = 10
SQLITE_SUFFIXES = ("", "-wal", "-shm", "-journal")  # of the database and the files beside it


class Parser(argparse.ArgumentParser):
    """An argparse parser that raises CommandError(64)."""

    def error(self, message: str) -> NoReturn:
        raise CommandError(Exit.USAGE, f"{message}. See {self.prog} --help.")


def parse(arguments: list[str]) -> argparse.Namespace:
    """Parse the command line. Raises CommandError(64)."""
    parser = Parser(
        prog="demijohn import-sqlite",
        description="Import a SQLite file into the Postgres database that DATABASE_URL names: all "
        "of it in one transaction, verified by counts and checksums, or nothing.",
        epilog="exit status: 0 success, 1 --verify-only found a difference, 64 usage, 65 the "
        "file or its data, 69 the database, 70 stopped by a signal, or the "
        "verification failed, 73 the report, the output or a temporary file cannot be "
        "written, 78 a setting",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "file",
        metavar="FILE",
        type=parse_file_argument,
        help="the SQLite file, or its SQLAlchemy URL; it is only read",
    )
    add(
        "--on-bad",
        choices=("null", "text", "skip"),
        default="",
        help="what happens to values that do not fit: null replaces them with NULL, text "
        "makes their columns text, skip skips their rows, and rows that refer to those "
        "if the foreign keys exist already; default: list them and stop",
    )
    add("--replace", action="store_true", help="empty the existing tables first")
    add("--append", action="store_true", help="add to the existing rows")
    add(
        "--exclude",
        action="append",
        default=[],
        metavar="TABLE[.COLUMN]",
        help="do not import a table or a column; can be repeated",
    )
    add(
        "--type",
        action="append",
        default=[],
        metavar="TABLE.COLUMN=TYPE",
        help=f"the type of a column: {', '.join(type_inference.TYPES_BY_OPTION)}; with the "
        "unit of numbers, such as timestamptz:unix "
        f"({', '.join(type_inference.DATETIME_UNITS)}) or interval:s "
        f"({', '.join(type_inference.UNITS_BY_OPTION['interval'])}); can be repeated",
    )
    add("--dry-run", action="store_true", help="do everything except the commit")
    add("--verify-only", action="store_true", help="only compare both sides as they are")
    add("--report", type=Path, metavar="FILE", help="write the full report as JSON")
    options = parser.parse_args(arguments)
    if options.replace and options.append:
        parser.error("--replace and --append cannot be combined")
    if options.verify_only and (options.replace or options.append or options.dry_run):
        parser.error(
            "--verify-only writes nothing: it cannot be combined with --replace, --append "
            "or --dry-run"
        )
    return options


def data_options(arguments: argparse.Namespace) -> Options:
    """The options that concern the data. Raises CommandError(64)."""
    types = {}
    for option in arguments.type:
        name, equals, pg_type = option.partition("=")
        if "." not in name or not equals:
            form = "write it as TABLE.COLUMN=TYPE, such as --type user.name=text"
            raise CommandError(Exit.USAGE, f"--type {option}: {form}.")
        try:
            types[name.lower()] = type_inference.parse_type_option(pg_type)
        except ValueError as error:
            raise CommandError(Exit.USAGE, f"--type {option}: {error}.") from None
    return Options(
        on_bad=arguments.on_bad,
        replace=arguments.replace,
        append=arguments.append,
        exclude=frozenset(name.lower() for name in arguments.exclude),
        types=types,
    )


def main(arguments: list[str]) -> int:
    """Run the command; its exit status. Raises CommandError."""
    try:
        options = parse(arguments)
    except SystemExit:  # --help
        return Exit.OK
    import_options = data_options(options)
    malloc_tuning.return_large_blocks()
    malloc_tuning.collect_garbage_rarely()
    config = _load_settings()
    report = Report(str(options.file), config.database.place())
    _check_report_path(options.report, options.file)
    try:
        with Source(options.file) as source, ReaderPool(source) as pool:
            connection, _ = connect.wait(
                config.database, config, lambda text: print(text, flush=True)
            )
            try:
                pool.join_snapshot()
                signals.check()
                _run(source, pool, connection, import_options, report, options)
            finally:
                connection.close()
    except (CommandError, Interrupted) as stop:
        report.error = stop.message
        if not report.is_equal:
            print(Screen.here().wrap(report.summary()), flush=True)
        raise
    finally:
        written = _write_report(report, options.report)
    print(Screen.here().wrap([*report.summary(), report.ending()]), flush=True)
    if not written:
        return Exit.CANNOT_WRITE
    return Exit.FAILED if report.outcome == "differs" else Exit.OK


def _load_settings() -> settings.Settings:
    """The connection settings. Raises CommandError(78)."""
    try:
        return settings.load(only=settings.CONNECTION)
    except CommandError as stop:
        here = f"{SQLITE}; here it names the database to import into, and the SQLite file is FILE"
        raise CommandError(stop.status, stop.message.replace(SQLITE, here)) from None


def _run(
    source: Source,
    pool: ReaderPool,
    connection: Connection,
    import_options: Options,
    report: Report,
    options: argparse.Namespace,
) -> None:
    """Import in a thread, and show its progress. Only this thread receives signals."""
    connection.autocommit = False
    report.rejects = Rejects(import_options.on_bad)
    progress = Progress()
    importer = Importer(source, pool, Target(connection), import_options, report, progress)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            if options.verify_only:
                importer.verify()
            else:
                importer.run(dry_run=options.dry_run)
        except BaseException as error:
            errors.append(error)
        done.set()

    # Not Thread.join: interrupted by a signal, it may report a running thread as finished (Python
    # 3.11 and 3.12, cpython#90882).
    done = threading.Event()
    began = time.monotonic()
    display = make_display()
    threading.Thread(target=work, name="import", daemon=True).start()
    try:
        while not done.wait(SHOW_SECONDS):
            signals.check()
            display.show(progress)
        display.show(progress)
        signals.ignore()
    except Interrupted as stop:
        signals.ignore()
        connection.cancel()
        ended = _stops_soon(done, pool)
        if report.outcome == "unknown" and not ended:
            raise outcome_unknown(stop.reason) from None
        if report.outcome != "unknown" and (errors or not ended):
            report.outcome = "failed"
            raise
        # Otherwise the import finished before it was interrupted: ignore the signal.
    finally:
        report.seconds["total"] = time.monotonic() - began
        display.close()
        text = Screen.here().wrap(report.rejected_values())
        print(text, end="\n" * bool(report.rejects), flush=True)
    if errors:
        error = errors[0]
        if isinstance(error, psycopg2.Error):
            raise explain_error(error, report, import_options, connection.info.user) from None
        raise error


def _stops_soon(done: threading.Event, pool: ReaderPool) -> bool:
    """Whether the import ends soon once reads are interrupted, including those that start later."""
    for _ in range(GIVE_UP_SECONDS * 10):
        pool.interrupt()
        if done.wait(0.1):
            return True
    return False


def _write_report(report: Report, path: Path | None) -> bool:
    """Write the report, or log why that failed. Whether it succeeded."""
    if path is None:
        return True
    try:
        report.write(path)
    except OSError as error:
        log_error(f"{_report_error(path, error)} The outcome was: {report.outcome}.")
        return False
    return True


def _check_report_path(path: Path | None, source: Path) -> None:
    """Raise CommandError(73) before the import instead of after it."""
    if path is None:
        return
    if path.resolve() in {Path(f"{source.resolve()}{ending}") for ending in SQLITE_SUFFIXES} or (
        source.exists() and path.exists() and path.samefile(source)
    ):
        raise CommandError(
            Exit.USAGE,
            f"--report {path}: this is the SQLite file, or a file beside it. Name another.",
        )
    try:
        with path.open("ab"):
            pass
    except OSError as error:
        raise CommandError(Exit.CANNOT_WRITE, _report_error(path, error)) from None


def _report_error(path: Path, error: OSError) -> str:
    """Why the report cannot be written, and what to do."""
    if error.errno == errno.EACCES:
        reason = (
            f"user {os.geteuid()} cannot write there. Name a file in the mounted folder, "
            'and make that writable (chmod a+rwx); or use docker run --user "$(id -u)", '
            "since the image runs as its own user"
        )
    elif error.errno == errno.EROFS:
        reason = "the folder is mounted read-only. Mount it without :ro, or name another folder"
    elif error.errno == errno.ENOENT:
        reason = f"the folder {path.parent} does not exist. Create it; for a container, mount it"
    else:
        reason = f"{error.strerror}. Name a file that can be written"
    return f"--report {path}: {reason}."
