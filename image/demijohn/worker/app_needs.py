"""Adapts Gunicorn to what the app needs, as far as its modules, threads and memory show.

The first worker that has imported the app finds that out, and leaves it to Gunicorn's master, which
starts the other workers.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from demijohn.common.log import log_info
from demijohn.common.run_dir import NEEDS_MARKER
from demijohn.worker import import_effects
from demijohn.worker.watchdog import memory

Environment = Mapping[str, str]
WORKERS, THREADS = "DEMIJOHN_WEB_CONCURRENCY", "DEMIJOHN_WEB_THREADS"
WORKER_MB = "DEMIJOHN_WORKER_MEMORY_MB"

# Threads that a worker needs if each open WebSocket takes one.
WEBSOCKET_THREADS = 64

# Modules of WebSocket servers whose connections take a thread each.
WEBSOCKETS = ("engineio", "simple_websocket")
# Socket.IO keeps its sessions in the memory of one worker
# (https://flask-socketio.readthedocs.io/en/latest/deployment.html#gunicorn-web-server).
ONE_WORKER = "engineio"


class Change(NamedTuple):
    """A setting of Gunicorn that the app needs changed, and why."""

    name: str
    value: str
    reason: str


def changes(environ: Environment, threads: list[str], used_mb: int = 0) -> list[Change]:
    """What to change. `threads` are the names of those that the app has started, `used_mb` is the
    memory after its import.

    The environment has the values in force; a value that the user has set is not changed.
    """
    given = environ.get("DEMIJOHN_GIVEN", "").split(",")
    # The memory of an app that is preloaded is shared by the workers.
    counts = environ["DEMIJOHN_PRELOAD"] != "true" and "WORKER_MEMORY_MB" not in given
    most, reason = _most_workers(environ, threads, used_mb if counts else 0)
    found = _fewer_workers(environ, given, most, reason)
    few = int(environ[THREADS]) < WEBSOCKET_THREADS and "WEB_THREADS" not in given
    if few and any(name in sys.modules for name in WEBSOCKETS):
        reason = "each open WebSocket takes a thread"
        found = [change for change in found if change.name != "WEB_THREADS"]
        found.append(Change("WEB_THREADS", str(WEBSOCKET_THREADS), reason))
    return found


def _most_workers(environ: Environment, threads: list[str], used_mb: int) -> tuple[int, str]:
    """How many workers there may be, and why not more. `used_mb`: what each one's import takes."""
    if ONE_WORKER in sys.modules:
        return 1, "the sessions of Socket.IO are in the memory of one worker"
    if threads:
        return 1, f"the app's own threads ({', '.join(threads[:3])}) would run in each worker"
    workers, worker_mb = (int(environ[name]) for name in (WORKERS, WORKER_MB))
    # A worker that uses three quarters of its memory from the start is too near its limit.
    fitting = workers * worker_mb * 3 // (used_mb * 4) if used_mb else workers
    return max(fitting, 1), f"the app uses {used_mb} MB in each worker after its import"


def _fewer_workers(environ: Environment, given: list[str], most: int, reason: str) -> list[Change]:
    """At most so many workers, with the threads and the memory of all."""
    workers = int(environ[WORKERS])
    if workers <= most:
        return []
    if "WEB_CONCURRENCY" in given:
        log_info("app", f"warning: {reason}. Set WEB_CONCURRENCY={most}.")
        return []
    threads = min(workers * int(environ[THREADS]) // most, WEBSOCKET_THREADS)
    worker_mb = workers * int(environ[WORKER_MB]) // most
    found = [
        Change("WEB_CONCURRENCY", str(most), reason),
        Change("WEB_THREADS", str(threads), "fewer workers have the threads of all"),
        Change("WORKER_MEMORY_MB", str(worker_mb), "fewer workers have the memory of all"),
    ]
    return [change for change in found if change.name not in given]


def warn_of_fork() -> None:
    """Log what a fork breaks of an app that this process has preloaded."""
    for reason in import_effects.reasons():
        log_info("app", f"warning: the app {reason}. Set PRELOAD=false.")


def adapt(cfg: Any) -> None:
    """Find out what the app needs, as this worker shows, which has imported it first."""
    needs = changes(os.environ, import_effects.threads(), memory())
    for name, value, reason in needs:
        log_info("app", f"{reason}: using {name}={value}")
    values = {f"DEMIJOHN_{name}": value for name, value, _ in needs}
    marker = _marker()
    own = marker.with_suffix(f".{os.getpid()}")  # renamed when it is complete
    own.write_text(json.dumps(values), encoding="utf-8")
    own.replace(marker)
    _use(values, cfg)


def adopt(cfg: Any) -> None:
    """Use what the first worker has just found out, if it has, for this process and its workers."""
    if (marker := _marker()).exists():
        _use(json.loads(marker.read_text(encoding="utf-8")), cfg)
        marker.unlink()


def _marker() -> Path:
    return Path(os.environ["DEMIJOHN_RUN_DIR"]) / NEEDS_MARKER


def _use(values: dict[str, str], cfg: Any) -> None:
    """Put the values into the environment and into Gunicorn's configuration."""
    os.environ.update(values)
    cfg.set("threads", int(os.environ[THREADS]))
    cfg.set("worker_connections", int(os.environ[THREADS]))
