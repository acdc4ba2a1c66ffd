"""`make bench-NAME`: what bench/NAME.py needs, and then that; its own options go into ARGS."""

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
