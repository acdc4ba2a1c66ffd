"""Probes, as hosts send them: each has one meaning, and none gets a page of the frontend."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.runtime.lifecycle.clients import Launch
from tests.support.front_door import MIRROR, PAGE, error_page, send_request
from tests.support.stack import Stack

LIVE = ("/livez", "/healthz", "/up")
PROBES = dict.fromkeys(LIVE, "ok") | {"/readyz": "ready", "/healthz/database": "ok"}


@pytest.mark.parametrize("path", PROBES)
@pytest.mark.parametrize("query", ["", "?from=a-host"])
def test_probe_of_a_healthy_instance_is_200(mirror: Stack, path: str, query: str) -> None:
    response = send_request(
        mirror, path + query, Sec_Fetch_Mode="navigate", User_Agent="kube-probe/1.33"
    )
    assert (response.status, response.json()) == (200, {"status": PROBES[path]})
    assert response.header("Content-Type") == "application/json"
    assert response.header("Cache-Control") == "no-store"
    assert response.header("Cache-Status") in (None, "nginx; fwd=uri-miss")


@pytest.mark.parametrize("path", PROBES)
def test_probe_with_head_is_200(mirror: Stack, path: str) -> None:
    response = send_request(mirror, path, method="HEAD")
    assert (response.status, response.body) == (200, b"")
    assert response.header("Cache-Control") == "no-store"


@pytest.mark.parametrize("path", PROBES)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_probe_with_another_method_is_405(mirror: Stack, path: str, method: str) -> None:
    response = send_request(
        mirror, path, method=method, body=b"x" if method in ("POST", "PUT") else b""
    )
    assert response.status == 405
    assert response.header("Allow") == "GET, HEAD"
    error_page(response)


MISSPELT = [f"{path}/" for path in PROBES]
MISSPELT += ["/livez/x", "/readyz/database", "/healthz/xyz", "/healthz/database/x"]


@pytest.mark.parametrize("path", MISSPELT)
def test_probe_with_a_misspelt_path_is_404(mirror: Stack, path: str) -> None:
    response = send_request(mirror, path, Sec_Fetch_Mode="navigate")
    assert response.status == 404
    error_page(response)


@pytest.mark.parametrize("path", ["/up/stairs", "/upload", "/readyzone", "/livez-page"])
def test_page_with_a_similar_path_is_served(mirror: Stack, path: str) -> None:
    assert send_request(mirror, path).body == PAGE.encode()


# Gunicorn hangs. REQUEST_TIMEOUT is longer than a test waits: a probe does not depend on it.


def probe_statuses(stack: Stack) -> dict[str, int]:
    """The status of each probe, all sent at once; none of them may get a page of the frontend."""

    def status(path: str) -> int:
        response = send_request(stack, path, Sec_Fetch_Mode="navigate")
        assert b"The page" not in response.body and b"root" not in response.body
        return response.status

    with ThreadPoolExecutor(len(PROBES)) as threads:
        return dict(zip(PROBES, threads.map(status, PROBES), strict=True))


def test_every_probe_fails_while_gunicorn_is_stopped(launch: Launch) -> None:
    running = launch(**MIRROR, DEMIJOHN_REQUEST_TIMEOUT="600").start().wait_until_ready()
    with running.paused_gunicorn():
        assert probe_statuses(running) == dict.fromkeys(PROBES, 504)
        assert running.get("/")[0] == 200  # so a probe must not get a page
    assert probe_statuses(running) == dict.fromkeys(PROBES, 200)


def test_every_probe_fails_while_gunicorn_hangs_at_its_start(
    launch: Launch, tmp_path: Path
) -> None:
    gate, started = tmp_path / "gate", tmp_path / "started"
    (tmp_path / "slow.py").write_text(
        f"import os, time\nopen({str(started)!r}, 'w')\n"
        f"while not os.path.exists({str(gate)!r}):\n    time.sleep(0.05)\n"
        "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'']\n"
    )
    settings = MIRROR | {"APP_DIR": str(tmp_path), "APP_MODULE": "slow:app"}
    running = launch(**settings, DEMIJOHN_REQUEST_TIMEOUT="600").start()
    running.wait_for(started.exists, "import of the app")
    with pytest.raises(ConnectionRefusedError):  # Nginx starts when the app is loaded
        running.get("/livez")
    gate.touch()
    running.wait_until_ready()
    gate.unlink()
    os.kill(running.child("gunicorn"), signal.SIGKILL)  # the next one hangs again
    running.wait_for(
        lambda: send_request(running, "/livez").status == 504, "end of the first master"
    )
    assert probe_statuses(running) == dict.fromkeys(PROBES, 504)


def test_healthcheck_fails_while_gunicorn_is_stopped(launch: Launch) -> None:
    """It reports Nginx's error, since its timeout is longer than Nginx's."""
    from demijohn.commands import healthcheck
    from demijohn.common.exit_codes import CommandError

    running = launch(**MIRROR, WEB_CONCURRENCY="1").start().wait_until_ready()
    with running.paused_gunicorn(), pytest.MonkeyPatch.context() as environment:
        environment.setenv("PORT", str(running.port))
        with pytest.raises(CommandError, match="/livez answers 504"):
            healthcheck.run()
