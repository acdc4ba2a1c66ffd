"""A chat with Flask-SocketIO: what one client says, all hear."""

from flask import Flask
from flask_socketio import SocketIO

app = Flask(__name__)
socketio = SocketIO(app)


@socketio.on("say")
def say(text: str) -> None:
    socketio.emit("heard", text)
