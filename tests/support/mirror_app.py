"""The app of the container tests: tests/fixtures/mirror, mounted into the image."""

from tests.support.container_fixtures import App
from tests.support.docker_engine import ROOT

FOLDER = ROOT / "tests" / "fixtures" / "mirror"
REVISIONS = list((FOLDER / "revisions").glob("*.py"))

MIRROR_APP = App(
    options=("--volume", f"{FOLDER}:/mirror:ro"),
    settings={
        "APP_DIR": "/mirror",
        "APP_MODULE": "mirror:app",
        "API_PATHS": "/api",
        "MIGRATION_COMMAND": "python /mirror/migrate.py",
        "ALEMBIC_VERSIONS": "/mirror/revisions",
    },
)
