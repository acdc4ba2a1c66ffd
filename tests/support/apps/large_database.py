"""The large app, with a SQLite database that stays open after the import."""

import sqlite3
import tempfile
from pathlib import Path

from large import app

__all__ = ["app"]

database = sqlite3.connect(Path(tempfile.mkdtemp()) / "app.db")
database.execute("CREATE TABLE t (n)")
