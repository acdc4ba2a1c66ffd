"""A wall clock that can be set, for the processes of a test: libfaketime's.

While a machine sleeps, CLOCK_MONOTONIC stands still and CLOCK_REALTIME is put right afterwards
(https://man7.org/linux/man-pages/man2/clock_gettime.2.html): so only the latter is faked. A
correction by NTP does not touch CLOCK_MONOTONIC either.
"""

import shutil
from pathlib import Path

import pytest

LIBRARIES = "*/faketime/libfaketimeMT.so.1"

# libfaketime 0.9.10, Debian's, breaks clock_nanosleep() when it is to leave CLOCK_MONOTONIC alone
# (https://github.com/wolfcw/libfaketime/issues/426), and time.sleep() is that since Python 3.11.
SITE = """
import select
import time

time.sleep = lambda seconds: select.select([], [], [], seconds)
"""


def library() -> Path:
    """libfaketime; without it the test is skipped."""
    found = sorted(Path("/usr/lib").glob(LIBRARIES))
    return found[0] if found else pytest.skip("no libfaketime: apt install libfaketime")


class Clock:
    """The wall clock of all processes that are started with `settings`.

    `folder` is its own; `seen_as` is where those processes see it.
    """

    def __init__(self, folder: Path, seen_as: str = "") -> None:
        self._file = folder / "clock"
        self._offset = 0
        self.turn(0)
        place = seen_as or str(folder)
        shutil.copy(library(), folder / "libfaketime.so")
        (folder / "sitecustomize.py").write_text(SITE)
        folder.chmod(0o755)
        self.settings = {
            "LD_PRELOAD": f"{place}/libfaketime.so",
            "FAKETIME_TIMESTAMP_FILE": f"{place}/clock",
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            "PYTHONPATH": place,
        }
        # Nginx hands its workers what it is told to, and nothing else
        # (https://nginx.org/en/docs/ngx_core_module.html#env).
        told = " ".join(f"env {name};" for name in self.settings if "FAKE" in name)
        nginx = folder / "nginx"
        nginx.write_text(f"#!/bin/sh\nexec nginx -g '{told}' \"$@\"\n")
        nginx.chmod(0o755)

    def turn(self, seconds: int) -> None:
        """Set the clock forward, or back."""
        self._offset += seconds
        new = self._file.with_suffix(".new")
        new.write_text(f"{self._offset:+}\n")
        new.rename(self._file)  # it is read all the time
