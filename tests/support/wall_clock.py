"""A wall clock that tests can set for the processes that they start, with libfaketime.

Only CLOCK_REALTIME is faked: when a machine sleeps, CLOCK_MONOTONIC stops and CLOCK_REALTIME is
corrected afterwards (https://man7.org/linux/man-pages/man2/clock_gettime.2.html), and NTP does not
change CLOCK_MONOTONIC either.
"""

import shutil
import time
from pathlib import Path

import pytest

CACHE_SECONDS = 1  # for how long a process uses the offset that it has read

LIBRARIES = "*/faketime/libfaketimeMT.so.1"

# Debian's libfaketime 0.9.10 breaks clock_nanosleep() when it does not fake CLOCK_MONOTONIC
# (https://github.com/wolfcw/libfaketime/issues/426); time.sleep() calls that since Python 3.11.
SITE = """
import select
import time

time.sleep = lambda seconds: select.select([], [], [], seconds)
"""


def library() -> Path:
    """The path of libfaketime; if it is missing, the test is skipped."""
    found = sorted(Path("/usr/lib").glob(LIBRARIES))
    return found[0] if found else pytest.skip("no libfaketime: apt install libfaketime")


class Clock:
    """The wall clock of all processes that are started with `settings`.

    `folder` is for the clock alone; `seen_as` is its path in those processes, if different.
    """

    def __init__(self, folder: Path, seen_as: str = "") -> None:
        self._file = folder / "clock"
        self._offset = 0
        self._write()
        place = seen_as or str(folder)
        shutil.copy(library(), folder / "libfaketime.so")
        (folder / "sitecustomize.py").write_text(SITE)
        folder.chmod(0o755)
        self.settings = {
            "LD_PRELOAD": f"{place}/libfaketime.so",
            "FAKETIME_TIMESTAMP_FILE": f"{place}/clock",
            # Without a cache, threads queue up to read the file: 160 µs for each look at the clock.
            "FAKETIME_CACHE_DURATION": str(CACHE_SECONDS),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            "PYTHONPATH": place,
        }
        # Nginx passes only declared environment variables to its workers
        # (https://nginx.org/en/docs/ngx_core_module.html#env).
        directives = " ".join(f"env {name};" for name in self.settings if "FAKE" in name)
        nginx = folder / "nginx"
        nginx.write_text(f"#!/bin/sh\nexec nginx -g '{directives}' \"$@\"\n")
        nginx.chmod(0o755)

    def shift(self, seconds: int) -> None:
        """Move the clock forward, or back if negative; when this returns, all processes see it."""
        self._offset += seconds
        self._write()
        time.sleep(CACHE_SECONDS + 1.1)  # libfaketime compares whole seconds

    def _write(self) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(f"{self._offset:+}\n")
        new.rename(self._file)  # atomically: the processes read it all the time
