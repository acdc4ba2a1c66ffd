"""`demijohn import-sqlite FILE`: its options, what it prints, and how it ends."""

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
from demijohn.config.database_url import NOT_TO_STAY
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
SQLITE_SUFFIXES = ("", "-wal", "-shm", "-journal")  # the file, and what may lie beside it


class Parser(argparse.ArgumentParser):
    """argparse whose complaints become a CommandError(64)."""

    def error(self, message: str) -> NoReturn:
        raise CommandError(Exit.USAGE, f"{message}. See {self.prog} --help.")


def parse(words: list[str]) -> argparse.Namespace:
    """The command line. Raises CommandError(64)."""
    parser = Parser(
        prog="demijohn import-sqlite",
        description="Bring the data of a SQLite file into the Postgres that DATABASE_URL names: "
        "all of it in one transaction, proven by counts and checksums, or nothing.",
        epilog="exit status: 0 done, 1 --verify-only found a difference, 64 usage, 65 the file or "
        "its data, 69 the database, 70 told to stop, or the proof failed, 73 the report, "
        "what is printed, or a temporary file cannot be written, 78 a setting",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "file",
        metavar="FILE",
        type=parse_file_argument,
        help="the SQLite file, or its SQLAlchemy URL; only read",
    )
    add(
        "--on-bad",
        choices=("null", "text", "skip"),
        default="",
        help="what becomes of values that do not fit: null puts NULL in their place, text makes "
        "their columns text, skip leaves their rows out, and those that refer to them where "
        "keys are there already; default: list them and stop",
    )
    add("--replace", action="store_true", help="empty the tables that are there first")
    add("--append", action="store_true", help="add to the rows that are there")
    add(
        "--exclude",
        action="append",
        default=[],
        metavar="TABLE[.COLUMN]",
        help="leave a table or a column behind; may be repeated",
    )
    add(
        "--type",
        action="append",
        default=[],
        metavar="TABLE.COLUMN=TYPE",
        help=f"the type of a column: {', '.join(type_inference.TYPES_BY_OPTION)}; what numbers "
        f"count, such as timestamptz:unix ({', '.join(type_inference.DATETIME_UNITS)}) or interval:s "
        f"({', '.join(type_inference.UNITS_BY_OPTION['interval'])}); may be repeated",
    )
    add("--dry-run", action="store_true", help="do everything but commit")
    add("--verify-only", action="store_true", help="only compare both sides as they are now")
    add("--report", type=Path, metavar="FILE", help="write all that is known as JSON")
    options = parser.parse_args(words)
    if options.replace and options.append:
        parser.error("--replace and --append exclude each other")
    if options.verify_only and (options.replace or options.append or options.dry_run):
        parser.error("--verify-only writes nothing: it takes no --replace, --append or --dry-run")
    return options


def data_options(words: argparse.Namespace) -> Options:
    """The options that concern the data. Raises CommandError(64)."""
    types = {}
    for word in words.type:
        name, equals, kind = word.partition("=")
        if "." not in name or not equals:
            way = "write it as TABLE.COLUMN=TYPE, such as --type user.name=text"
            raise CommandError(Exit.USAGE, f"--type {word}: {way}.")
        try:
            types[name.lower()] = type_inference.parse_type_option(kind)
        except ValueError as error:
            raise CommandError(Exit.USAGE, f"--type {word}: {error}.") from None
    return Options(
        on_bad=words.on_bad,
        replace=words.replace,
        append=words.append,
        exclude=frozenset(word.lower() for word in words.exclude),
        types=types,
    )


def main(words: list[str]) -> int:
    """Run the command; its exit status. Raises CommandError."""
    try:
        options = parse(words)
    except SystemExit:  # --help
        return Exit.OK
    wanted = data_options(options)
    malloc_tuning.return_large_blocks()
    malloc_tuning.collect_garbage_rarely()
    config = _load_settings()
    report = Report(str(options.file), config.database_url.place())
    _check_report_path(options.report, options.file)
    try:
        with Source(options.file) as source, ReaderPool(source) as pool:
            connection, _ = connect.wait(
                config.database_url, config, lambda text: print(text, flush=True)
            )
            try:
                pool.join_snapshot()
                signals.check()
                _run(source, pool, connection, wanted, report, options)
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
    """The settings of the connection. Raises CommandError(78)."""
    try:
        return settings.load(only=settings.CONNECTION)
    except CommandError as stop:
        here = "; here it names the Postgres that the data goes into, and the SQLite file is FILE"
        raise CommandError(stop.status, stop.message.replace(NOT_TO_STAY, here)) from None


def _run(
    source: Source,
    pool: ReaderPool,
    connection: Connection,
    wanted: Options,
    report: Report,
    options: argparse.Namespace,
) -> None:
    """Let a thread work, and show how far it is: this one alone hears signals."""
    connection.autocommit = False
    report.rejects = Rejects(wanted.on_bad)
    progress = Progress()
    importer = Importer(source, pool, Target(connection), wanted, report, progress)
    fault: list[BaseException] = []

    def work() -> None:
        try:
            if options.verify_only:
                importer.verify()
            else:
                importer.run(dry_run=options.dry_run)
        except BaseException as error:
            fault.append(error)
        done.set()

    # Not Thread.join: interrupted by a signal's exception, it may take a thread that works for one
    # that has ended (Python 3.11 and 3.12, cpython#90882).
    done = threading.Event()
    began = time.monotonic()
    shown = make_display()
    threading.Thread(target=work, name="import", daemon=True).start()
    try:
        while not done.wait(SHOW_SECONDS):
            signals.check()
            shown.show(progress)
        shown.show(progress)
        signals.ignore()
    except Interrupted as stop:
        signals.ignore()
        connection.cancel()
        ended = _stops_soon(done, pool)
        if report.outcome == "unknown" and not ended:
            raise outcome_unknown(stop.said) from None
        if report.outcome != "unknown" and (fault or not ended):
            report.outcome = "failed"
            raise
        # Else it was done before it heard: it ends as if nothing had been said.
    finally:
        report.seconds["total"] = time.monotonic() - began
        shown.close()
        told = Screen.here().wrap(report.rejected_values())
        print(told, end="\n" * bool(report.rejects), flush=True)
    if fault:
        error = fault[0]
        if isinstance(error, psycopg2.Error):
            raise explain_error(error, report, wanted, connection.info.user) from None
        raise error


def _stops_soon(done: threading.Event, pool: ReaderPool) -> bool:
    """Whether the work ends soon now that its readers give up, also those that begin only now."""
    for _ in range(GIVE_UP_SECONDS * 10):
        pool.interrupt()
        if done.wait(0.1):
            return True
    return False


def _write_report(report: Report, path: Path | None) -> bool:
    """Write the report, if there is to be one; else say why not, beside whatever else is said."""
    if path is None:
        return True
    try:
        report.write(path)
    except OSError as error:
        log_error(f"{_report_error(path, error)} The outcome was: {report.outcome}.")
        return False
    return True


def _check_report_path(path: Path | None, source: Path) -> None:
    """Raise CommandError(73) now and not at the end."""
    if path is None:
        return
    if path.resolve() in {Path(f"{source.resolve()}{ending}") for ending in SQLITE_SUFFIXES} or (
        source.exists() and path.exists() and path.samefile(source)
    ):
        raise CommandError(
            Exit.USAGE, f"--report {path}: that is the SQLite file, or its log. Name another."
        )
    try:
        with path.open("ab"):
            pass
    except OSError as error:
        raise CommandError(Exit.CANNOT_WRITE, _report_error(path, error)) from None


def _report_error(path: Path, error: OSError) -> str:
    """Why the report cannot be written, and what to do."""
    if error.errno == errno.EACCES:
        way = (
            f"user {os.geteuid()} may not write there. Name a file in the folder that is mounted, "
            'and let everybody write in it (chmod a+rwx); or say docker run --user "$(id -u)", for '
            "the image runs as a user of its own"
        )
    elif error.errno == errno.EROFS:
        way = "what is mounted there can only be read. Mount it without :ro, or name another folder"
    elif error.errno == errno.ENOENT:
        way = f"there is no folder {path.parent}. Make it; for a container, mount it"
    else:
        way = f"{error.strerror}. Name a file that can be written"
    return f"--report {path}: {way}."
