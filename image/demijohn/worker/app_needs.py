"""Adapts Gunicorn to what the app needs, as far as its modules, threads and connections show.

Gunicorn imports the app before it forks its workers. If the app then needs other values, Gunicorn
is executed again with them; the imports of a few apps are done twice for that.
"""

import os
import sys
from pathlib import Path
from typing import NamedTuple

from demijohn.common.log import log_info
from demijohn.worker import import_effects

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
    environ: dict[str, str] | os._Environ[str], effects: list[str], threads: list[str]
) -> list[Change]:
    """What to change. `effects` says why the app must not be forked (import_effects.py), `threads`
    are the names of those that it has started.

    The environment has the values in force; a value that the user has set is not changed.
    """
    found = []
    given = environ.get("DEMIJOHN_GIVEN", "").split(",")
    if effects and environ["DEMIJOHN_PRELOAD"] == "true" and "PRELOAD" not in given:
        found.append(Change("PRELOAD", "false", f"the app {effects[0]}"))
    found += _one_worker(environ, given, threads)
    few = int(environ["DEMIJOHN_WEB_THREADS"]) < WEBSOCKET_THREADS and "WEB_THREADS" not in given
    if few and any(name in sys.modules for name in WEBSOCKETS):
        reason = "each open WebSocket takes a thread"
        found = [change for change in found if change.name != "WEB_THREADS"]
        found.append(Change("WEB_THREADS", str(WEBSOCKET_THREADS), reason))
    return found


def _one_worker(
    environ: dict[str, str] | os._Environ[str], given: list[str], threads: list[str]
) -> list[Change]:
    """One worker, with the threads of all, for an app that would do its work in each of them."""
    workers = int(environ["DEMIJOHN_WEB_CONCURRENCY"])
    if ONE_WORKER in sys.modules:
        reason = "the sessions of Socket.IO are in the memory of one worker"
    elif threads:
        reason = f"the app's own threads ({', '.join(threads[:3])}) would run in each worker"
    else:
        return []
    if workers == 1:
        return []
    if "WEB_CONCURRENCY" in given:
        log_info("app", f"warning: {reason}. Set WEB_CONCURRENCY=1.")
        return []
    found = [Change("WEB_CONCURRENCY", "1", reason)]
    if "WEB_THREADS" not in given:
        total = str(min(workers * int(environ["DEMIJOHN_WEB_THREADS"]), WEBSOCKET_THREADS))
        found.append(Change("WEB_THREADS", total, "one worker has the threads of all"))
    return found


# As they were before the app was imported, which may change them.
_environ, _folder = dict(os.environ), Path.cwd()


def restart_if_needed() -> None:
    """Execute Gunicorn again with what the app needs, after a line for each change."""
    needed = changes(os.environ, import_effects.reasons(), import_effects.threads())
    if not needed:
        return
    for change in needed:
        log_info("app", f"{change.reason}: using {change.name}={change.value}")
        _environ[f"DEMIJOHN_{change.name}"] = change.value
    os.chdir(_folder)
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], _environ)
