"""The workers that serve requests, in memory that they and Gunicorn's master share."""

import mmap
import os
from pathlib import Path

PLACES = 128  # twice the maximum of workers, because old ones end while new ones start
NUMBER = 4  # bytes

PF_EXITING = 0x4  # https://github.com/torvalds/linux/blob/master/include/linux/sched.h


class ServingWorkers:
    """Their process ids, and how many there have been at most. Created before they are forked."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, (PLACES + 1) * NUMBER)

    def join(self) -> int:
        """Note that this process serves requests from now on. Returns how many do."""
        for step in range(PLACES):
            place = (os.getpid() + step) % PLACES
            if not is_running(self._read(place)):
                self._write(place, os.getpid())
                break
        count = len(self._running())
        self._write(PLACES, max(count, self.most))
        return count

    @property
    def most(self) -> int:
        """How many have served requests at the same time."""
        return self._read(PLACES)

    def has_joined(self, pid: int) -> bool:
        """Whether a process serves requests, or did so until it has ended just now."""
        return pid in map(self._read, range(PLACES))

    def has_another(self, dead: int) -> bool:
        """Whether another process than this one and `dead` serves requests."""
        return bool(self._running() - {dead, os.getpid()})

    def _running(self) -> set[int]:
        return {pid for pid in map(self._read, range(PLACES)) if is_running(pid)}

    def _read(self, place: int) -> int:
        return int.from_bytes(self._memory[place * NUMBER : (place + 1) * NUMBER], "big")

    def _write(self, place: int, number: int) -> None:
        self._memory[place * NUMBER : (place + 1) * NUMBER] = number.to_bytes(NUMBER, "big")


def is_running(pid: int) -> bool:
    """Whether a process exists and has not begun to exit: a zombie has, and so has a process whose
    connections are just being closed.
    """
    if not pid:
        return False
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    state, *fields = text.rpartition(") ")[2].split()
    return state not in "ZX" and not int(fields[5]) & PF_EXITING  # flags: proc_pid_stat(5)
