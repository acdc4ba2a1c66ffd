"""An app that changes its process while it is imported, and then starts a thread."""

import os
import subprocess
import threading
import time

from flask import Flask

KEY = os.environ.pop("API_KEY")
os.environ["DATABASE_URL"] = "sqlite:///dev.db"
os.chdir("/")
threading.Thread(target=time.sleep, args=(3600,), daemon=True, name="a job").start()

app = Flask(__name__)


@app.get("/api/key")
def key() -> str:
    return KEY


@app.get("/api/stdin")
def stdin() -> str:
    """The standard input of a program that a view starts."""
    command = ["readlink", "/proc/self/fd/0"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
