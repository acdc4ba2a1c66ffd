"""`make bench-NAME`: what bench/NAME.py needs, and then that; its own options go into ARGS."""

import os
import sys

from . import tools
from .steps import ROOT, exclusive, one_line_errors


def main() -> None:
    with exclusive():
        tools.ensure("postgres", "Postgres (from PyPI)")
    os.chdir(ROOT)
    name, *words = sys.argv[1:]
    os.execv(sys.executable, [sys.executable, f"bench/{name}.py", *words])


if __name__ == "__main__":
    with one_line_errors():
        main()
