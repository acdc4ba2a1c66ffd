"""Probes, as hosts send them: each means one thing, and none is answered by the frontend."""

import contextlib
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.runtime.lifecycle.clients import Launch
from tests.support.front_door import MIRROR, PAGE, apology, ask
from tests.support.stack import Stack

LIVE = ("/livez", "/healthz", "/up")
PROBES = dict.fromkeys(LIVE, "ok") | {"/readyz": "ready", "/healthz/database": "ok"}


@pytest.mark.parametrize("path", PROBES)
@pytest.mark.parametrize("query", ["", "?from=a-host"])
def test_probe_of_a_healthy_instance_is_200(mirror: Stack, path: str, query: str) -> None:
    answer = ask(mirror, path + query, Sec_Fetch_Mode="navigate", User_Agent="kube-probe/1.33")
    assert (answer.status, answer.json()) == (200, {"status": PROBES[path]})
    assert answer.one("Content-Type") == "application/json"
    assert answer.one("Cache-Control") == "no-store"
    assert answer.one("Cache-Status") in (None, "nginx; fwd=uri-miss")


@pytest.mark.parametrize("path", PROBES)
def test_probe_may_be_head(mirror: Stack, path: str) -> None:
    answer = ask(mirror, path, method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.one("Cache-Control") == "no-store"


@pytest.mark.parametrize("path", PROBES)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_probe_with_another_method_is_405(mirror: Stack, path: str, method: str) -> None:
    answer = ask(mirror, path, method=method, body=b"x" if method in ("POST", "PUT") else b"")
    assert answer.status == 405
    assert answer.one("Allow") == "GET, HEAD"
    apology(answer)


MISSPELT = [f"{path}/" for path in PROBES]
MISSPELT += ["/livez/x", "/readyz/database", "/healthz/xyz", "/healthz/database/x"]


@pytest.mark.parametrize("path", MISSPELT)
def test_probe_of_a_misspelt_path_is_404(mirror: Stack, path: str) -> None:
    answer = ask(mirror, path, Sec_Fetch_Mode="navigate")
    assert answer.status == 404
    apology(answer)


@pytest.mark.parametrize("path", ["/up/stairs", "/upload", "/readyzone", "/livez-page"])
def test_page_with_a_similar_path_is_served(mirror: Stack, path: str) -> None:
    assert ask(mirror, path).body == PAGE.encode()


# Gunicorn is dead. REQUEST_TIMEOUT is longer than a test waits: a probe does not depend on it.


def statuses(stack: Stack) -> dict[str, int]:
    """What each probe is answered, all asked at once; none of them with a page of the frontend."""

    def status(path: str) -> int:
        answer = ask(stack, path, Sec_Fetch_Mode="navigate")
        assert b"The page" not in answer.body and b"root" not in answer.body
        return answer.status

    with ThreadPoolExecutor(len(PROBES)) as threads:
        return dict(zip(PROBES, threads.map(status, PROBES), strict=True))


def test_gunicorn_that_is_stopped_fails_every_probe(launch: Launch) -> None:
    running = launch(**MIRROR, DEMIJOHN_REQUEST_TIMEOUT="600").start().wait_until_ready()
    master = running.child("gunicorn")
    everyone = [master, *running.children(master)]
    for pid in everyone:
        os.kill(pid, signal.SIGSTOP)
    try:
        assert statuses(running) == dict.fromkeys(PROBES, 504)
        assert running.get("/")[0] == 200  # which is why a probe must not be a page
    finally:
        for pid in everyone:
            os.kill(pid, signal.SIGCONT)
    assert statuses(running) == dict.fromkeys(PROBES, 200)


def test_gunicorn_that_hangs_while_it_starts_fails_every_probe(
    launch: Launch, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    (tmp_path / "slow.py").write_text(
        f"import os, time\nwhile not os.path.exists({str(gate)!r}):\n    time.sleep(0.05)\n"
        "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'']\n"
    )
    settings = MIRROR | {"APP_DIR": str(tmp_path), "APP_MODULE": "slow:app"}
    running = launch(**settings, DEMIJOHN_REQUEST_TIMEOUT="600").start()
    running.wait_for(lambda: running.get("/")[0] == 200, "page")
    assert statuses(running) == dict.fromkeys(PROBES, 504)
    gate.touch()
    running.wait_until_ready()
    gate.unlink()
    os.kill(running.child("gunicorn"), signal.SIGKILL)  # the next one hangs again
    running.wait_for(lambda: ask(running, "/livez").status == 504, "the end of the first")
    assert statuses(running) == dict.fromkeys(PROBES, 504)


def test_healthcheck_fails_while_gunicorn_is_stopped(launch: Launch) -> None:
    """With Nginx's own error: it waits longer than Nginx."""
    from demijohn.commands import healthcheck
    from demijohn.common.exit_codes import CommandError

    running = launch(**MIRROR, WEB_CONCURRENCY="1").start().wait_until_ready()
    master = running.child("gunicorn")
    with contextlib.ExitStack() as going_on, pytest.MonkeyPatch.context() as environment:
        for pid in [master, *running.children(master)]:
            os.kill(pid, signal.SIGSTOP)
            going_on.callback(os.kill, pid, signal.SIGCONT)
        environment.setenv("PORT", str(running.port))
        with pytest.raises(CommandError, match="/livez answers 504"):
            healthcheck.run()
