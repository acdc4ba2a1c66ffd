"""What a wall clock that is set back would spoil: Nginx's cache.

Until when an answer is fresh, Nginx knows by the wall clock alone (`valid_sec` in
https://github.com/nginx/nginx/blob/master/src/http/ngx_http_file_cache.c). Set back by an hour, it
would serve for an hour what was to be kept for a second.
"""

import time
from pathlib import Path

STEP_SECONDS = 1.0  # less is no step: the daemon that keeps the time makes it go slower


class WallClock:
    """The wall clock, watched by means of one that nobody sets."""

    def __init__(self) -> None:
        self._ahead = self._measure()

    @staticmethod
    def _measure() -> float:
        return time.time() - time.monotonic()

    def set_back(self) -> float:
        """By how many seconds it was set back since this was last asked; 0 if it was not."""
        before, self._ahead = self._ahead, self._measure()
        step = before - self._ahead
        return step if step > STEP_SECONDS else 0.0


def forget_answers(run_dir: Path) -> None:
    """Delete what Nginx has cached; a file that is gone is an answer that it has to ask for.

    Of each that nobody asks for any more it will say, when its time is up, that it is gone.
    """
    for answer in run_dir.glob("cache/*/*/" + "?" * 32):  # what is being written has a longer name
        answer.unlink(missing_ok=True)
