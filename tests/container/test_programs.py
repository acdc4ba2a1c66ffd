"""One-off commands, the recipes for a queue and a schedule, and `demijohn worker`."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from tests.container.test_guestbook import GUESTBOOK, make_context
from tests.support import secrecy
from tests.support.docker_engine import ROOT, Container, Engine, docker, run_docker, wait_for
from tests.support.sql import Query

Launch = Callable[..., Container]
BACKGROUND = ROOT / "tests" / "fixtures" / "background"
BUILD = {
    "BACKEND": "server",
    "FRONTEND": "client",
    "FRONTEND_BUILD": "npm run bundle",
    "FRONTEND_OUTPUT": "public-build",
}
SETTINGS = {
    "APP_DIR": "server",
    "APP_MODULE": "app:app",
    "MIGRATION_COMMAND": "python release.py",
    "WEB_CONCURRENCY": "1",
}


@pytest.fixture(scope="module")
def background_image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    context = make_context(BACKGROUND, tmp_path_factory.mktemp("background"))
    shutil.copytree(GUESTBOOK / "client", context / "client")
    return engine.build(context, **BUILD)[0]


@pytest.fixture
def start(launch: Launch, background_image: str) -> Launch:
    """A function that starts a container of the app of the recipes."""
    return lambda *command, **given: launch(
        *command, image=background_image, **{**SETTINGS, **given}
    )


# One-off commands


@pytest.mark.parametrize("command", ["demijohn flask", "demijohn run flask", "flask"])
def test_flask_command_runs_with_the_app_and_its_database(start: Launch, command: str) -> None:
    site = start(SECRET_KEY=None, SECRET_KEY_FILE="/etc/hostname").wait_until_ready()
    assert site.exec(*command.split(), "--app", "app", "count-greetings") == "0"


def test_exec_command_gets_secrets_from_files(launch: Launch, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(secrecy.SECRET_KEY)
    file.chmod(0o644)
    site = launch(
        options=("--volume", f"{file}:/run/secrets/key:ro"),
        SECRET_KEY=None,
        SECRET_KEY_FILE="/run/secrets/key",
    ).wait_until_ready()
    script = "import os; print(len(os.environ['SECRET_KEY']), os.environ['DATABASE_URL'][:13])"
    found = site.exec("demijohn", "python", "-c", script)
    assert found == f"{len(secrecy.SECRET_KEY)} postgresql://"


def test_shell_opens_without_settings(image: str) -> None:
    done = docker("run", "--rm", image, "bash", "-c", "echo hi")
    assert (done.returncode, done.stdout) == (0, "hi\n")
    assert done.stderr.startswith("demijohn: DATABASE_URL is not set")
    assert len(done.stderr.splitlines()) == 1


# The queue


def test_job_runs_once_in_one_of_two_containers(start: Launch, query: Query) -> None:
    sites = [start().wait_until_ready() for _ in range(2)]
    names = [f"guest {number}" for number in range(20)]
    for number, name in enumerate(names):
        assert sites[number % 2].post("/api/greetings", {"name": name}).status_code == 202
    wait_for(lambda: query("SELECT count(*) FROM greeting") == "20", "greetings")
    assert query("SELECT count(DISTINCT name) FROM greeting") == "20"


def test_worker_container_runs_jobs_without_a_website(start: Launch, query: Query) -> None:
    assert start("release").wait() == 0
    worker = start("worker", "queue")
    script = "from tasks import enqueue, greet; enqueue(greet, name='Anna')"
    wait_for(lambda: "Launching a worker" in worker.stderr, "worker")
    worker.exec("demijohn", "python", "-c", script)
    wait_for(lambda: query("SELECT count(*) FROM greeting") == "1", "greeting")
    run_docker("stop", "--time", "40", worker.name)
    assert worker.wait() == 0
    assert "gunicorn" not in worker.log


# The schedule


def ticks(query: Query) -> list[tuple[float, str]]:
    """The ticks in order: time in seconds, and container."""
    sql = "SELECT extract(epoch FROM at), container FROM tick ORDER BY at"
    rows = [row.split("|") for row in query(sql).splitlines()]
    return [(float(at), container) for at, container in rows]


def test_schedule_runs_in_one_of_three_containers(start: Launch, query: Query) -> None:
    with ThreadPoolExecutor(3) as pool:
        sites = list(pool.map(lambda _: start(), range(3)))
        list(pool.map(Container.wait_until_ready, sites))
    by_id = {site.exec("hostname"): site for site in sites}

    wait_for(lambda: len(ticks(query)) >= 5, "ticks")
    (first,) = {container for _, container in ticks(query)}
    run_docker("kill", by_id[first].name)
    wait_for(lambda: ticks(query)[-1][1] != first, "a second container that ticks")
    second = ticks(query)[-1][1]
    run_docker("stop", "--time", "40", by_id[second].name)
    wait_for(lambda: ticks(query)[-1][1] != second, "the last container that ticks")
    wait_for(lambda: len({c for _, c in ticks(query)}) == 3, "three containers that have ticked")

    found = ticks(query)
    changes = [(a, b) for a, b in pairwise(found) if a[1] != b[1]]
    assert len(changes) == 2  # no two containers ticked in alternation
    assert all(b[0] - a[0] > 1 for a, b in changes)
    assert f"schedule  runs on instance {first}; waiting" in by_id[found[-1][1]].stdout
