"""Apps that do more than define views while they are imported."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from demijohn.worker.watchdog import CHECK_SECONDS

from tests.runtime.any_app.conftest import SETTINGS
from tests.support.front_door import MIRROR, connect, send_request
from tests.support.stack import Stack


def test_thread_started_at_import_sees_what_views_change(launch: Callable[..., Stack]) -> None:
    settings = {"APP_MODULE": "starts_thread:app", "WEB_CONCURRENCY": "1"}
    running = launch(**MIRROR | settings).start().wait_until_ready()
    assert "the app starts threads while it is imported (the scheduler)" in running.log
    assert "using PRELOAD=false" in running.log
    send_request(running, "/api/given", method="POST", body=b"by a view")
    running.wait_for(lambda: b"by a view" in send_request(running, "/api/seen").body, "the change")


def test_what_an_app_needs_is_found_without_preloading_too(launch: Callable[..., Stack]) -> None:
    """The workers import the app, and Gunicorn starts again with what they need."""
    settings = {"APP_MODULE": "starts_thread:app", "PRELOAD": "false", "WEB_THREADS": "2"}
    running = launch(**MIRROR | settings).start().wait_until_ready()
    reason = "the app's own threads (the scheduler) would run in each worker"
    assert f"{reason}: using WEB_CONCURRENCY=1" in running.log
    assert "ready: 1 workers with 2 threads each" in running.log
    assert send_request(running, "/api/seen").status == 200


def test_preload_that_is_set_is_kept(launch: Callable[..., Stack]) -> None:
    settings = {"APP_MODULE": "starts_thread:app", "PRELOAD": "true"}
    running = launch(**MIRROR | settings).start().wait_until_ready()
    assert "using PRELOAD" not in running.log


@pytest.mark.parametrize(
    ("module", "is_preloaded"), [("queries_at_import", True), ("connects_at_import", False)]
)
def test_connection_opened_at_import_is_not_shared_by_workers(
    launch: Callable[..., Stack], module: str, *, is_preloaded: bool
) -> None:
    """Those of SQLAlchemy are closed; others cannot be, and so each worker imports the app."""
    settings = {"APP_MODULE": f"{module}:app", "WEB_CONCURRENCY": "2"}
    running = launch(**MIRROR | settings).start().wait_until_ready()
    assert ("using PRELOAD=false" in running.log) != is_preloaded

    def read(number: int) -> tuple[int, bytes]:
        response = send_request(running, f"/api/number/{number}")
        return response.status, response.body

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(read, range(200))) == [(200, str(n).encode()) for n in range(200)]


def test_import_that_is_repeated_finds_the_process_as_it_was(launch: Callable[..., Stack]) -> None:
    settings = {"APP_MODULE": "changes_process:app", "API_KEY": "a key"}
    running = launch(**MIRROR | settings).start().wait_until_ready()
    assert "using PRELOAD=false" in running.log and "using WEB_CONCURRENCY=1" in running.log
    assert send_request(running, "/api/key").body == b"a key"
    assert send_request(running, "/api/stdin").body == b"/dev/null\n"
    assert send_request(running, "/healthz/database").status == 200


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
        running.wait_for(lambda running=running: is_open(running), "open port")  # type: ignore[misc]
        assert "kitchen sink: imported" in running.log
        assert send_request(running, "/api/echo").status == 200


def is_open(stack: Stack) -> bool:
    connect(stack).close()
    return True
