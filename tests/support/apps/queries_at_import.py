"""An app that queries the database while it is imported, as `db.create_all()` does."""

import os

from flask import Flask
from sqlalchemy import create_engine, text

engine = create_engine(os.environ["SQLALCHEMY_DATABASE_URI"])
with engine.connect() as connection:
    connection.execute(text("SELECT 1"))

app = Flask(__name__)


@app.get("/api/number/<int:number>")
def number(number: int) -> str:
    """The number, from the database."""
    with engine.connect() as connection:
        return str(
            connection.execute(text("SELECT :number, pg_sleep(0.005)"), {"number": number}).scalar()
        )
