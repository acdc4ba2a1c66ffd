"""`make faults` and `make soak`: the tests of the table of faults, in short or in full."""

import os
import sys
from pathlib import Path

from .steps import ROOT, one_line_errors
from .test import TESTS, prepare


def main() -> None:
    environment = prepare()
    # Only files with rows: collecting the other three thousand tests takes half a minute.
    files = [str(path) for path in sorted(ROOT.glob("tests/**/test_*.py")) if _has_rows(path)]
    # One row at a time, so that other tests do not affect its measurements.
    rows = [*TESTS, *files, "-m", "row", "--rows", "--quiet", *sys.argv[1:]]
    os.execve(sys.executable, rows, environment)


def _has_rows(path: Path) -> bool:
    return "\n@row(" in path.read_text(encoding="utf-8")


if __name__ == "__main__":
    with one_line_errors():
        main()
