"""import-sqlite as on a machine with many processors and a large file: several processes read it.

`python force_reader_processes.py READERS PART_ROWS import-sqlite FILE …`
"""

import sys

from demijohn.cli import main
from demijohn.sqlite_import import crew, load

if __name__ == "__main__":
    readers, rows = map(int, sys.argv[1:3])
    crew.wanted = lambda source: readers
    crew.PART_ROWS = load.PART_ROWS = rows
    load.FEWEST_ROWS = min(rows, load.FEWEST_ROWS)
    sys.exit(main(sys.argv[3:]))
