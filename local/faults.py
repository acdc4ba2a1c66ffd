"""`make faults` and `make soak`: the table of faults, row by row, in short or in full."""

import os
import sys

from .steps import one_line_errors
from .test import TESTS, prepare


def main() -> None:
    environment = prepare()
    # One row at a time: each has the machine to itself, for its figures' sake.
    rows = [*TESTS, "-m", "row", "--rows", "--quiet", *sys.argv[1:]]
    os.execve(sys.executable, rows, environment)


if __name__ == "__main__":
    with one_line_errors():
        main()
