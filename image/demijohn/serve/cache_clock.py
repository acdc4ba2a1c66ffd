"""Clears Nginx's cache if the wall clock is set back.

Nginx expires cached responses by the wall clock alone (`valid_sec` in
https://github.com/nginx/nginx/blob/master/src/http/ngx_http_file_cache.c). If the clock is set back
by an hour, Nginx would serve a response for an hour instead of a second.
"""

import time
from pathlib import Path

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


def clear_cache(run_dir: Path) -> None:
    """Delete the files of Nginx's cache, so that Nginx requests each response again.

    When a deleted entry expires, Nginx logs that its file does not exist.
    """
    for response in run_dir.glob("cache/*/*/" + "?" * 32):  # unfinished files have a longer name
        response.unlink(missing_ok=True)
