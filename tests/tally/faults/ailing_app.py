"""Tally, with addresses at which a worker falls ill."""

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


@app.get("/api/ill/slow")
def slow() -> str:
    """Say so, and answer after so many seconds."""
    print("at work", flush=True)
    time.sleep(float(request.args["seconds"]))
    return str(os.getpid())


@app.get("/api/ill/leak")
def leak() -> str:
    """Keep so many MB, forever."""
    _kept.append(os.urandom(MB) * int(request.args["mb"]))
    return str(os.getpid())


@app.post("/api/ill/devour")
def devour() -> str:
    """Take memory until there is no more, faster than anybody looks."""
    while True:
        _kept.append(os.urandom(MB) * 8)


@app.get("/api/ill/break")
def break_() -> str:
    """Fail, with the settings at hand."""
    raise LookupError(f"the app's own mistake, on {sorted(current_app.extensions)}")


@app.get("/api/ill/query")
def query() -> str:
    """Ask the database for what it has not."""
    with transaction() as connection:
        return str(connection.exec_driver_sql("SELECT 1 FROM no_such_table").scalar())


@app.get("/api/ill/litter")
def litter() -> str:
    """Start programs and forget them: some end at once, one goes on."""
    for seconds in ("0", "0", "0", LONG):
        subprocess.Popen(["sleep", seconds])
    return str(os.getpid())


@app.get("/api/ill/stop")
def stop() -> str:
    """Stand still as a whole, as in a deadlock of C code that holds the interpreter."""
    os.kill(os.getpid(), signal.SIGSTOP)
    return str(os.getpid())
