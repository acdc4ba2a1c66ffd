"""Starts programs that end when this process ends, even by SIGKILL."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path
from typing import IO, TypedDict, Unpack

# A background shell waits until the kernel closes the pipe on its stdin, because this process has
# ended, and then sends SIGINT to the program. It is orphaned on purpose, so that the program, which
# replaces the first shell, has no child that it did not start.
WATCHER = """
exec 3<&0 </dev/null
( { read -r _ <&3; kill -INT "$$"; } >/dev/null 2>&1 & )
exec "$@" 3<&-
"""


class Options(TypedDict, total=False):
    """The arguments that are passed to subprocess.Popen."""

    cwd: Path
    env: dict[str, str]
    stdout: IO[bytes]
    stderr: IO[bytes]
    user: int
    group: int
    extra_groups: list[int]


def start(command: list[str], **options: Unpack[Options]) -> subprocess.Popen[bytes]:
    """Start a program in a new session, so that Ctrl-C in the terminal does not reach it."""
    shell = ["/bin/sh", "-c", WATCHER, "watcher", *command]
    return subprocess.Popen(shell, stdin=subprocess.PIPE, start_new_session=True, **options)


def stop(process: subprocess.Popen[bytes], seconds: float) -> int:
    """Send SIGINT to a program, kill it after `seconds`, and return its exit status."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # the watcher, and the rest of the group
    status = process.wait()
    if process.stdin is not None:
        process.stdin.close()
    return status
