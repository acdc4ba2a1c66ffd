"""`demijohn run PROGRAM …`: a one-off command in the environment of the app."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence

from demijohn.common import signals
from demijohn.common.exit_codes import CommandError, Exit
from demijohn.common.log import log_error
from demijohn.config import resource_limits, settings
from demijohn.config.environment import app_path, child_environment, flask_app


def run(program: str, words: Sequence[str]) -> int:
    """Replace this process by a program that has the app's environment and import path.

    Raises CommandError(64) if the program does not exist. If the settings are wrong, prints a line
    on stderr and runs the program in the unchanged environment: a shell must open so that they can
    be corrected.
    """
    if not shutil.which(program):
        raise CommandError(
            Exit.USAGE,
            f"{program!r} is neither a demijohn command nor a program on PATH. "
            "See demijohn --help.",
        )
    try:
        environment = _app_environment(os.environ)
    except CommandError as mistake:
        text = " ".join(mistake.message.splitlines())
        log_error(f"{text} {program} runs without the app's settings.")
        environment = dict(os.environ)
    signals.restore_defaults()
    sys.stdout.flush()
    os.execvpe(program, [program, *words], environment)


def _app_environment(environ: Mapping[str, str]) -> dict[str, str]:
    config = settings.load(environ)
    resource_limits.measure().apply(config)
    more = {"PYTHONPATH": app_path(config, environ)} | flask_app(config, environ)
    return child_environment(config, environ, more)
