"""API_PATHS=/ with a React build: its files and pages first, all other requests are the app's."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.postgres import Postgres
from tests.support.front_door import (
    ASSET,
    MIRROR,
    PAGE,
    Response,
    connect,
    error_page,
    front_door,
    problem,
    send_request,
)
from tests.support.stack import Stack

NAVIGATION = {"Sec_Fetch_Mode": "navigate", "Accept": "text/html,*/*"}
OLD_BROWSER = {"Accept": "text/html,*/*"}
SCRIPT = {"Sec_Fetch_Mode": "cors", "Accept": "*/*"}


@pytest.fixture(scope="module")
def root(postgres: Postgres) -> Iterator[Stack]:
    settings = {"API_PATHS": "/,/admin", "DEMIJOHN_MAX_BODY_SIZE": "1k", "PUBLIC_NAME": "x"}
    with front_door(postgres, **settings) as running:
        yield running


def is_page(response: Response) -> bool:
    return response.status == 200 and response.body == PAGE.encode()


def is_of_app(response: Response) -> bool:
    return response.status == 200 and b'"worker"' in response.body


@pytest.mark.parametrize("path", ["/", "/users", "/users/ann.lee", "/users/", "/apiary"])
@pytest.mark.parametrize("headers", [NAVIGATION, OLD_BROWSER], ids=["new", "old"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_navigation_gets_the_page(
    root: Stack, path: str, headers: dict[str, str], method: str
) -> None:
    response = send_request(root, path, method=method, **headers)
    assert response.header("Content-Length") == str(len(PAGE))
    assert method == "HEAD" or is_page(response)


@pytest.mark.parametrize(
    "path", ["/", "/users", "/users/ann.lee", "/x.json", "/assets/x.js", "/.env", "/.well-known/x"]
)
@pytest.mark.parametrize(
    "headers", [SCRIPT, {}, {"Accept": "application/json, text/html"}], ids=str
)
def test_request_of_a_script_goes_to_the_app(
    root: Stack, path: str, headers: dict[str, str]
) -> None:
    assert is_of_app(send_request(root, path, **headers))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/users", "/index.html", ASSET, "/env.js", "/robots.txt"])
def test_other_method_goes_to_the_app_even_at_a_file(root: Stack, method: str, path: str) -> None:
    response = send_request(root, path, method=method, **NAVIGATION)
    assert is_of_app(response) and response.json()["method"] == method


@pytest.mark.parametrize("path", ["/admin", "/admin/", "/admin/users.html", "/admin/x.css"])
def test_longer_prefix_goes_to_the_app_for_navigations_too(root: Stack, path: str) -> None:
    assert is_of_app(send_request(root, path, **NAVIGATION))


def test_existing_file_is_served_to_every_client(root: Stack) -> None:
    for headers in (NAVIGATION, SCRIPT, {}):
        assert send_request(root, "/robots.txt", **headers).body == b"User-agent: *\n"
        assert b'"PUBLIC_NAME": "x"' in send_request(root, "/env.js", **headers).body
        response = send_request(root, ASSET, **headers)
        assert "immutable" in str(response.header("Cache-Control"))


def test_asset_of_the_app_is_not_cached_for_a_year(root: Stack) -> None:
    assert send_request(root, "/assets/app.css").header("Cache-Control") == "no-cache"


def test_hidden_file_of_the_build_is_not_served(root: Stack) -> None:
    for path in ("/.env", "/.git/config", "/assets/.secret.js"):
        for headers in (NAVIGATION, SCRIPT):
            assert is_of_app(send_request(root, path, **headers))


def test_ambiguous_path_is_refused(root: Stack) -> None:
    assert send_request(root, "/users/../admin", **SCRIPT).status == 400
    assert send_request(root, "/users", Host="a b").status == 400


def test_probe_is_answered_by_the_image(root: Stack) -> None:
    for path in ("/livez", "/readyz", "/up", "/healthz"):
        assert b"worker" not in send_request(root, path, **NAVIGATION).body


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/up", "/healthz", "/healthz/database"])
@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS"])
def test_probe_path_with_another_method_is_the_apps(root: Stack, path: str, method: str) -> None:
    seen = send_request(root, path, method=method).json()
    assert (seen["method"], seen["path"]) == (method, path)
    root.wait_for(lambda: f'"{method} {path} HTTP/1.1"' in root.log, "line in the log")


def test_error_of_nginx_at_a_probe_path_has_our_own_body(root: Stack) -> None:
    problem(send_request(root, "/up", method="POST", Host="*.x", **SCRIPT))


@pytest.mark.parametrize("path", ["/livez/x", "/readyz/", "/healthz/ready", "/up/", "/up/x"])
def test_path_below_a_probe_is_the_apps(root: Stack, path: str) -> None:
    assert send_request(root, path, **SCRIPT).json()["path"] == path


@pytest.mark.parametrize("path", ["/livez/x", "/readyz/", "/healthz/ready", "/up/"])
def test_navigation_below_a_probe_does_not_get_the_start_page(root: Stack, path: str) -> None:
    assert is_of_app(send_request(root, path, **NAVIGATION))


def test_error_of_nginx_is_a_page_for_clients_that_accept_html(root: Stack) -> None:
    too_large = {"method": "POST", "body": b"x" * 2000}
    error_page(send_request(root, "/users", **NAVIGATION, **too_large))  # type: ignore[arg-type]
    problem(send_request(root, "/users", **SCRIPT, **too_large))  # type: ignore[arg-type]
    problem(send_request(root, "/admin", **NAVIGATION, **too_large))  # type: ignore[arg-type]


def test_websocket_outside_the_listed_paths_reaches_the_app(root: Stack) -> None:
    with connect(root) as connection:
        connection.sendall(
            b"GET /websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert b" 101 " in connection.recv(4096)


def test_rate_limit_counts_requests_of_the_app_only(launch: Callable[..., Stack]) -> None:
    settings = {"API_PATHS": "/", "DEMIJOHN_RATE_LIMIT": "1", "RELEASE_ON_BOOT": "false"}
    running = launch(**MIRROR | settings).start().wait_until_ready()

    def statuses(**headers: str) -> list[int]:
        with ThreadPoolExecutor(4) as pool:
            send = [pool.submit(send_request, running, "/users", **headers) for _ in range(20)]
            return [done.result().status for done in send]

    assert statuses(**NAVIGATION) == [200] * 20
    assert 429 in statuses(**SCRIPT)


def test_boot_says_who_answers_which_paths(root: Stack) -> None:
    assert "files and pages of " in root.log and " first, the app answers the rest" in root.log


def test_boot_without_a_build_says_that_the_app_answers(launch: Callable[..., Stack]) -> None:
    settings = {"API_PATHS": "/", "DEMIJOHN_STATIC_DIR": "/nowhere"}
    running = launch(**MIRROR | settings).start().wait_until_ready()
    assert "no frontend, the app answers every path" in running.log
