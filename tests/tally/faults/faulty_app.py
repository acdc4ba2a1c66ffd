"""Tally with extra routes that make a worker misbehave."""

import os
import signal
import subprocess
import time

from flask import Flask, current_app, request

from backend import create_app
from backend.database import transaction

app: Flask = create_app()
_kept: list[bytes] = []

MB = 2**20
LONG = "4321"


@app.get("/api/fault/slow")
def slow() -> str:
    """Print a line, and respond after the given number of seconds."""
    print("at work", flush=True)
    time.sleep(float(request.args["seconds"]))
    return str(os.getpid())


@app.get("/api/fault/leak")
def leak() -> str:
    """Leak the given number of MB."""
    _kept.append(os.urandom(MB) * int(request.args["mb"]))
    return str(os.getpid())


@app.post("/api/fault/use-all-memory")
def use_all_memory() -> str:
    """Allocate memory until there is none left, faster than any check."""
    while True:
        _kept.append(os.urandom(MB) * 8)


@app.get("/api/fault/break")
def raise_error() -> str:
    """Raise an exception, with the settings in scope."""
    raise LookupError(f"the app's own mistake, on {sorted(current_app.extensions)}")


@app.get("/api/fault/query")
def query() -> str:
    """Run a query that fails."""
    with transaction() as connection:
        return str(connection.exec_driver_sql("SELECT 1 FROM no_such_table").scalar())


@app.get("/api/fault/leave-children")
def leave_children() -> str:
    """Start programs without waiting for them: three end at once, one keeps running."""
    for seconds in ("0", "0", "0", LONG):
        subprocess.Popen(["sleep", seconds])
    return str(os.getpid())


@app.get("/api/fault/stop")
def stop() -> str:
    """Stop the whole process, as a deadlock in C code that holds the GIL does."""
    os.kill(os.getpid(), signal.SIGSTOP)
    return str(os.getpid())
