"""An app that opens a socket of its own while it is imported, as an exporter of metrics does."""

import os
import socket

from flask import Flask

server = socket.socket(socket.AF_UNIX)
server.bind(os.environ["OWN_SOCKET"])

app = Flask(__name__)


@app.get("/api/number/<number>")
def number(number: str) -> str:
    return number
