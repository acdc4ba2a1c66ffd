"""Programs of programs.d: those that are not essential, and one that runs without the website."""

import os
import signal
from pathlib import Path

import pytest

from tests.runtime.lifecycle.clients import Launch
from tests.support.finished_command import Boot
from tests.support.front_door import MIRROR, lingering, root

FAILS = "command=sh -c 'echo the queue is gone >&2; exit 3'\n"
SLEEPS = "command=sh -c 'echo at work in $DEMIJOHN_RUN_DIR; exec sleep 600'\n"

# Programs that are not essential


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (FAILS, "ended 3 times within 60 s (exit status 3)"),
        ("command=sh -c 'exit 78'\n", "cannot start as configured"),
        ("command=/nowhere/worker\nstartretries=1\n", "does not start (can't find command"),
    ],
)
def test_nonessential_program_that_fails_is_started_later(
    launch: Launch, tmp_path: Path, lines: str, why: str
) -> None:
    folder = root(tmp_path, worker=lines + "demijohn_essential=false\n")
    running = launch(folder, **MIRROR).start().wait_until_ready()
    said = "It is not essential; starting it again in 15 s."
    running.wait_for(lambda: running.log.count(said) == 1, "pause")
    assert f"demijohn: worker {why}" in running.log
    running.wait_for(lambda: running.log.count(said) == 2, "second attempt")
    assert running.get("/api/show")[0] == 200
    running.signal(signal.SIGTERM)
    assert running.wait() == 0


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("demijohn_esential=false", "demijohn_esential in [program:worker] is unknown"),
        ("single_instance=true", "single_instance in [program:worker] is unknown"),
        ("demijohn-essential=false", "demijohn-essential in [program:worker] is unknown"),
        (
            "demijohn_essential=perhaps",
            "demijohn_essential=perhaps in [program:worker] must be true or false",
        ),
    ],
)
def test_key_that_is_wrong_ends_the_boot(
    launch: Launch, tmp_path: Path, line: str, what: str
) -> None:
    running = launch(root(tmp_path, worker=f"{SLEEPS}{line}\n"), **MIRROR).start()
    assert running.wait() == 78
    assert what in running.log.splitlines()[-1]


# demijohn worker


def test_worker_runs_one_program_and_nothing_else(launch: Launch, tmp_path: Path) -> None:
    folder = root(tmp_path, mail=SLEEPS + "autostart=false\n", other=SLEEPS)
    worker = launch(folder, **MIRROR).start("worker", "mail")
    worker.wait_for(lambda: "mail      at work in" in worker.log, "its words")
    (program,) = worker.children().values()
    assert program.startswith("sleep")
    worker.signal(signal.SIGTERM)
    assert worker.wait() == 0
    assert "nginx" not in worker.log and "gunicorn" not in worker.log
    assert not lingering(worker)


def test_worker_leaves_the_website_beside_it_alone(launch: Launch, tmp_path: Path) -> None:
    folder = root(tmp_path, mail=SLEEPS + "autostart=false\n")
    site = launch(folder, **MIRROR).start().wait_until_ready()
    assert "mail" not in site.log
    worker = launch(folder, **MIRROR, DEMIJOHN_RUN_DIR=str(site.run_dir), PORT=str(site.port))
    worker.start("worker", "mail")
    worker.wait_for(lambda: "mail      at work in" in worker.log, "its words")
    worker.signal(signal.SIGTERM)
    assert worker.wait() == 0
    assert site.get("/readyz")[0] == 200


def test_worker_starts_its_program_again(launch: Launch, tmp_path: Path) -> None:
    worker = launch(root(tmp_path, mail=SLEEPS), **MIRROR).start("worker", "mail")
    worker.wait_for(lambda: worker.log.count("at work in") == 1, "its words")
    os.kill(worker.child("sleep"), signal.SIGKILL)
    worker.wait_for(lambda: worker.log.count("at work in") == 2, "its words again")


def test_worker_ends_with_70_when_its_program_keeps_failing(launch: Launch, tmp_path: Path) -> None:
    worker = launch(root(tmp_path, mail=FAILS), **MIRROR).start("worker", "mail")
    assert worker.wait() == 70
    assert worker.log.splitlines()[-1].startswith("demijohn: mail ended 3 times within 60 s")


@pytest.mark.parametrize(("status", "ends_with"), [(0, 0), (3, 70)])
def test_worker_ends_with_a_program_that_runs_once(
    launch: Launch, tmp_path: Path, status: int, ends_with: int
) -> None:
    folder = root(
        tmp_path,
        once=f"command=sh -c 'exit {status}'\nautorestart=unexpected\nexitcodes={status}\n",
    )
    worker = launch(folder, **MIRROR).start("worker", "once")
    assert worker.wait() == ends_with


def test_worker_waits_for_its_program_to_end(launch: Launch, tmp_path: Path) -> None:
    script = tmp_path / "mail.sh"
    script.write_text(
        "trap 'sleep 1; echo all done; exit 0' TERM\necho up\nwhile :; do sleep 0.1; done\n"
    )
    lines = f"command=sh {script}\nstopwaitsecs=20\n"
    worker = launch(root(tmp_path, mail=lines), **MIRROR)
    worker.start("worker", "mail")
    worker.wait_for(lambda: "mail      up\n" in worker.log, "its words")
    worker.signal(signal.SIGTERM)
    assert worker.wait() == 0
    assert "mail      all done\n" in worker.log


@pytest.mark.parametrize("name", ["nowhere", "nginx", "gunicorn"])
def test_worker_of_an_unknown_name_lists_the_names(boot: Boot, tmp_path: Path, name: str) -> None:
    ended = boot(f"worker {name}", cwd=root(tmp_path, mail=SLEEPS, clock=SLEEPS))
    assert ended.status == 64
    assert ended.line() == f"no program {name!r} in programs.d. It has clock, mail."


def test_worker_without_programs_says_so(boot: Boot, tmp_path: Path) -> None:
    ended = boot("worker mail", cwd=root(tmp_path))
    assert ended.status == 64
    assert ended.line() == "no program 'mail' in programs.d. It is empty."


@pytest.mark.parametrize("words", ["", "a b"])
def test_worker_takes_one_name(boot: Boot, words: str) -> None:
    ended = boot(f"worker {words}")
    assert ended.status == 64
    assert ended.line() == "worker takes one name: demijohn worker NAME."


def test_worker_waits_for_the_release(launch: Launch, tmp_path: Path) -> None:
    folder = root(tmp_path, mail=SLEEPS)
    versions = folder / "versions"
    versions.mkdir()
    (versions / "1.py").write_text('revision = "one"\ndown_revision = None\n')
    given = MIRROR | {"ALEMBIC_VERSIONS": str(versions), "RELEASE_ON_BOOT": "true"}
    (folder / "migrate.py").write_text(
        "import os, psycopg2\n"
        "with psycopg2.connect(os.environ['DATABASE_URL']) as connection:\n"
        "    sql = \"CREATE TABLE alembic_version AS SELECT text 'one' AS version_num\"\n"
        "    connection.cursor().execute(sql)\n"
    )
    worker = launch(folder, **given).start("worker", "mail")
    worker.wait_for(lambda: "waiting until the schema is at this release" in worker.log, "wait")
    assert "at work" not in worker.log
    launch(folder, **given, MIGRATION_COMMAND="python migrate.py").start().wait_until_ready()
    worker.wait_for(lambda: "mail      at work in" in worker.log, "its words")


def test_worker_gives_up_waiting_for_the_release(boot: Boot, tmp_path: Path) -> None:
    folder = root(tmp_path, mail=SLEEPS)
    (folder / "1.py").write_text('revision = "one"\ndown_revision = None\n')
    ended = boot("worker mail", cwd=folder, ALEMBIC_VERSIONS=str(folder), RELEASE_TIMEOUT="1")
    assert ended.status == 69
    assert "RELEASE_TIMEOUT" in ended.line()
