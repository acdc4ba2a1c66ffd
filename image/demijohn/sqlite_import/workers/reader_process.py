"""A process that reads the SQLite file beside others.

Started as `python -m demijohn.sqlite_import.helper FILE`.

Tasks come on stdin and messages go to stdout, both pickled. It ends when stdin does, that is with
the process that has started it, however that ends.
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
    """Work until there is nobody to work for."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # meant for the one who has started it, and knows
    malloc_tuning.return_large_blocks()
    malloc_tuning.collect_garbage_rarely()
    tasks, messages = sys.stdin.buffer, sys.stdout.buffer
    reader = ThreadReader(
        Source(Path(sys.argv[1]))
    )  # not closed: who has started this one tidies up
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
    """Take tasks until no more can come. Then there is nothing to finish, and nothing to tidy."""
    with contextlib.suppress(EOFError, pickle.UnpicklingError):
        while True:
            reader.send(pickle.load(tasks))  # noqa: S301  from the process that has started this one
    os._exit(0)


def _format_traceback(error: BaseException) -> str:
    """What cannot be sent as it is: any exception, with what it may hold."""
    return "".join(traceback.format_exception(error))


if __name__ == "__main__":
    main()
