"""An app that starts a thread while it is imported, as APScheduler's background scheduler does, and
handles a signal.
"""

import faulthandler
import os
import random
import signal
import threading
import time

from flask import Flask, jsonify, request

app = Flask(__name__)
state = {"given": "", "seen": ""}


def copy_repeatedly() -> None:
    """The job: it sees what a view has changed, if both run in one process."""
    while True:
        state["seen"] = state["given"]
        time.sleep(0.05)


threading.Thread(target=copy_repeatedly, daemon=True, name="the scheduler").start()
random.seed(42)
first_number = random.random()
random.seed(42)
faulthandler.register(signal.SIGUSR1)
signal.signal(signal.SIGUSR2, lambda *_: state.update(given="SIGUSR2"))


@app.post("/api/given")
def give() -> str:
    state["given"] = request.get_data(as_text=True)
    return "given"


@app.get("/api/seen")
def seen() -> object:
    return jsonify(state["seen"])


@app.get("/api/process")
def process() -> object:
    """Whether the import's effects are there, and how many processes and threads there may be."""
    return jsonify(
        is_seeded=random.random() == first_number,
        has_others=request.environ["wsgi.multiprocess"],
        threads=os.environ["DEMIJOHN_WEB_THREADS"],
    )


@app.post("/api/exit")
def leave() -> None:
    os._exit(1)


meeting = threading.Barrier(8)


@app.get("/api/meeting")
def meet() -> str:
    """Wait for seven other requests."""
    meeting.wait(timeout=10)
    return "met"
