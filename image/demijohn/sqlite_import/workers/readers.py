"""Readers run tasks: in a thread of this process, or in a process of their own."""

import fcntl
import pickle
import queue
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO, Protocol, cast

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.sqlite_import.source.database import Source
from demijohn.sqlite_import.workers.bounded_queue import BoundedQueue, Stopped
from demijohn.sqlite_import.workers.tasks import Message, Task, TaskDone, TaskFailed

JOIN_SECONDS = 10.0
PIPE_BYTES = 1 << 20  # on Linux, whose default is 64 kB


class Reader(Protocol):
    """Runs tasks in order, and sends their messages in that order."""

    def send(self, task: Task) -> None:
        """Queue a task, without waiting for it."""

    def receive(self) -> Message:
        """Wait for the next message. Raises Stopped, CommandError(70)."""

    def stop(self) -> None:
        """Stop the current task and all others. Another thread may call it."""

    def close(self) -> None:
        """Stop, and wait until it has stopped."""


class ThreadReader:
    """A thread that uses the connection of this process."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._messages = BoundedQueue()
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)
        self._thread.start()

    def send(self, task: Task) -> None:
        self._tasks.put(task)

    def receive(self) -> Message:
        return self._messages.get()

    def stop(self) -> None:
        self._messages.stop()
        self._tasks.put(None)
        self._source.connection.interrupt()

    def close(self) -> None:
        self.stop()
        self._thread.join(JOIN_SECONDS)

    def _run(self) -> None:
        with suppress(Stopped):
            while task := self._tasks.get():
                try:
                    end: Message = TaskDone(task.run(self._source, self._messages.put))
                except Stopped:
                    raise
                except BaseException as error:  # any error goes to the receiving thread
                    end = TaskFailed(error)
                self._messages.put(end)


class ProcessReader:
    """A process that opens the file again. It does not outlive this one."""

    def __init__(self, source: Source) -> None:
        self._path = source.path
        module = f"{__package__}.reader_process"
        self._process = subprocess.Popen(
            # -P: modules in the current folder must not be imported.
            [sys.executable, "-P", "-m", module, str(source.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._tasks = cast(IO[bytes], self._process.stdin)
        self._messages = cast(IO[bytes], self._process.stdout)
        # not Linux, or over the limit of an unprivileged user
        with suppress(AttributeError, OSError):
            fcntl.fcntl(self._messages, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    def send(self, task: Task) -> None:
        with suppress(BrokenPipeError):  # then receive() reports the lost process
            pickle.dump(task, self._tasks, pickle.HIGHEST_PROTOCOL)
            self._tasks.flush()

    def receive(self) -> Message:
        try:
            message: Message = pickle.load(self._messages)  # noqa: S301  from our own process
        except (EOFError, pickle.UnpicklingError):
            raise self._lost_error() from None
        return message

    def stop(self) -> None:
        self._process.kill()

    def close(self) -> None:
        self.stop()
        self._process.wait()
        with suppress(BrokenPipeError):
            self._tasks.close()
        self._messages.close()

    def _lost_error(self) -> CommandError:
        status = self._process.wait()
        how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        return CommandError(
            Exit.SOFTWARE,
            f"a process that read {self._path} {how}, so nothing was imported. Try again; "
            "if memory is short, allow more.",
        )
