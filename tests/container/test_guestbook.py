"""Another app of another shape, in the same image: nothing but settings and build arguments."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.docker_engine import ROOT, Container, Engine, Postgres, wait_for

Launch = Callable[..., Container]
GUESTBOOK = ROOT / "tests" / "fixtures" / "guestbook"

# The README beside the app says the same, to people.
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
    "MIGRATION_COMMAND": "python server/release.py",
    "PUBLIC_TITLE": "Anna and Ben's wedding",
}


def put_in(app: Path, context: Path) -> Path:
    """What someone does who puts an app of their own in: the repository's files, and the app's."""
    for name in ("Dockerfile", ".dockerignore", "nginx.conf", "pyproject.toml", "supervisord.conf"):
        shutil.copy(ROOT / name, context)
    shutil.copytree(ROOT / "image", context / "image", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(app, context, dirs_exist_ok=True)
    return context


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return put_in(GUESTBOOK, tmp_path_factory.mktemp("guestbook"))


@pytest.fixture(scope="module")
def guestbook_image(engine: Engine, context: Path) -> str:
    return engine.build(context, **BUILD)[0]


@pytest.fixture(scope="module")
def guestbook(engine: Engine, guestbook_image: str, postgres: Postgres) -> Iterator[Container]:
    url = postgres.url(postgres.create_database())
    site = engine.start(guestbook_image, settings={"DATABASE_URL": url, **SETTINGS})
    yield site.wait_until_ready()
    assert "Traceback" not in site.stdout + site.stderr


def test_its_readme_says_what_is_tested() -> None:
    text = (GUESTBOOK / "README.md").read_text()
    words = [f"{name}={value}" for name, value in (BUILD | SETTINGS).items()]
    assert [word for word in words if word not in text.replace('"', "")] == []


def test_the_page_and_what_it_loads(guestbook: Container) -> None:
    page = guestbook.get("/some/entry").text
    (script,) = re.findall(r'src="(/assets/guestbook-\w+\.js)"', page)
    answer = guestbook.get(script, Accept_Encoding="br")
    assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "br")
    assert """"PUBLIC_TITLE": "Anna and Ben's wedding\"""" in guestbook.get("/env.js").text
    assert guestbook.get("/").text == page


def test_its_api_and_its_program(guestbook: Container) -> None:
    assert guestbook.post("/rest/entries", {"text": "Be happy"}).status_code == 201
    wait_for(
        lambda: guestbook.get("/rest/entries").json() == [{"text": "Be happy", "stamped": True}],
        "stamp on the entry",
    )
    assert "stamper   stamped 1" in guestbook.stdout


def test_its_release_ran_first(guestbook: Container) -> None:
    lines = guestbook.stdout.splitlines()
    told = lines.index("release: the table is there")
    assert told < next(i for i, line in enumerate(lines) if "ready:" in line)


def test_the_other_apps_paths_are_not_its_own(guestbook: Container) -> None:
    assert guestbook.get("/api/entries").headers["Content-Type"].startswith("text/html")


def test_smoke_passes(guestbook: Container) -> None:
    assert set(guestbook.smoke("--api-path", "/rest").values()) <= {"pass", "skip"}


def test_a_change_of_the_source_installs_nothing_again(
    engine: Engine, guestbook_image: str, context: Path
) -> None:
    for file, comment in (("server/app.py", "#"), ("client/src/guestbook.js", "//")):
        with (context / file).open("a") as source:
            source.write(f"{comment} {engine.run}\n")  # no earlier run had the same
    _, log = engine.build(context, **BUILD)
    cached, done = steps(log)
    assert {"npm ci", "--requirement /tmp/image.txt", "--requirement /tmp/app.txt"} <= cached
    assert {"sh -c", "compileall"} <= done


def steps(log: str) -> tuple[set[str], set[str]]:
    """Which of the build's telling words stand in steps that were cached, and which in others."""
    words = (
        "npm ci",
        "sh -c",
        "--requirement /tmp/image.txt",
        "--requirement /tmp/app.txt",
        "compileall",
    )
    cached, done = set(), set()
    for number, step in re.findall(r"^#(\d+) \[.*?\] (.*)$", log, re.M):
        kind = cached if re.search(rf"^#{number} CACHED$", log, re.M) else done
        kind.update(word for word in words if word in step)
    return cached, done
