"""An app that does not like to be imported by two processes at the same time."""

import os
import time
from pathlib import Path

from flask import Flask, request

lock = Path(os.environ["DEMIJOHN_RUN_DIR"], "import")
try:
    lock.touch(exist_ok=False)
except FileExistsError:
    print("another import is in progress", flush=True)
time.sleep(0.5)
lock.unlink(missing_ok=True)

app = Flask(__name__)


@app.get("/api/multiprocess")
def multiprocess() -> str:
    """Whether the server says that there are other processes."""
    return str(request.environ["wsgi.multiprocess"])
