"""The `demijohn` command: which words mean what, and how a mistake ends."""

import os
import sys

from demijohn import __version__
from demijohn.common import signals
from demijohn.common.exit_codes import CommandError, Exit, Interrupted
from demijohn.common.log import log_error
from demijohn.common.signals import held
from demijohn.common.stdout_guard import Output

USAGE = """\
demijohn: a Flask + React app in one container.

  demijohn serve                boot, then run Nginx and Gunicorn until told to stop
  demijohn release              run the migrations once per deploy, under a lock
  demijohn doctor               settings with their source, the machine, the database, each problem
  demijohn smoke URL            prove from outside that a deployment works
  demijohn import-sqlite FILE   import a SQLite file into Postgres
  demijohn backup [FILE]        write the database to a file, or to standard output
  demijohn restore FILE         bring a backup into an empty database, all of it or nothing
  demijohn healthcheck          exit 0 if the server in this container answers
  demijohn run PROGRAM …        run flask, python, bash … in the environment of the app;
                                `run` may be left out
  demijohn worker NAME          run one program of programs.d, without Nginx and Gunicorn

Settings are environment variables; docs/settings.md lists them.
"""

# How it ends when told to stop. What was to do something, and has not, is no success.
UNDONE = (Exit.SOFTWARE, " before it was done")
TOLD_TO_STOP = {
    "serve": (Exit.OK, ""),
    "worker": (Exit.OK, ""),
    "import-sqlite": (Exit.SOFTWARE, " before it was done. Nothing was changed."),
}


def main(argv: list[str] | None = None) -> int:
    """Run one command; its exit status. A user's mistake is a line on stderr, no traceback."""
    command, *words = (sys.argv[1:] if argv is None else argv) or ["--help"]
    if command == "demijohn":  # a host that puts the entrypoint before a command that has it
        return main(words)
    _forget_what_we_added()
    signals.listen(*TOLD_TO_STOP.get(command, UNDONE))
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
    """Modules are imported where they are needed: `healthcheck` runs every few seconds."""
    if command in ("serve", "release", "doctor", "healthcheck") and words:
        raise CommandError(Exit.USAGE, f"{command} takes no arguments, got {' '.join(words)!r}.")
    match command:
        case "serve":
            with held():
                from demijohn.serve.boot import serve
            return serve()
        case "release":
            with held():
                from demijohn.serve.boot import release_once
            return release_once()
        case "doctor":
            with held():
                from demijohn.commands.doctor import run as examine
            return examine()
        case "healthcheck":
            with held():
                from demijohn.commands.healthcheck import run
            return run()
        case "smoke":
            with held():
                from demijohn.commands.smoke import main as smoke
            return smoke(words)
        case "import-sqlite":
            with held():
                from demijohn.sqlite_import.command import main as import_sqlite
            return import_sqlite(words)
        case "worker":
            if len(words) != 1:
                raise CommandError(Exit.USAGE, "worker takes one name: demijohn worker NAME.")
            with held():
                from demijohn.serve.boot import work
            return work(words[0])
        case "run":
            if not words:
                raise CommandError(Exit.USAGE, "run takes a program: demijohn run PROGRAM ….")
            return _execute(words[0], words[1:])
        case "backup":
            with held():
                from demijohn.commands.backup import backup
            return backup(words)
        case "restore":
            with held():
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
    """Any other word: `docker run IMAGE bash`, or a host that puts `demijohn` before everything."""
    with held():
        from demijohn.commands.run import run
    return run(program, words)


def _forget_what_we_added() -> None:
    """Inside of `demijohn run bash`, read the settings as they were given to the container."""
    if "DEMIJOHN_ADDED" in os.environ:
        from demijohn.config.environment import given_environment

        given = given_environment(os.environ)
        os.environ.clear()
        os.environ.update(given)
