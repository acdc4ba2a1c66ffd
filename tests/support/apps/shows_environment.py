"""An app that shows its environment variables."""

import os

from flask import Flask

app = Flask(__name__)


@app.get("/api/<name>")
def variable(name: str) -> str:
    return os.environ.get(name, "")
