"""Adapts Gunicorn to what the app needs, as far as its modules, threads and connections show.

Gunicorn imports the app before it forks its workers. If the app then needs other values, Gunicorn
is executed again with them; the imports of a few apps are done twice for that.
"""

import os
import sys
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


def changes(environ: dict[str, str] | os._Environ[str], effects: list[str]) -> list[Change]:
    """What to change. `effects` says why the app must not be forked (import_effects.py).

    The environment has the values in force; a value that the user has set is not changed.
    """
    found = []
    given = environ.get("DEMIJOHN_GIVEN", "").split(",")
    if effects and environ["DEMIJOHN_PRELOAD"] == "true" and "PRELOAD" not in given:
        found.append(Change("PRELOAD", "false", f"the app {effects[0]}"))
    if ONE_WORKER in sys.modules and environ["DEMIJOHN_WEB_CONCURRENCY"] != "1":
        reason = "the sessions of Socket.IO are in the memory of one worker"
        if "WEB_CONCURRENCY" in given:
            log_info("app", f"warning: {reason}. Set WEB_CONCURRENCY=1.")
        else:
            found.append(Change("WEB_CONCURRENCY", "1", reason))
    few = int(environ["DEMIJOHN_WEB_THREADS"]) < WEBSOCKET_THREADS and "WEB_THREADS" not in given
    if few and any(name in sys.modules for name in WEBSOCKETS):
        reason = "each open WebSocket takes a thread"
        found.append(Change("WEB_THREADS", str(WEBSOCKET_THREADS), reason))
    return found


def restart_if_needed() -> None:
    """Execute Gunicorn again with what the app needs, after a line for each change."""
    needed = changes(os.environ, import_effects.reasons())
    if not needed:
        return
    for change in needed:
        log_info("app", f"{change.reason}: using {change.name}={change.value}")
        os.environ[f"DEMIJOHN_{change.name}"] = change.value
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
