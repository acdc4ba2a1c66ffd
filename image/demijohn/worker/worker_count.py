"""How many workers Gunicorn has: one at first; each that has imported the app asks for another.

So the app is imported once until it is known what it needs (app_needs.py), and later never twice at
the same time: a small machine has no power for that, and an app may create its tables.
"""

import os
import signal
from pathlib import Path
from typing import Any

from demijohn.common.exit_codes import Exit
from demijohn.common.log import log_error
from demijohn.common.run_dir import FAILED_MARKER, LOADED_MARKER
from demijohn.worker import app_needs
from demijohn.worker.serving_workers import ServingWorkers

ATTEMPTS = 3  # to import the app in another worker


class WorkerCount:
    """The number of workers. `server` is Gunicorn's master, a gunicorn.arbiter.Arbiter."""

    def __init__(self, serving: ServingWorkers, run_dir: Path) -> None:
        self._serving = serving
        self._loaded, self._failed = run_dir / LOADED_MARKER, run_dir / FAILED_MARKER
        self._failures = 0

    def join(self) -> None:
        """Serve requests from now on, and have Gunicorn start another worker if one is missing."""
        count, wanted = self._serving.join(), _wanted()
        if count < wanted:
            os.kill(os.getppid(), signal.SIGTTIN)  # Gunicorn's signal to add a worker
        elif wanted > 1:
            print(f"{count} of {wanted} workers serve requests", flush=True)

    def limit(self, server: Any) -> None:
        """Have no more workers than wanted; called when their number has changed."""
        app_needs.adopt(server.cfg)
        if server.num_workers > _wanted():
            server.num_workers = _wanted()

    def worker_ended(self, server: Any, pid: int) -> None:
        """End with a worker that could not import the app, if none has ever imported it.

        Gunicorn would start workers for ever. If only the next worker fails, as when the app binds
        a port while it is imported, there are no more than those that have imported it.
        """
        app_needs.adopt(server.cfg)
        if self._serving.has_joined(pid):
            return
        self._failures += 1
        line = "a worker ended while it imported the app, perhaps for lack of memory"
        status, attempts = int(Exit.SOFTWARE), ATTEMPTS
        if self._failed.exists():
            word, line = self._failed.read_text(encoding="utf-8").split(" ", 1)
            self._failed.unlink()
            status, attempts = int(word), 1
        if not self._loaded.exists() and self._failures >= attempts:
            server.kill_workers(signal.SIGKILL)
            log_error(line)  # the last line: Gunicorn itself would add some
            os._exit(status)
        if self._serving.most < _wanted() and self._failures >= ATTEMPTS and server.WORKERS:
            self._stop_growing(server)

    def _stop_growing(self, server: Any) -> None:
        count = len(server.WORKERS)
        os.environ[app_needs.WORKERS] = str(count)
        server.num_workers = count
        log_error(f"no other worker can import the app: going on with WEB_CONCURRENCY={count}")


def _wanted() -> int:
    return int(os.environ[app_needs.WORKERS])
