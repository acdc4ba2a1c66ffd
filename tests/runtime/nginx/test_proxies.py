"""Behind the proxy of each platform, and behind Cloudflare: the app gets the client's address."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from demijohn.config.platforms import PLATFORMS, Platform

from local.postgres import Postgres
from tests.runtime.commands.test_doctor import problems
from tests.support.finished_command import RunDemijohn
from tests.support.front_door import front_door, seen_by_app, send_request
from tests.support.platform_proxies import CLOUDFLARE_EDGE, EDGES, FORGED, Headers, cloudflare
from tests.support.stack import Stack

CLIENT = "203.0.113.7"
CLIENTS = [CLIENT, "2001:db8::7"]
WARNING = "is not a trusted proxy"

each_platform = pytest.mark.parametrize("platform", PLATFORMS, ids=lambda p: p.name)


@pytest.fixture(scope="session")
def mirror_on(postgres: Postgres) -> Iterator[Callable[[Platform], Stack]]:
    """A function that returns the mirror app on a platform, whose proxy connects from loopback.

    Platforms with the same Nginx configuration share a stack.
    """
    running: dict[object, Stack] = {}
    with ExitStack() as stacks:

        def get(platform: Platform) -> Stack:
            key = (platform.client_ip_header, platform.trusted_proxies)
            if key not in running:
                marker = {platform.markers[0]: "x"}
                running[key] = stacks.enter_context(front_door(postgres, **marker))
            return running[key]

        yield get


def client_and_scheme(stack: Stack, headers: Headers) -> tuple[str, str]:
    """The client's address and scheme as the app sees them, in the environ and in headers."""
    request_seen = seen_by_app(
        send_request(stack, **{name.replace("-", "_"): text for name, text in headers.items()})
    )
    assert request_seen["headers"]["x-forwarded-for"] == request_seen["address"]
    assert request_seen["headers"]["x-forwarded-proto"] == request_seen["scheme"]
    assert "x-untrusted-proxy" not in request_seen["headers"]
    return request_seen["address"], request_seen["scheme"]


@each_platform
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("sent", [{}, FORGED], ids=["honest", "forged"])
def test_client_is_named_by_the_platform_not_by_forged_headers(
    mirror_on: Callable[[Platform], Stack], platform: Platform, client: str, sent: Headers
) -> None:
    received = EDGES[platform.name](client, sent)
    assert client_and_scheme(mirror_on(platform), received) == (client, "https")


@each_platform
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("sent", [{}, FORGED], ids=["honest", "forged"])
def test_client_is_named_by_cloudflare_in_front_of_a_platform(
    mirror_on: Callable[[Platform], Stack], platform: Platform, client: str, sent: Headers
) -> None:
    passed_on = cloudflare(client, sent)
    received = EDGES[platform.name](CLOUDFLARE_EDGE, passed_on)
    assert client_and_scheme(mirror_on(platform), received) == (client, "https")


@each_platform
def test_trusted_proxy_is_not_warned_about(
    mirror_on: Callable[[Platform], Stack], platform: Platform
) -> None:
    client_and_scheme(mirror_on(platform), EDGES[platform.name](CLIENT, FORGED))
    assert WARNING not in mirror_on(platform).log


@pytest.mark.parametrize(
    ("visitor", "proxy", "scheme"),
    [
        ('{"scheme":"https"}', "http", "https"),  # Cloudflare's flexible mode
        ('{"scheme":"http"}', "https", "http"),
        ("nonsense", "https", "https"),
        ("", "http", "http"),
    ],
)
def test_scheme_is_that_of_the_request_to_cloudflare(
    behind_proxy: Stack, visitor: str, proxy: str, scheme: str
) -> None:
    received = {"X-Forwarded-For": CLOUDFLARE_EDGE, "X-Forwarded-Proto": proxy}
    received |= {"CF-Connecting-IP": CLIENT, "CF-Visitor": visitor}
    assert client_and_scheme(behind_proxy, received) == (CLIENT, scheme)
    # From another address, the header is ignored.
    received["X-Forwarded-For"] = "198.51.100.9"
    assert client_and_scheme(behind_proxy, received) == ("198.51.100.9", proxy)


@pytest.mark.parametrize("named", ["nonsense", "", "1.2.3.4, 5.6.7.8", '1.2.3.4"'])
def test_invalid_cf_connecting_ip_is_ignored(behind_proxy: Stack, named: str) -> None:
    received = {"X-Forwarded-For": CLOUDFLARE_EDGE, "CF-Connecting-IP": named}
    assert client_and_scheme(behind_proxy, received)[0] == CLOUDFLARE_EDGE


@pytest.mark.parametrize(
    ("word", "scheme"),
    [
        ("wss", "https"),
        ("ws", "http"),
        ("HTTPS", "https"),
        ("https,http", "https"),
        ("https, https", "https"),
        ("http, https", "http"),
        ("httpsx", "http"),
    ],
)
def test_websocket_scheme_of_traefik_is_understood(
    behind_proxy: Stack, word: str, scheme: str
) -> None:
    assert client_and_scheme(behind_proxy, {"X-Forwarded-Proto": word})[1] == scheme


@pytest.mark.parametrize(
    ("entry", "client"),
    [
        ("203.0.113.7:49152", "203.0.113.7"),
        ("[2001:db8::7]:49152", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("6.6.6.6:1, 203.0.113.7:49152", "203.0.113.7"),
        ("2001:0DB8:0:0::7", "2001:db8::7"),
    ],
)
def test_ports_and_brackets_are_not_part_of_the_address(
    behind_proxy: Stack, entry: str, client: str
) -> None:
    assert client_and_scheme(behind_proxy, {"X-Forwarded-For": entry})[0] == client


def test_access_log_names_the_client_behind_cloudflare(behind_proxy: Stack) -> None:
    received = {"X-Forwarded-For": CLOUDFLARE_EDGE, "CF-Connecting-IP": "203.0.113.99"}
    client_and_scheme(behind_proxy, received)
    behind_proxy.wait_for(
        lambda: '203.0.113.99 "GET /api/show' in behind_proxy.log, "line in the access log"
    )


def test_rate_limit_counts_each_client_behind_cloudflare(postgres: Postgres) -> None:
    with front_door(postgres, TRUSTED_PROXIES="private", DEMIJOHN_RATE_LIMIT="1") as running:

        def status(client: str) -> int:
            received = {"X_Forwarded_For": CLOUDFLARE_EDGE, "CF_Connecting_IP": client}
            return send_request(running, **received).status

        with ThreadPoolExecutor(10) as pool:
            assert 429 in pool.map(status, ["203.0.113.1"] * 20)
        assert status("203.0.113.2") == 200


def test_untrusted_proxy_is_logged_once_by_all_workers(
    postgres: Postgres, run_demijohn: RunDemijohn
) -> None:
    with front_door(postgres, WEB_CONCURRENCY="3", WEB_THREADS="2") as running:
        plain = run_demijohn(
            "doctor", DEMIJOHN_RUN_DIR=str(running.run_dir), PORT=str(running.port)
        )
        assert problems(plain.out) == []
        smoke = run_demijohn(f"smoke http://127.0.0.1:{running.port}")
        assert " checks passed" in smoke.out  # its forged headers must not be reported
        headers = {"X_Forwarded_For": CLIENT, "X_Forwarded_Proto": "https"}
        with ThreadPoolExecutor(8) as pool:
            request_seen = list(
                pool.map(lambda _: seen_by_app(send_request(running, **headers)), range(60))
            )
        line = (
            "127.0.0.1 sends X-Forwarded-For but is not a trusted proxy, so every client has its "
            "address. If it is your proxy, set TRUSTED_PROXIES=private."
        )
        assert {request_seen["worker"] for request_seen in request_seen} and {
            request_seen["address"] for request_seen in request_seen
        } == {"127.0.0.1"}
        running.wait_for(lambda: WARNING in running.log, "warning")
        assert running.log.count(WARNING) == 1
        assert f"gunicorn  warning: {line}\n" in running.log
        result = run_demijohn(
            "doctor", DEMIJOHN_RUN_DIR=str(running.run_dir), PORT=str(running.port)
        )
        assert (result.status, problems(result.out)) == (1, [line])


def test_forged_untrusted_proxy_header_is_not_logged(behind_proxy: Stack) -> None:
    assert (
        client_and_scheme(behind_proxy, {"X-Untrusted-Proxy": "6.6.6.6 Forwarded"})[0]
        == "127.0.0.1"
    )
    assert "6.6.6.6 sends" not in behind_proxy.log
