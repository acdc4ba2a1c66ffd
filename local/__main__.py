"""`python3 -m local COMMAND`, which the Makefile calls: makes .venv, then runs COMMAND in it.

It runs on whatever Python 3 there is, so its own syntax is old, and the rest is imported late.
"""

import os
import shutil
import subprocess
import sys

COMMANDS = ("run", "check", "test", "faults", "lint", "types", "docs", "bench")
NEWER = ("python3.11", "python3.12", "python3.13", "python3.14")


def main() -> None:
    """Make or mend .venv and hand over to the command inside it."""
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(f"usage: python3 -m local {'|'.join(COMMANDS)}")
    if sys.version_info < (3, 11):  # noqa: UP036
        try_newer()
        version = ".".join(map(str, sys.version_info[:2]))
        sys.exit(
            f"demijohn: Python >= 3.11 is needed, and {sys.executable} is {version}: install a"
            f" newer one, or say which with `make PYTHON=/path/to/python {sys.argv[1]}`"
        )
    from .environment import prepare

    python = str(prepare(dev=sys.argv[1] != "run"))
    os.execv(python, [python, "-m", f"local.{sys.argv[1]}", *sys.argv[2:]])


def try_newer() -> None:
    """Start again in a newer Python if this machine has one."""
    for name in NEWER:
        path = shutil.which(name)
        # A pyenv shim is on PATH for Pythons that are not switched on: ask before going there.
        if path and subprocess.call([path, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            os.execv(path, [path, "-m", "local", *sys.argv[1:]])


if __name__ == "__main__":
    main()
