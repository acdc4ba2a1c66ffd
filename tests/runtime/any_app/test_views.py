"""What an app's views do: streams, pages, mistakes."""

import http.client
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.fixtures.kitchen_sink.app import PAUSE_SECONDS
from tests.runtime.any_app.conftest import SETTINGS
from tests.support.front_door import PAGE, connect, send_request
from tests.support.stack import Stack


@pytest.mark.parametrize("encoding", ["identity", "gzip", "br, gzip"])
@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "text/html",
        "application/json",
        "application/x-ndjson",
        "text/csv",
        "text/plain&with_length",  # and X-Accel-Buffering: no
    ],
)
def test_stream_arrives_as_it_is_produced(kitchen_sink: Stack, kind: str, encoding: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", kitchen_sink.port, timeout=30)
    connection.request("GET", f"/api/stream?type={kind}", headers={"Accept-Encoding": encoding})
    response = connection.getresponse()
    times = []
    while response.read1(65536):
        times.append(time.monotonic())
    connection.close()
    assert times[-1] - times[0] > PAUSE_SECONDS  # two pauses lie between the first and the last


NAVIGATION = {"Sec_Fetch_Mode": "navigate", "Accept": "text/html,*/*;q=0.8"}
OLD_BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
DOTTED = ["/reset/ImFu.aS1x.Q0h3", "/verify/user@example.com", "/u/john.doe", "/docs/v1.2"]


@pytest.mark.parametrize("headers", [NAVIGATION, OLD_BROWSER], ids=["navigate", "accept"])
@pytest.mark.parametrize("path", DOTTED)
def test_navigation_to_a_dotted_path_gets_the_page(
    kitchen_sink: Stack, path: str, headers: dict[str, str]
) -> None:
    response = send_request(kitchen_sink, path, **headers)
    assert (response.status, response.body) == (200, PAGE.encode())


@pytest.mark.parametrize("path", ["/gone.js", "/img/gone.png", *DOTTED])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Accept": "*/*"},
        {"Accept": "image/avif,image/webp,*/*", "Sec_Fetch_Mode": "no-cors"},
        {"Accept": "text/html", "Sec_Fetch_Mode": "cors"},
    ],
    ids=str,
)
def test_missing_file_is_404_unless_it_is_a_navigation(
    kitchen_sink: Stack, path: str, headers: dict[str, str]
) -> None:
    assert send_request(kitchen_sink, path, **headers).status == 404


@pytest.mark.parametrize("headers", [NAVIGATION, OLD_BROWSER], ids=["navigate", "accept"])
@pytest.mark.parametrize("path", ["/.env", "/.git/config", "/assets/gone.js", "/livez/x"])
def test_navigation_to_a_reserved_path_is_404(
    kitchen_sink: Stack, path: str, headers: dict[str, str]
) -> None:
    assert send_request(kitchen_sink, path, **headers).status == 404


def test_view_that_calls_sys_exit_is_a_500(kitchen_sink: Stack) -> None:
    workers = kitchen_sink.children(kitchen_sink.child("gunicorn"))
    for code in (3, 0, 1, 2):
        assert send_request(kitchen_sink, f"/api/exit/{code}").status == 500
    assert kitchen_sink.children(kitchen_sink.child("gunicorn")) == workers
    assert "the app raised SystemExit(3)" in kitchen_sink.log


def test_default_policy_restricts_neither_scripts_nor_images(kitchen_sink: Stack) -> None:
    response = send_request(kitchen_sink, "/")
    policy = response.header("Content-Security-Policy")
    assert policy == "object-src 'self'; base-uri 'self'; frame-ancestors 'self'"


def test_view_that_ends_its_worker_never_takes_the_last_one(launch: Callable[..., Stack]) -> None:
    """Its request is repeated only when another worker has imported the app."""
    settings = {"WEB_CONCURRENCY": "2", "KITCHEN_SINK_IMPORT_SECONDS": "2"}
    running = launch(**SETTINGS, **settings).start().wait_until_ready()
    master = running.child("gunicorn")
    running.wait_for(lambda: running.log.count("kitchen sink: imported") >= 2, "a second worker")
    with ThreadPoolExecutor(1) as pool:
        crash = pool.submit(send_request, running, "/api/crash")
        running.wait_for(lambda: "kitchen sink: crash" in running.log, "the crash")
        while not crash.done():
            assert send_request(running, "/api/echo").status == 200
    assert crash.result().status in (500, 502)
    events = re.findall("kitchen sink: (imported|crash)", running.log)
    assert events.count("crash") in (1, 2)
    assert "crash crash" not in " ".join(events)
    assert running.child("gunicorn") == master


def test_view_whose_response_fails_is_called_once(kitchen_sink: Stack) -> None:
    """For Gunicorn, an OSError is a broken connection: Nginx would ask once more."""
    before = int(send_request(kitchen_sink, "/api/hot?cache=no-store").header("X-Calls") or 0)
    assert send_request(kitchen_sink, "/api/fails-late").status == 500
    after = int(send_request(kitchen_sink, "/api/hot?cache=no-store").header("X-Calls") or 0)
    assert after == before + 2


def test_etag_of_a_compressed_response_is_known_to_the_app(kitchen_sink: Stack) -> None:
    """Nginx has made it weak, which would match no If-Match."""
    got = send_request(kitchen_sink, "/api/etag?size=2000", Accept_Encoding="gzip")
    etag = got.header("ETag") or ""
    assert (got.header("Content-Encoding"), etag) == ("gzip", 'W/"v1"')
    for encoding, known, status in (
        ("gzip", etag, 200),
        ("deflate, br", etag, 200),
        ("gzip", 'W/"v0"', 412),
        ("identity", etag, 412),  # nothing is compressed for this client: the tag is the app's own
    ):
        response = send_request(
            kitchen_sink,
            "/api/etag",
            method="PUT",
            body=b"new",
            If_Match=known,
            Accept_Encoding=encoding,
        )
        assert response.status == status


def test_response_of_a_view_that_wants_to_send_early_hints_is_whole(kitchen_sink: Stack) -> None:
    """Nginx takes a 103 for the response, so the app is not offered to send one."""
    response = send_request(kitchen_sink, "/api/hints")
    assert (response.status, response.body) == (200, b"hinted")


def test_threads_of_closed_streams_are_replaced(kitchen_sink: Stack) -> None:
    """Eight threads, and three times as many streams that are no longer read."""
    for _ in range(3):
        streams = [connect(kitchen_sink) for _ in range(8)]
        for stream in streams:
            stream.sendall(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for stream in streams:
            assert stream.recv(4096).startswith(b"HTTP/1.1 200")
            stream.close()
        assert send_request(kitchen_sink, "/api/echo").status == 200
    assert "replacing it" not in kitchen_sink.log
    assert send_request(kitchen_sink, "/livez").status == 200
