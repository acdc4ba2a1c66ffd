"""Finds the migrations of an app, for the defaults of MIGRATION_COMMAND and ALEMBIC_VERSIONS."""

import re
from pathlib import Path

FLASK = "flask db upgrade"  # Flask-Migrate's
# A command that brings the schema to the newest revision, and does nothing else.
UPGRADE = re.compile(r"(python3? -m )?(flask|alembic)( [\w./=-]+)* upgrade( heads?)?")


def find(app_dir: Path) -> tuple[str, str]:
    """The command of the migrations in APP_DIR, and Alembic's folder of revisions there; empty if
    there are none.
    """
    if (app_dir / "backend" / "alembic.ini").is_file():
        return "alembic -c backend/alembic.ini upgrade head", "backend/migrations/versions"
    if (app_dir / "migrations" / "alembic.ini").is_file():  # Flask-Migrate's folder
        return FLASK, "migrations/versions"
    return "", ""


def only_upgrades(command: str) -> bool:
    """Whether the command may be skipped if the schema is at the newest revision."""
    return bool(UPGRADE.fullmatch(command))
