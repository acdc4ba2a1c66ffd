"""`python3 -m local COMMAND`, for the Makefile: prepares .venv, then runs COMMAND in it.

This file must run on any Python 3, so it uses old syntax and imports other modules late.
"""

import os
import shutil
import subprocess
import sys

COMMANDS = ("run", "check", "test", "faults", "lint", "types", "docs", "bench")
NEWER = ("python3.11", "python3.12", "python3.13", "python3.14")


def main() -> None:
    """Prepare .venv and exec the command in it."""
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(f"usage: python3 -m local {'|'.join(COMMANDS)}")
    if sys.version_info < (3, 11):  # noqa: UP036
        try_newer()
        version = ".".join(map(str, sys.version_info[:2]))
        sys.exit(
            f"demijohn: Python >= 3.11 is required, and {sys.executable} is {version}: install a"
            f" newer one, or name one with `make PYTHON=/path/to/python {sys.argv[1]}`"
        )
    from .environment import prepare

    python = str(prepare(dev=sys.argv[1] != "run"))
    os.execv(python, [python, "-m", f"local.{sys.argv[1]}", *sys.argv[2:]])


def try_newer() -> None:
    """Exec this module in a newer Python if this machine has one."""
    for name in NEWER:
        path = shutil.which(name)
        # pyenv has shims on PATH for Pythons that are not active: check that it runs.
        if path and subprocess.call([path, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            os.execv(path, [path, "-m", "local", *sys.argv[1:]])


if __name__ == "__main__":
    main()
