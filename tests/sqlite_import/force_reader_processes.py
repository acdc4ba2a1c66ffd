"""import-sqlite with a fixed number of reader processes, whatever the CPUs and the file size.

`python force_reader_processes.py READERS RANGE_ROWS import-sqlite FILE …`
"""

import sys

from demijohn.cli import main
from demijohn.sqlite_import.load import copy
from demijohn.sqlite_import.workers import reader_pool

if __name__ == "__main__":
    readers, rows = map(int, sys.argv[1:3])
    reader_pool.reader_count = lambda source: readers
    reader_pool.RANGE_ROWS = copy.RANGE_ROWS = rows
    copy.MIN_RANGE_ROWS = min(rows, copy.MIN_RANGE_ROWS)
    sys.exit(main(sys.argv[3:]))
