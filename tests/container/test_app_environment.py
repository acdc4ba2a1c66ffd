"""An app with packages that the image has in other versions, on two base images."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.container.test_guestbook import GUESTBOOK, make_context
from tests.support.docker_engine import ROOT, Container, Engine, Postgres, docker

OLD_PINS = ROOT / "tests" / "fixtures" / "old_pins"
BUILD = {
    "BACKEND": "server",
    "FRONTEND": "client",
    "FRONTEND_BUILD": "npm run bundle",
    "FRONTEND_OUTPUT": "public-build",
    "APT_PACKAGES": "libmagic1",
}
SETTINGS = {
    "APP_DIR": "server",
    "APP_MODULE": "app:app",
    "MIGRATION_COMMAND": "python release.py",
}
BASES = {"PYTHON_IMAGE": "python:3.11-slim-bookworm", "NODE_IMAGE": "node:18-slim"}

Versions = dict[str, str]


def write_context(folder: Path, *changed: tuple[str, str]) -> Path:
    """Write the build context of the app, with changed lines of its requirements."""
    context = make_context(OLD_PINS, folder)
    shutil.copytree(GUESTBOOK / "client", context / "client")
    file = context / "server" / "requirements.txt"
    for old, new in changed:
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
    return context


def pins(context: Path) -> Versions:
    lines = (context / "server" / "requirements.txt").read_text().split()
    found = dict(line.split("==") for line in lines)
    del found["flask"]
    return found


def build(engine: Engine, kind: str, context: Path) -> str:
    bases = BASES if kind == "old" else {}
    engine.require(*bases.values())
    return engine.build(context, **BUILD, **bases)[0]


@pytest.fixture(scope="module", params=["default", "old"])
def site(
    engine: Engine, postgres: Postgres, request: pytest.FixtureRequest
) -> Iterator[tuple[Container, Versions]]:
    """The app on the default base images or on older ones, and the versions that it must have."""
    kind: str = request.param
    changed = [("psycopg2-binary==2.9.10", "psycopg2-binary==2.9.9")] if kind == "old" else []
    with tempfile.TemporaryDirectory() as folder:
        context = write_context(Path(folder), *changed)
        expected = pins(context)
        image = build(engine, kind, context)
    expected |= {
        "psycopg2": expected["psycopg2-binary"],
        "python": "3.11" if kind == "old" else "3.13",
    }
    url = postgres.url(postgres.create_database())
    container = engine.start(image, settings={"DATABASE_URL": url, **SETTINGS})
    yield container.wait_until_ready(), expected
    assert "Traceback" not in container.log


Site = tuple[Container, Versions]


def test_app_has_the_versions_that_it_pins(site: Site) -> None:
    container, expected = site
    found: dict[str, Any] = container.get("/api/versions").json()
    assert {name: found[name] for name in expected} == expected
    assert found["magic"] == "application/pdf"
    assert container.get("/api/rows").json() == {"answer": 42}


def test_url_without_a_driver_opens_with_the_one_that_is_installed(site: Site) -> None:
    container, _ = site
    assert container.get("/api/driver").text == "psycopg2"
    command = "import app; print(app.driver())"
    assert container.exec("demijohn", "python", "-c", command) == "psycopg2"


def test_image_runs_its_own_gunicorn_and_supervisor(site: Site) -> None:
    container, _ = site
    code = (
        "import gunicorn, supervisor, psycopg2, dotenv\n"
        "for module in (gunicorn, supervisor, psycopg2, dotenv):\n"
        "    assert module.__file__.startswith('/opt/venv/'), module\n"
        "print(gunicorn.__version__)"
    )
    ours = container.exec("/opt/venv/bin/python", "-c", code)
    assert container.exec("readlink", "/proc/1/exe") == container.exec(
        "readlink", "-f", "/opt/venv/bin/python"
    )
    assert container.get("/api/versions").json()["server"] == f"gunicorn/{ours}"


def test_release_programs_and_commands_have_the_apps_versions(site: Site) -> None:
    container, expected = site
    log = container.stdout
    assert f"release: {expected}" in log.replace("release   ", "")
    assert f"versions  {expected}" in log
    assert container.exec("demijohn", "python", "-c", "import app; print(app.versions())") == str(
        expected
    )


def test_commands_and_probes_work_with_old_packages(site: Site) -> None:
    container, expected = site
    assert f"Python {expected['python']}" in container.exec("flask", "--version")
    assert "no problems found" in container.exec("demijohn", "doctor")
    for probe in ("/livez", "/healthz", "/up", "/readyz", "/healthz/database"):
        assert container.get(probe).status_code == 200
    assert set(container.smoke().values()) <= {"pass", "skip"}


def test_failed_installation_ends_with_a_remedy(engine: Engine, tmp_path: Path) -> None:
    context = write_context(tmp_path, ("psycopg2-binary==2.9.10", "psycopg2-binary==2.9.9"))
    words = [word for pair in BUILD.items() for word in ("--build-arg", "=".join(pair))]
    done = docker("build", "--progress=plain", "--target", "app-packages", *words, str(context))
    assert done.returncode != 0
    printed, _, _ = done.stderr.partition(" ERROR: process ")
    line = printed.splitlines()[-2]  # before BuildKit's own
    assert "psycopg2-binary==2.9.9 has no wheel for Python 3.13" in line
    assert "--build-arg PYTHON_IMAGE=python:3.12-slim" in line
