"""An app as Flask's tutorials write it, with the packages of today and with those of 2021."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.container.test_guestbook import make_context
from tests.support.docker_engine import ROOT, Container, Engine, Postgres

TUTORIAL = ROOT / "tests" / "fixtures" / "tutorial"
BUILD = {"BACKEND": "server", "FRONTEND_STAGE": "no-frontend"}
SETTINGS = {"APP_DIR": "server", "APP_MODULE": "notes:app", "API_PATHS": "/"}
# The requirements, the base image that has wheels for them, and what SQLAlchemy's version is.
PACKAGES = {
    "today": ("requirements.txt", {}, "2.1"),
    "2021": ("requirements-2021.txt", {"PYTHON_IMAGE": "python:3.11-slim-bookworm"}, "1.4"),
}


@pytest.fixture(scope="module", params=PACKAGES)
def tutorial(
    engine: Engine,
    postgres: Postgres,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Container]:
    requirements, bases, version = PACKAGES[request.param]
    engine.require(*bases.values())
    context: Path = make_context(TUTORIAL, tmp_path_factory.mktemp("tutorial"))
    (context / "server" / requirements).rename(context / "server" / "requirements.txt")
    image = engine.build(context, **BUILD, **bases)[0]
    url = postgres.url(postgres.create_database())
    site = engine.start(image, settings={"DATABASE_URL": url, **SETTINGS})
    yield site.wait_until_ready()
    command = "import sqlalchemy; print(sqlalchemy.__version__)"
    assert site.exec("demijohn", "python", "-c", command).startswith(version)
    assert "Traceback" not in site.log


def test_tutorial_is_migrated_at_boot_and_stores_notes(tutorial: Container) -> None:
    assert "0001, notes" in tutorial.log
    assert "0001 (head)" in tutorial.exec("flask", "db", "current")
    assert tutorial.post("/notes", {"text": "from the tutorial"}).status_code == 201
    assert [note["text"] for note in tutorial.get("/notes").json()] == ["from the tutorial"]
    assert tutorial.get("/notes/1").json() == {"id": 1, "text": "from the tutorial"}
    assert "<p>from the tutorial</p>" in tutorial.get("/", Accept="text/html").text


def test_errors_of_the_tutorial_are_its_own(tutorial: Container) -> None:
    assert "was not found on the server" in tutorial.get("/notes/999").text
    assert tutorial.post("/notes", {}).status_code == 400
