"""`make bench-NAME`: prepares the environment and runs bench/NAME.py with the options in ARGS."""

import os
import sys

from .steps import one_line_errors
from .test import prepare


def main() -> None:
    environment = prepare()
    name, *words = sys.argv[1:]
    os.execve(sys.executable, [sys.executable, f"bench/{name}.py", *words], environment)


if __name__ == "__main__":
    with one_line_errors():
        main()
