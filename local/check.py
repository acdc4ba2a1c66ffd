"""`make check`: lint, types, unit tests, and one pass through the real stack."""

import os
import subprocess
import sys
from pathlib import Path

from . import lint, test
from .steps import ROOT, one_line_errors

UNIT = ("tests/unit", "tests/tally/unit")
STACK = (
    "tests/runtime/commands/test_smoke.py::test_every_check_passes[psycopg2]",
    "tests/tally/runtime/test_smoke.py::test_every_check_passes[psycopg2]",
)


def main() -> None:
    os.chdir(ROOT)
    faults = lint.failed()
    # Another app comes without the tests of Tally.
    tests = [name for name in (*UNIT, *STACK) if Path(name.partition("::")[0]).exists()]
    # Unit tests wait less than others: more processes would only be more to start.
    parallel = ("-n", str((os.cpu_count() or 1) + 1))
    command = test.command(*tests, *parallel, *sys.argv[1:])
    if subprocess.run(command, env=test.prepare()).returncode:
        faults.append("tests")
    if faults:
        sys.exit(f"make check: failed: {', '.join(faults)}")


if __name__ == "__main__":
    with one_line_errors():
        main()
