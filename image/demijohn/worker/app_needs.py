"""Adapts Gunicorn to what the app needs, as far as its modules, threads and connections show.

Gunicorn, or without PRELOAD each of its workers, imports the app. If the app then needs other
values, Gunicorn is executed again with them; the imports of a few apps are done twice for that.
"""

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, NoReturn

from demijohn.common.log import log_info
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


def changes(
    environ: Environment, effects: list[str], threads: list[str], used_mb: int = 0
) -> list[Change]:
    """What to change. `effects` says why the app must not be forked (import_effects.py), `threads`
    are the names of those that it has started, `used_mb` is the memory after its import.

    The environment has the values in force; a value that the user has set is not changed.
    """
    found = []
    given = environ.get("DEMIJOHN_GIVEN", "").split(",")
    is_preloaded = environ["DEMIJOHN_PRELOAD"] == "true"
    if effects and is_preloaded and "PRELOAD" not in given:
        found.append(Change("PRELOAD", "false", f"the app {effects[0]}"))
        is_preloaded = False
    counts = not is_preloaded and "WORKER_MEMORY_MB" not in given
    most, reason = _most_workers(environ, threads, used_mb if counts else 0)
    found += _fewer_workers(environ, given, most, reason)
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


# As they were before the app was imported, which may change them.
_environ, _folder = dict(os.environ), Path.cwd()


def needed() -> list[Change]:
    """What to change, as this process shows, which has imported the app."""
    effects, threads = import_effects.reasons(), import_effects.threads()
    return changes(os.environ, effects, threads, memory())


def restart(needs: Iterable[Iterable[str]]) -> NoReturn:
    """Execute Gunicorn again with the changes, after a line for each."""
    for name, value, reason in needs:
        log_info("app", f"{reason}: using {name}={value}")
        _environ[f"DEMIJOHN_{name}"] = value
    os.chdir(_folder)
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], _environ)
