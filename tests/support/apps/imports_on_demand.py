"""An app whose import takes until a file exists."""

import os
import signal
import time
from pathlib import Path
from typing import NoReturn

from flask import Flask

gate = Path(os.environ["IMPORT_GATE"])
while not gate.exists():
    time.sleep(0.05)

app = Flask(__name__)


@app.get("/api/worker")
def worker() -> str:
    return str(os.getpid())


@app.get("/api/crash")
def crash() -> NoReturn:
    print("the app: crash", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("alive")
