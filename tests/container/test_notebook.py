"""An app without a React build, which keeps its data on a volume."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from tests.container.test_guestbook import make_context
from tests.support import secrecy
from tests.support.containers import STARTED
from tests.support.docker_engine import HARDENED, ROOT, Container, Engine, docker

Launch = Callable[..., Container]
NOTEBOOK = ROOT / "tests" / "fixtures" / "notebook"
BUILD = {"BACKEND": "server", "FRONTEND_STAGE": "no-frontend"}
SETTINGS = {"APP_DIR": "server", "APP_MODULE": "app:app", "API_PATHS": "/"}
DATA = {"DEMIJOHN_DATA_DIR": "/data"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
OWNER = (
    " belongs to user 0, and the app runs as user 10001. Give it to that user, as root: "
    "docker run --rm --user 0 -v VOLUME:{0} IMAGE chown -R 10001:10001 {0}; "
    "on Kubernetes set fsGroup: 10001."
)


@pytest.fixture(scope="module")
def notebook_image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    return engine.build(make_context(NOTEBOOK, tmp_path_factory.mktemp("notebook")), **BUILD)[0]


@pytest.fixture
def start(engine: Engine, notebook_image: str, request: pytest.FixtureRequest) -> Iterator[Launch]:
    """A function that starts a container of the notebook, without a database."""
    containers = request.node.stash.setdefault(STARTED, [])

    def start(
        *volumes: str,
        image: str = notebook_image,
        options: Sequence[str] = HARDENED,
        **given: str,
    ) -> Container:
        mounted = [word for volume in volumes for word in ("--volume", volume)]
        settings = {"SECRET_KEY": secrecy.SECRET_KEY, "WEB_CONCURRENCY": "1"} | SETTINGS | given
        site = engine.start(image, options=(*options, *mounted), settings=settings)
        containers.append(site)
        return site

    yield start
    docker("rm", "--force", "--volumes", *(container.name for container in containers))


@pytest.fixture
def root_folder(engine: Engine, notebook_image: str) -> str:
    """A volume of root's, as disks of hosts are: not empty, so Docker leaves its owner."""
    volume = engine.create_volume()
    words = ("--volume", f"{volume}:/data", "--user", "0", "--entrypoint", "sh", notebook_image)
    done = docker("run", "--rm", *words, "-c", "mkdir /data/lost+found && chown 0:0 /data")
    assert done.returncode == 0, done.stderr
    return volume


def add_note(site: Container, text: str) -> httpx.Response:
    return httpx.post(f"{site.url}/notes", content=f"text={text}", headers=FORM, timeout=10)


def worker_errors(site: Container) -> list[str]:
    """The messages of `demijohn` that a worker has logged, without their prefix."""
    return re.findall(r"^gunicorn +demijohn: (.*)$", site.log, re.MULTILINE)


def test_notebook_readme_has_the_tested_settings() -> None:
    text = (NOTEBOOK / "README.md").read_text()
    words = [f"{name}={value}" for name, value in (BUILD | SETTINGS | DATA).items()]
    assert [word for word in words if word not in text] == []


def test_server_rendered_app_keeps_its_data_in_a_new_volume(engine: Engine, start: Launch) -> None:
    volume = f"{engine.create_volume()}:/data"
    site = start(volume, **DATA).wait_until_ready()
    assert "no frontend, the app answers every path" in site.stdout
    page = site.get("/")
    (style,) = re.findall(r'href="(/static/[^"]+)"', page.text)
    assert site.get(style).headers["Content-Type"] == "text/css; charset=utf-8"
    saved = add_note(site, "remember")
    assert (saved.status_code, saved.headers["Location"]) == (303, "/")
    missing = site.get("/missing")
    assert missing.status_code == 404 and "/missing is not in this notebook" in missing.text
    assert set(site.smoke("--no-frontend").values()) <= {"pass", "skip"}
    next_site = start(volume, **DATA).wait_until_ready()
    assert "remember" in next_site.get("/").text


def test_app_at_the_root_keeps_its_folder_static_to_itself(
    engine: Engine, start: Launch, tmp_path: Path
) -> None:
    """Nginx does not take its static/index.html for that of a React build."""
    context = make_context(NOTEBOOK, tmp_path)
    for path in (context / "server").iterdir():
        path.rename(context / path.name)
    (context / "static" / "index.html").write_text("<p>of the folder static</p>")
    image = engine.build(context, **BUILD | {"BACKEND": "."})[0]
    site = start(image=image, APP_DIR=".").wait_until_ready()
    assert "no frontend, the app answers every path" in site.stdout
    assert "of the folder static" not in site.get("/").text
    assert site.get("/index.html").text == "the app's own index.html"
    assert "of the folder static" in site.get("/static/index.html").text


def test_volume_of_root_as_data_dir_names_the_owner_it_needs(
    start: Launch, root_folder: str
) -> None:
    site = start(f"{root_folder}:/data", **DATA)
    assert site.wait() == 73
    expected = "DEMIJOHN_DATA_DIR='/data' cannot be written: /data" + OWNER.format("/data")
    assert site.error_messages() == [expected]


def test_data_dir_in_the_image_is_refused(start: Launch) -> None:
    site = start(DEMIJOHN_DATA_DIR="/app/data")
    assert site.wait() == 73
    (line,) = site.error_messages()
    assert line.startswith(
        "DEMIJOHN_DATA_DIR='/app/data' cannot be written: the image's own folders"
    )
    assert line.endswith(" are read-only. Mount a volume there.")


def test_read_only_volume_as_data_dir_is_named(engine: Engine, start: Launch) -> None:
    site = start(f"{engine.create_volume()}:/data:ro", **DATA)
    assert site.wait() == 73
    assert "/data is on a volume that is mounted read-only" in site.error_messages()[0]


def test_data_dir_without_a_volume_is_warned_about(start: Launch) -> None:
    site = start(options=(), **DATA).wait_until_ready()
    assert "warning: /data is not on a volume: each deploy deletes its files" in site.stdout


@pytest.mark.parametrize("options", [HARDENED, ()], ids=["read-only", "writable"])
def test_view_that_writes_into_the_image_is_explained_once(
    start: Launch, options: tuple[str, ...]
) -> None:
    site = start(options=options).wait_until_ready()
    assert [add_note(site, "lost").status_code for _ in range(3)] == [500] * 3
    (line,) = worker_errors(site)
    assert line.startswith("/app/server/notes.txt cannot be written: the image's own folders are")
    assert line.endswith(", and write below os.environ['DATA_DIR'].")


def test_view_that_writes_to_a_volume_of_root_is_explained(start: Launch, root_folder: str) -> None:
    """A volume over a folder of the app, without DEMIJOHN_DATA_DIR."""
    site = start(f"{root_folder}:/app/server/data", DATA_DIR="data").wait_until_ready()
    assert add_note(site, "lost").status_code == 500
    folder = "/app/server/data"
    expected = f"{folder}/notes.txt cannot be written: {folder}" + OWNER.format(folder)
    assert worker_errors(site) == [expected]
    assert f"warning: {folder} is a volume that user 10001 cannot write. Give it to" in site.stdout


def test_log_file_in_the_image_ends_the_boot_with_the_remedy(start: Launch, tmp_path: Path) -> None:
    app = tmp_path / "logs.py"
    app.write_text("import logging\nlogging.basicConfig(filename='app.log')\n")
    tmp_path.chmod(0o755)
    site = start(f"{app}:/app/server/logs.py:ro", APP_MODULE="logs:app")
    assert site.wait() == 78
    expected = "APP_MODULE='logs:app' cannot be imported: /app/server/app.log cannot be written, "
    expected += "at logs.py:2: the image's own folders are read-only. "
    assert any(line.startswith(expected) for line in worker_errors(site) + site.error_messages())
