"""Programs that end when we end, by kill -9 too."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path
from typing import IO, TypedDict, Unpack

# A reader in the background waits for the pipe on stdin to close, which the kernel does when our
# process is gone, and then sends INT. It is orphaned on purpose: the program, which takes the
# shell's place and process id, finds no child that it did not start.
READER = """
exec 3<&0 </dev/null
( { read -r _ <&3; kill -INT "$$"; } >/dev/null 2>&1 & )
exec "$@" 3<&-
"""


class Options(TypedDict, total=False):
    """The arguments of subprocess.Popen that are passed on."""

    cwd: Path
    env: dict[str, str]
    stdout: IO[bytes]
    stderr: IO[bytes]
    user: int
    group: int
    extra_groups: list[int]


def start(command: list[str], **options: Unpack[Options]) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, so that Ctrl-C reaches it through us alone."""
    shell = ["/bin/sh", "-c", READER, "keeper", *command]
    return subprocess.Popen(shell, stdin=subprocess.PIPE, start_new_session=True, **options)


def end(process: subprocess.Popen[bytes], seconds: float) -> int:
    """Ask a program to stop (INT), kill it if it has not within `seconds`; return its status."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # the reader, and what would not stop
    status = process.wait()
    if process.stdin is not None:
        process.stdin.close()
    return status
