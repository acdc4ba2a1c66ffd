"""An app that starts the development server when it is imported."""

from flask import Flask

app = Flask(__name__)
app.run(port=0)
