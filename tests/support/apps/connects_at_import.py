"""An app with one connection of its driver, which it opens while it is imported."""

import os

import psycopg2
from flask import Flask

connection = psycopg2.connect(os.environ["DATABASE_URL"])
connection.autocommit = True

app = Flask(__name__)


@app.get("/api/number/<int:number>")
def number(number: int) -> str:
    """The number, from the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s, pg_sleep(0.005)", (number,))
        return str(cursor.fetchone()[0])
