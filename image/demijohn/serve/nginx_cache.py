"""Keeps Nginx's cache small, and clears it if the wall clock is set back.

Nginx itself may look at the size only every ten seconds (`ngx_http_file_cache_manager` in
https://github.com/nginx/nginx/blob/master/src/http/ngx_http_file_cache.c). /tmp may be in memory,
which can be full by then.

Nginx expires cached responses by the wall clock alone (`valid_sec` in the same file). If the clock
is set back by an hour, Nginx would serve a response for an hour instead of a second.
"""

import time
from contextlib import suppress
from pathlib import Path

MAX_BYTES = 16 << 20  # max_size in nginx.conf
BLOCK_BYTES = 512  # of st_blocks (stat(2)); even an empty page takes 4 kB of memory
STEP_SECONDS = 1.0  # NTP daemons correct smaller differences by slowing the clock down


class WallClock:
    """Compares the wall clock with the monotonic clock, which is never set."""

    def __init__(self) -> None:
        self._offset = self._measure_offset()

    @staticmethod
    def _measure_offset() -> float:
        return time.time() - time.monotonic()

    def seconds_set_back(self) -> float:
        """By how many seconds the clock was set back since the last call; 0 if it was not."""
        before, self._offset = self._offset, self._measure_offset()
        step = before - self._offset
        return step if step > STEP_SECONDS else 0.0


def clear_cache(run_dir: Path, max_bytes: int = 0) -> None:
    """Delete the oldest files of Nginx's cache until at most `max_bytes` remain.

    Nginx requests these responses again. When a deleted entry expires, Nginx logs that its file
    does not exist.
    """
    found = []
    for response in run_dir.glob("cache/*/*/" + "?" * 32):  # unfinished files have a longer name
        with suppress(FileNotFoundError):  # Nginx has deleted it
            status = response.stat()
            found.append((status.st_mtime, status.st_blocks * BLOCK_BYTES, response))
    used = sum(size for _, size, _ in found)
    for _, size, response in sorted(found):
        if used <= max_bytes:
            return
        response.unlink(missing_ok=True)
        used -= size
