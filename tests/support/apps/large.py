"""An app that takes 150 MB while it is imported, as pandas and its like do."""

import os

from flask import Flask

app = Flask(__name__)
data = b"x" * (150 << 20)


@app.get("/api/worker")
def worker() -> str:
    return str(os.getpid())
