"""Process groups: adopting orphans, and killing all members of a group."""

import ctypes
import os
import signal
import time
from contextlib import suppress

KILL_SECONDS = 0.5  # a killed process is gone within milliseconds, unless a disk hangs

# https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html
PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Become the parent of orphaned descendants, as PID 1 always is: supervisord then reaps them.

    Does nothing on systems other than Linux.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def kill_group(group: int) -> None:
    """Kill the rest of a group and wait for its end: the restarted program needs the same port."""
    deadline = time.monotonic() + KILL_SECONDS
    while signal_group(group, signal.SIGKILL) and time.monotonic() < deadline:
        with suppress(ChildProcessError):
            os.waitpid(-group, os.WNOHANG)
        time.sleep(0.002)


def signal_group(group: int, number: int) -> bool:
    """Send a signal to a process group. Returns False if the group has no members."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # macOS raises EPERM for zombies
        return False
    return True
