"""A process that reads the SQLite file, beside others.

Started as `python -m demijohn.sqlite_import.workers.reader_process FILE`. Tasks come on stdin and
messages go to stdout, both pickled. It ends at the end of stdin, so it does not outlive its parent.
"""

import contextlib
import os
import pickle
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import IO

from demijohn.common.exit_codes import CommandError
from demijohn.sqlite_import.source.database import Source
from demijohn.sqlite_import.workers import malloc_tuning
from demijohn.sqlite_import.workers.readers import ThreadReader
from demijohn.sqlite_import.workers.tasks import TaskFailed


def main() -> None:
    """Run tasks until stdin ends."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the parent handles them
    malloc_tuning.return_large_blocks()
    malloc_tuning.collect_garbage_rarely()
    tasks, messages = sys.stdin.buffer, sys.stdout.buffer
    reader = ThreadReader(Source(Path(sys.argv[1])))  # not closed: the parent cleans up
    threading.Thread(target=_receive_tasks, args=(tasks, reader), daemon=True).start()
    with contextlib.suppress(BrokenPipeError):
        while True:
            message = reader.receive()
            if isinstance(message, TaskFailed) and not isinstance(message.error, CommandError):
                message = TaskFailed(RuntimeError(_format_traceback(message.error)))
            pickle.dump(message, messages, pickle.HIGHEST_PROTOCOL)
            messages.flush()
    os._exit(1)


def _receive_tasks(tasks: IO[bytes], reader: ThreadReader) -> None:
    """Receive tasks until stdin ends. Then exit at once: there is nothing to clean up."""
    with contextlib.suppress(EOFError, pickle.UnpicklingError):
        while True:
            reader.send(pickle.load(tasks))  # noqa: S301  from the parent process
    os._exit(0)


def _format_traceback(error: BaseException) -> str:
    """The traceback as text: an exception may hold values that cannot be pickled."""
    return "".join(traceback.format_exception(error))


if __name__ == "__main__":
    main()
