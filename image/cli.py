"""The `demijohn` command: which words mean what, and how a mistake ends."""

import os
import shutil
import signal
import sys
from types import FrameType

from . import __version__
from .exits import Exit, Interrupted, Stop
from .log import complain

USAGE = """\
demijohn: a Flask + React app in one container.

  demijohn serve                boot, then run Nginx and Gunicorn until told to stop
  demijohn release              what must happen once a deploy: the migrations, under a lock
  demijohn doctor               settings with their source, the machine, the database, each problem
  demijohn smoke URL            prove from outside that a deployment works
  demijohn import-sqlite FILE   bring the data of a SQLite file into Postgres, or say why not
  demijohn healthcheck          exit 0 if the server in this container answers
  demijohn PROGRAM …            any other program of the image, such as bash

Settings are environment variables; the README lists them.
"""


def main(argv: list[str] | None = None) -> int:
    """Run one command; its exit status. A user's mistake is a line on stderr, no traceback."""
    command, *words = (sys.argv[1:] if argv is None else argv) or ["--help"]
    # PID 1 has no default action for these: without a handler it would not stop while it boots.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stopped if command == "serve" else _interrupted)
    try:
        return int(_run(command, words))
    except Stop as stop:
        complain(stop.message)
        return stop.status


def _run(command: str, words: list[str]) -> int:
    """Modules are imported where they are needed: `healthcheck` runs every few seconds."""
    if command in ("serve", "release", "doctor", "healthcheck") and words:
        raise Stop(Exit.USAGE, f"{command} takes no arguments, got {' '.join(words)!r}.")
    match command:
        case "serve":
            from .boot import serve

            return serve()
        case "release":
            from .boot import release_once

            return release_once()
        case "doctor":
            from .doctor import run as examine

            return examine()
        case "healthcheck":
            from .healthcheck import run

            return run()
        case "smoke":
            from .smoke import main as smoke

            return smoke(words)
        case "import-sqlite":
            from .sqlite.command import main as import_sqlite

            return import_sqlite(words)
        case "help" | "-h" | "--help":
            print(USAGE, end="")
            return Exit.OK
        case "--version":
            print(f"demijohn {__version__}")
            return Exit.OK
    return _execute(command, words)


def _execute(program: str, words: list[str]) -> int:
    """Become another program: `docker run IMAGE bash`, or a host that prefixes our own name."""
    if not shutil.which(program):
        raise Stop(
            Exit.USAGE,
            f"{program!r} is neither a command of demijohn nor a program. See demijohn --help.",
        )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    sys.stdout.flush()
    os.execvp(program, [program, *words])


def _stopped(number: int, _: FrameType | None) -> None:
    raise Interrupted(Exit.OK, f"stopped by {signal.Signals(number).name}")


def _interrupted(number: int, _: FrameType | None) -> None:
    """A command that was to do something, and has not, is no success."""
    raise Interrupted(Exit.SOFTWARE, f"stopped by {signal.Signals(number).name} before it was done")
