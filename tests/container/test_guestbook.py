"""Another app in the same image, with settings and build arguments only."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.docker_engine import ROOT, Container, Engine, Postgres, run_docker, wait_for

Launch = Callable[..., Container]
GUESTBOOK = ROOT / "tests" / "fixtures" / "guestbook"

# The guestbook's README documents the same.
BUILD = {
    "BACKEND": "server",
    "FRONTEND": "client",
    "FRONTEND_BUILD": "npm run bundle",
    "FRONTEND_OUTPUT": "public-build",
}
SETTINGS = {
    "APP_DIR": "server",
    "APP_MODULE": "app:app",
    "API_PATHS": "/rest",
    "MIGRATION_COMMAND": "python release.py",
    "PUBLIC_TITLE": "Anna and Ben's wedding",
}


def make_context(app: Path, context: Path) -> Path:
    """Make the build context of another app: the repository's files and the app's."""
    for name in ("Dockerfile", ".dockerignore", "nginx.conf", "pyproject.toml", "supervisord.conf"):
        shutil.copy(ROOT / name, context)
    shutil.copytree(ROOT / "image", context / "image", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(app, context, dirs_exist_ok=True)
    return context


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_context(GUESTBOOK, tmp_path_factory.mktemp("guestbook"))


@pytest.fixture(scope="module")
def guestbook_image(engine: Engine, context: Path) -> str:
    return engine.build(context, **BUILD)[0]


@pytest.fixture(scope="module")
def guestbook(engine: Engine, guestbook_image: str, postgres: Postgres) -> Iterator[Container]:
    url = postgres.url(postgres.create_database())
    site = engine.start(guestbook_image, settings={"DATABASE_URL": url, **SETTINGS})
    yield site.wait_until_ready()
    assert "Traceback" not in site.log


def test_guestbook_readme_has_the_tested_settings() -> None:
    text = (GUESTBOOK / "README.md").read_text()
    words = [f"{name}={value}" for name, value in (BUILD | SETTINGS).items()]
    assert [word for word in words if word not in text.replace('"', "")] == []


def test_guestbook_page_and_its_script_are_served(guestbook: Container) -> None:
    page = guestbook.get("/some/entry").text
    (script,) = re.findall(r'src="(/assets/guestbook-\w+\.js)"', page)
    response = guestbook.get(script, Accept_Encoding="br")
    assert (response.status_code, response.headers["Content-Encoding"]) == (200, "br")
    assert """"PUBLIC_TITLE": "Anna and Ben's wedding\"""" in guestbook.get("/env.js").text
    assert guestbook.get("/").text == page


def test_guestbook_api_and_its_program_work(guestbook: Container) -> None:
    assert guestbook.post("/rest/entries", {"text": "Be happy"}).status_code == 201
    wait_for(
        lambda: guestbook.get("/rest/entries").json() == [{"text": "Be happy", "stamped": True}],
        "stamp on the entry",
    )
    assert "stamper   stamped 1" in guestbook.stdout


def test_guestbook_release_runs_before_gunicorn(guestbook: Container) -> None:
    lines = guestbook.log.splitlines()
    released = lines.index("release: the table exists")
    assert released < next(i for i, line in enumerate(lines) if "ready:" in line)


def test_guestbook_serves_a_page_at_the_default_api_path(guestbook: Container) -> None:
    assert guestbook.get("/api/entries").headers["Content-Type"].startswith("text/html")


def test_smoke_passes_on_the_guestbook(guestbook: Container) -> None:
    assert set(guestbook.smoke("--api-path", "/rest").values()) <= {"pass", "skip"}


def test_source_change_rebuilds_without_installing_packages(
    engine: Engine, guestbook_image: str, context: Path
) -> None:
    for file, comment in (("server/app.py", "#"), ("client/src/guestbook.js", "//")):
        with (context / file).open("a") as source:
            # It differs in every run, so the build cache does not match.
            source.write(f"{comment} {engine.run}\n")
    _, log = engine.build(context, **BUILD)
    cached, executed = steps(log)
    assert {
        "RUN /install-frontend",
        "--requirement /tmp/image.txt",
        "install_app_packages.py requirements.txt",
    } <= cached
    assert {"sh -c", "compileall"} <= executed


def test_apps_share_the_layers_that_are_not_theirs(image: str, guestbook_image: str) -> None:
    """So a host that has one release downloads only what has changed since."""
    layers = [
        run_docker("image", "inspect", "--format", '{{join .RootFS.Layers " "}}', name).split()
        for name in (image, guestbook_image)
    ]
    assert len(set(layers[1]) - set(layers[0])) <= 3  # packages, page, code


def steps(log: str) -> tuple[set[str], set[str]]:
    """The commands in the build's cached steps, and those in the executed ones."""
    words = (
        "RUN /install-frontend",
        "sh -c",
        "--requirement /tmp/image.txt",
        "install_app_packages.py requirements.txt",
        "compileall",
    )
    cached, executed = set(), set()
    for number, step in re.findall(r"^#(\d+) \[.*?\] (.*)$", log, re.M):
        kind = cached if re.search(rf"^#{number} CACHED$", log, re.M) else executed
        kind.update(word for word in words if word in step)
    return cached, executed
