"""An app that computes in processes which it starts while it is imported."""

from concurrent.futures import ProcessPoolExecutor

from flask import Flask

pool = ProcessPoolExecutor(2)
pool.submit(int, 0).result()  # starts the first process

app = Flask(__name__)


@app.get("/api/number/<number>")
def number(number: str) -> str:
    return str(pool.submit(int, number).result())
