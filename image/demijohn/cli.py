"""The `demijohn` command: its subcommands and its exit statuses."""

import os
import sys

from demijohn import __version__
from demijohn.common import signals
from demijohn.common.exit_codes import CommandError, Exit, Interrupted
from demijohn.common.log import log_error
from demijohn.common.signals import block_signals
from demijohn.common.stdout_guard import Output

USAGE = """\
demijohn: a Flask + React app in one container.

  demijohn serve                boot, then run Nginx and Gunicorn until SIGTERM
  demijohn release              run the migrations once per deploy, under a lock
  demijohn doctor               list the settings with their sources, the limits of the machine,
                                the database, and each problem found
  demijohn smoke URL            check from outside that a deployment works
  demijohn import-sqlite FILE   import a SQLite file into Postgres
  demijohn backup [FILE]        write the database to a file, or to standard output
  demijohn restore FILE         restore a backup into an empty database, all of it or nothing
  demijohn healthcheck          exit 0 if the server in this container answers
  demijohn run PROGRAM …        run flask, python, bash … in the environment of the app;
                                you can omit `run`
  demijohn worker NAME          run one program of programs.d, without Nginx and Gunicorn

Settings are environment variables; docs/settings.md lists them.
"""

# The exit status and the end of the message when a signal stops a command. A command that was
# stopped before it finished its work has failed.
UNFINISHED = (Exit.SOFTWARE, " before it was done")
WHEN_STOPPED = {
    "serve": (Exit.OK, ""),
    "worker": (Exit.OK, ""),
    "import-sqlite": (Exit.SOFTWARE, " before it was done. Nothing was changed."),
}


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit status. A CommandError is one line on stderr."""
    command, *words = (sys.argv[1:] if argv is None else argv) or ["--help"]
    if command == "demijohn":  # some hosts put the entrypoint before a command that names it
        return main(words)
    _remove_added_variables()
    signals.listen(*WHEN_STOPPED.get(command, UNFINISHED))
    output = Output()
    try:
        status = int(_run(command, words))
        signals.ignore()
    except (CommandError, Interrupted) as stop:
        signals.ignore()
        log_error(stop.message)
        status = stop.status
    return output.end(status)


def _run(command: str, words: list[str]) -> int:
    """Run a subcommand. Modules are imported when needed: `healthcheck` runs every few seconds."""
    if command in ("serve", "release", "doctor", "healthcheck") and words:
        raise CommandError(Exit.USAGE, f"{command} takes no arguments, got {' '.join(words)!r}.")
    match command:
        case "serve":
            with block_signals():
                from demijohn.serve.boot import serve
            return serve()
        case "release":
            with block_signals():
                from demijohn.serve.boot import release_once
            return release_once()
        case "doctor":
            with block_signals():
                from demijohn.commands.doctor import run as doctor
            return doctor()
        case "healthcheck":
            with block_signals():
                from demijohn.commands.healthcheck import run as healthcheck
            return healthcheck()
        case "smoke":
            with block_signals():
                from demijohn.commands.smoke import main as smoke
            return smoke(words)
        case "import-sqlite":
            with block_signals():
                from demijohn.sqlite_import.command import main as import_sqlite
            return import_sqlite(words)
        case "worker":
            if len(words) != 1:
                raise CommandError(Exit.USAGE, "worker takes one name: demijohn worker NAME.")
            with block_signals():
                from demijohn.serve.boot import run_worker
            return run_worker(words[0])
        case "run":
            if not words:
                raise CommandError(Exit.USAGE, "run takes a program: demijohn run PROGRAM ….")
            return _execute(words[0], words[1:])
        case "backup":
            with block_signals():
                from demijohn.commands.backup import backup
            return backup(words)
        case "restore":
            with block_signals():
                from demijohn.commands.backup import restore
            return restore(words)
        case "help" | "-h" | "--help":
            print(USAGE, end="")
            return Exit.OK
        case "--version":
            print(f"demijohn {__version__}")
            return Exit.OK
    return _execute(command, words)


def _execute(program: str, words: list[str]) -> int:
    """Run any other program: `docker run IMAGE bash` reaches us as `demijohn bash`."""
    with block_signals():
        from demijohn.commands.run import run
    return run(program, words)


def _remove_added_variables() -> None:
    """Inside `demijohn run bash`, restore the environment that the container was started with."""
    if "DEMIJOHN_ADDED" in os.environ:
        from demijohn.config.environment import given_environment

        given = given_environment(os.environ)
        os.environ.clear()
        os.environ.update(given)
