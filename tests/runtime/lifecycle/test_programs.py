"""Programs of programs.d: nonessential ones, and `demijohn worker`."""

import os
import signal
from pathlib import Path

import pytest

from tests.runtime.lifecycle.clients import Launch
from tests.support.finished_command import RunDemijohn
from tests.support.front_door import MIRROR, make_root, remaining_processes

FAILS = "command=sh -c 'echo the queue is gone >&2; exit 3'\n"
SLEEPS = "command=sh -c 'echo at work in $DEMIJOHN_RUN_DIR; exec sleep 600'\n"

# Nonessential programs


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (FAILS, "failed 3 times in 60 s (exit status 3)"),
        ("command=sh -c 'exit 78'\n", "cannot start as configured"),
        ("command=/nowhere/worker\nstartretries=1\n", "does not start (can't find command"),
    ],
)
def test_nonessential_program_that_fails_is_restarted_later(
    launch: Launch, tmp_path: Path, lines: str, reason: str
) -> None:
    folder = make_root(tmp_path, worker=lines + "demijohn_essential=false\n")
    running = launch(folder, **MIRROR).start().wait_until_ready()
    message = "It is not essential; restarting it in 15 s."
    running.wait_for(lambda: running.log.count(message) == 1, "pause")
    assert f"demijohn: worker {reason}" in running.log
    running.wait_for(lambda: running.log.count(message) == 2, "second attempt")
    assert running.get("/api/show")[0] == 200
    running.signal(signal.SIGTERM)
    assert running.wait() == 0


@pytest.mark.parametrize(
    ("line", "expected"),
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
def test_program_section_with_a_wrong_key_fails_the_boot(
    launch: Launch, tmp_path: Path, line: str, expected: str
) -> None:
    running = launch(make_root(tmp_path, worker=f"{SLEEPS}{line}\n"), **MIRROR).start()
    assert running.wait() == 78
    assert expected in running.log.splitlines()[-1]


# demijohn worker


def test_worker_runs_only_the_named_program(launch: Launch, tmp_path: Path) -> None:
    folder = make_root(tmp_path, mail=SLEEPS + "autostart=false\n", other=SLEEPS)
    worker = launch(folder, **MIRROR).start("worker", "mail")
    worker.wait_for(lambda: "mail      at work in" in worker.log, "its output")
    (program_pid,) = worker.children().values()
    assert program_pid.startswith("sleep")
    worker.signal(signal.SIGTERM)
    assert worker.wait() == 0
    assert "nginx" not in worker.log and "gunicorn" not in worker.log
    assert not remaining_processes(worker)


def test_worker_does_not_disturb_a_web_process_beside_it(launch: Launch, tmp_path: Path) -> None:
    folder = make_root(tmp_path, mail=SLEEPS + "autostart=false\n")
    site = launch(folder, **MIRROR).start().wait_until_ready()
    assert "mail" not in site.log
    worker = launch(folder, **MIRROR, DEMIJOHN_RUN_DIR=str(site.run_dir), PORT=str(site.port))
    worker.start("worker", "mail")
    worker.wait_for(lambda: "mail      at work in" in worker.log, "its output")
    worker.signal(signal.SIGTERM)
    assert worker.wait() == 0
    assert site.get("/readyz")[0] == 200


def test_worker_restarts_its_program(launch: Launch, tmp_path: Path) -> None:
    worker = launch(make_root(tmp_path, mail=SLEEPS), **MIRROR).start("worker", "mail")
    worker.wait_for(lambda: worker.log.count("at work in") == 1, "its output")
    os.kill(worker.child("sleep"), signal.SIGKILL)
    worker.wait_for(lambda: worker.log.count("at work in") == 2, "its output again")


def test_worker_exits_70_when_its_program_keeps_failing(launch: Launch, tmp_path: Path) -> None:
    worker = launch(make_root(tmp_path, mail=FAILS), **MIRROR).start("worker", "mail")
    assert worker.wait() == 70
    assert worker.log.splitlines()[-1].startswith("demijohn: mail failed 3 times in 60 s")


@pytest.mark.parametrize(("status", "ends_with"), [(0, 0), (3, 70)])
def test_worker_ends_when_a_one_off_program_ends(
    launch: Launch, tmp_path: Path, status: int, ends_with: int
) -> None:
    folder = make_root(
        tmp_path,
        once=f"command=sh -c 'exit {status}'\nautorestart=unexpected\nexitcodes={status}\n",
    )
    worker = launch(folder, **MIRROR).start("worker", "once")
    assert worker.wait() == ends_with


def test_worker_waits_for_its_program_on_sigterm(launch: Launch, tmp_path: Path) -> None:
    script = tmp_path / "mail.sh"
    script.write_text(
        "trap 'sleep 1; echo all done; exit 0' TERM\necho up\nwhile :; do sleep 0.1; done\n"
    )
    lines = f"command=sh {script}\nstopwaitsecs=20\n"
    worker = launch(make_root(tmp_path, mail=lines), **MIRROR)
    worker.start("worker", "mail")
    worker.wait_for(lambda: "mail      up\n" in worker.log, "its output")
    worker.signal(signal.SIGTERM)
    assert worker.wait() == 0
    assert "mail      all done\n" in worker.log


@pytest.mark.parametrize("name", ["nowhere", "nginx", "gunicorn"])
def test_worker_with_an_unknown_name_lists_the_names(
    run_demijohn: RunDemijohn, tmp_path: Path, name: str
) -> None:
    result = run_demijohn(f"worker {name}", cwd=make_root(tmp_path, mail=SLEEPS, clock=SLEEPS))
    assert result.status == 64
    assert result.message() == f"no program {name!r} in programs.d. It has clock, mail."


def test_worker_without_programs_says_so(run_demijohn: RunDemijohn, tmp_path: Path) -> None:
    result = run_demijohn("worker mail", cwd=make_root(tmp_path))
    assert result.status == 64
    assert result.message() == "no program 'mail' in programs.d. It is empty."


@pytest.mark.parametrize("words", ["", "a b"])
def test_worker_without_exactly_one_name_is_a_usage_error(
    run_demijohn: RunDemijohn, words: str
) -> None:
    result = run_demijohn(f"worker {words}")
    assert result.status == 64
    assert result.message() == "worker takes one name: demijohn worker NAME."


def test_worker_waits_for_the_release(launch: Launch, tmp_path: Path) -> None:
    folder = make_root(tmp_path, mail=SLEEPS)
    versions = folder / "versions"
    versions.mkdir()
    (versions / "1.py").write_text('revision = "one"\ndown_revision = None\n')
    settings = MIRROR | {"ALEMBIC_VERSIONS": str(versions), "RELEASE_ON_BOOT": "true"}
    (folder / "migrate.py").write_text(
        "import os, psycopg2\n"
        "with psycopg2.connect(os.environ['DATABASE_URL']) as connection:\n"
        "    sql = \"CREATE TABLE alembic_version AS SELECT text 'one' AS version_num\"\n"
        "    connection.cursor().execute(sql)\n"
    )
    worker = launch(folder, **settings).start("worker", "mail")
    worker.wait_for(lambda: "to upgrade the schema" in worker.log, "wait")
    assert "at work" not in worker.log
    launch(
        folder, **settings, MIGRATION_COMMAND=f"python {folder}/migrate.py"
    ).start().wait_until_ready()
    worker.wait_for(lambda: "mail      at work in" in worker.log, "its output")


def test_worker_exits_69_if_the_release_does_not_come(
    run_demijohn: RunDemijohn, tmp_path: Path
) -> None:
    folder = make_root(tmp_path, mail=SLEEPS)
    (folder / "1.py").write_text('revision = "one"\ndown_revision = None\n')
    result = run_demijohn(
        "worker mail", cwd=folder, ALEMBIC_VERSIONS=str(folder), RELEASE_TIMEOUT="1"
    )
    assert result.status == 69
    assert "RELEASE_TIMEOUT" in result.message()
