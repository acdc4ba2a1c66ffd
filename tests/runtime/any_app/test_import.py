"""Apps that do more than define views while they are imported."""

import json
import os
import re
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from demijohn.worker.watchdog import CHECK_SECONDS

from tests.runtime.any_app.conftest import SETTINGS
from tests.support.front_door import MIRROR, send_request
from tests.support.stack import Stack


def test_thread_started_at_import_sees_what_views_change(launch: Callable[..., Stack]) -> None:
    settings = {"APP_MODULE": "starts_thread:app", "WEB_CONCURRENCY": "1"}
    running = launch(**MIRROR | settings).start().wait_until_ready()
    send_request(running, "/api/given", method="POST", body=b"by a view")
    running.wait_for(lambda: b"by a view" in send_request(running, "/api/seen").body, "the change")


def test_app_with_a_thread_gets_one_worker_with_the_threads_of_all(
    launch: Callable[..., Stack],
) -> None:
    settings = {"APP_MODULE": "starts_thread:app"}
    running = launch(**MIRROR | settings).start().wait_until_ready()
    reason = "the app's own threads (the scheduler) would run in each worker"
    assert f"{reason}: using WEB_CONCURRENCY=1" in running.log
    threads = re.search(r"ready: 1 of 1 workers, with (\d+) threads each", running.log)
    assert threads and int(threads[1]) >= 8  # of at least two workers
    send_request(running, "/api/exit", method="POST", body=b"")  # another worker takes its place
    running.wait_for(lambda: send_request(running, "/api/seen").status == 200, "the next worker")
    assert json.loads(send_request(running, "/api/process").body)["threads"] == threads[1]

    def meet(_: int) -> int:
        return send_request(running, "/api/meeting").status  # of eight, who wait for each other

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(meet, range(8))) == {200}


def test_what_the_import_sets_in_the_process_is_kept(launch: Callable[..., Stack]) -> None:
    settings = {"APP_MODULE": "starts_thread:app"}
    running = launch(**MIRROR | settings).start().wait_until_ready()
    process = json.loads(send_request(running, "/api/process").body)
    assert process["is_seeded"] and not process["has_others"]
    (worker,) = running.children(running.child("gunicorn"))
    os.kill(worker, signal.SIGUSR1)
    running.wait_for(lambda: "most recent call first" in running.log, "the dump")
    os.kill(worker, signal.SIGUSR2)
    running.wait_for(lambda: b"SIGUSR2" in send_request(running, "/api/seen").body, "the signal")


def test_import_may_take_longer_than_a_request(launch: Callable[..., Stack]) -> None:
    """Gunicorn's timeout counts from the first sign of life of a worker."""
    settings = {"KITCHEN_SINK_IMPORT_SECONDS": "5", "DEMIJOHN_REQUEST_TIMEOUT": "2"}
    running = launch(**SETTINGS, **settings).start().wait_until_ready()
    assert "WORKER TIMEOUT" not in running.log


def test_sigterm_does_not_wait_for_the_import(launch: Callable[..., Stack], tmp_path: Path) -> None:
    settings = {"APP_MODULE": "imports_on_demand:app", "STOP_SECONDS": "60"}
    running = launch(**MIRROR | settings, IMPORT_GATE=str(tmp_path / "never")).start()
    running.wait_for(lambda: "is still being imported" in running.log, "a slow import")
    running.signal(signal.SIGTERM)
    assert running.wait() == 0
    assert "Shutting down: Master" in running.log  # Gunicorn has ended itself, and was not killed


def test_what_a_fork_breaks_is_a_warning_if_preload_is_set(launch: Callable[..., Stack]) -> None:
    settings = {"APP_MODULE": "starts_thread:app", "PRELOAD": "true"}
    running = launch(**MIRROR | settings).start().wait_until_ready()
    assert "starts threads while it is imported (the scheduler)" in running.log
    assert "Set PRELOAD=false." in running.log


@pytest.mark.parametrize(
    ("module", "preload"),
    [
        ("queries_at_import", "false"),
        ("queries_at_import", "true"),  # the pools of SQLAlchemy are emptied before the fork
        ("connects_at_import", "false"),
        ("reads_zip", "false"),
        ("has_process_pool", "false"),
    ],
)
def test_what_the_import_opens_is_not_shared_by_workers(
    launch: Callable[..., Stack], module: str, preload: str
) -> None:
    settings = {"APP_MODULE": f"{module}:app", "WEB_CONCURRENCY": "2", "PRELOAD": preload}
    running = launch(**MIRROR | settings).start().wait_until_ready()
    running.wait_for(lambda: "2 of 2 workers serve" in running.log, "second worker")

    def read(number: int) -> tuple[int, bytes]:
        response = send_request(running, f"/api/number/{number}")
        return response.status, response.body

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(read, range(200))) == [(200, str(n).encode()) for n in range(200)]


def test_workers_import_the_app_one_after_the_other(launch: Callable[..., Stack]) -> None:
    """The first one serves as soon as it can."""
    running = launch(**MIRROR | {"APP_MODULE": "imports_alone:app", "WEB_CONCURRENCY": "3"}).start()
    running.wait_for(lambda: "3 of 3 workers serve" in running.log, "three workers")
    assert "another import is in progress" not in running.log
    assert send_request(running, "/api/multiprocess").body == b"True"


def test_app_that_only_one_process_can_import_gets_one_worker(
    launch: Callable[..., Stack], tmp_path: Path
) -> None:
    settings = {"APP_MODULE": "binds_socket:app", "WEB_CONCURRENCY": "2"}
    running = launch(**MIRROR | settings, OWN_SOCKET=str(tmp_path / "socket")).start()
    running.wait_for(lambda: "going on with WEB_CONCURRENCY=1" in running.log, "the limit")
    assert "Address already in use" in running.log
    assert send_request(running, "/api/number/7").body == b"7"


@pytest.mark.parametrize("preload", ["true", "false"])
def test_worker_is_not_replaced_for_what_the_import_needs(
    launch: Callable[..., Stack], preload: str
) -> None:
    settings = {"APP_MODULE": "large:app", "PRELOAD": preload, "WORKER_MEMORY_MB": "140"}
    running = launch(**MIRROR | settings).start().wait_until_ready()
    time.sleep(3 * CHECK_SECONDS)
    assert send_request(running, "/api/worker").status == 200
    assert "replacing it" not in running.log
    assert ("MB in each worker after its import, and has 140 MB" in running.log) == (
        preload == "false"
    )


def test_port_is_opened_when_the_app_is_loaded(launch: Callable[..., Stack]) -> None:
    """Imports of data take long; a request before their end would time out."""
    for preload in ("true", "false"):
        settings = {"PRELOAD": preload, "KITCHEN_SINK_IMPORT_SECONDS": "3"}
        running = launch(**SETTINGS, **settings).start()
        # Nginx opens the port for a moment when its configuration is checked, but does not answer.
        running.wait_for(lambda to=running: send_request(to, "/").status == 200, "open port")  # type: ignore[misc]
        assert "kitchen sink: imported" in running.log
        assert send_request(running, "/api/echo").status == 200
