"""Behind each platform's proxy, and behind Cloudflare: the app learns who the client is."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from demijohn.config.platforms import PLATFORMS, Platform

from local.postgres import Postgres
from tests.runtime.commands.test_doctor import problems
from tests.support.finished_command import Boot
from tests.support.front_door import ask, door, seen
from tests.support.platform_proxies import CLOUDFLARE_EDGE, EDGES, FORGED, Headers, cloudflare
from tests.support.stack import Stack

CLIENT = "203.0.113.7"
CLIENTS = [CLIENT, "2001:db8::7"]
WARNING = "is not a trusted proxy"

each_platform = pytest.mark.parametrize("platform", PLATFORMS, ids=lambda p: p.name)


@pytest.fixture(scope="session")
def on(postgres: Postgres) -> Iterator[Callable[[Platform], Stack]]:
    """A function that gives the mirror on a platform, whose proxy connects from loopback.

    Platforms that Nginx is configured alike for share one.
    """
    running: dict[object, Stack] = {}
    with ExitStack() as stacks:

        def get(platform: Platform) -> Stack:
            key = (platform.client_ip_header, platform.trusted_proxies)
            if key not in running:
                marker = {platform.markers[0]: "x"}
                running[key] = stacks.enter_context(door(postgres, **marker))
            return running[key]

        yield get


def client_and_scheme(stack: Stack, headers: Headers) -> tuple[str, str]:
    """What the app finds; both ways to learn of the address agree."""
    facts = seen(ask(stack, **{name.replace("-", "_"): text for name, text in headers.items()}))
    assert facts["headers"]["x-forwarded-for"] == facts["address"]
    assert facts["headers"]["x-forwarded-proto"] == facts["scheme"]
    assert "x-untrusted-proxy" not in facts["headers"]
    return facts["address"], facts["scheme"]


@each_platform
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("sent", [{}, FORGED], ids=["honest", "forged"])
def test_platform_names_the_client_and_forgeries_do_not(
    on: Callable[[Platform], Stack], platform: Platform, client: str, sent: Headers
) -> None:
    arrives = EDGES[platform.name](client, sent)
    assert client_and_scheme(on(platform), arrives) == (client, "https")


@each_platform
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("sent", [{}, FORGED], ids=["honest", "forged"])
def test_cloudflare_before_a_platform_names_the_client(
    on: Callable[[Platform], Stack], platform: Platform, client: str, sent: Headers
) -> None:
    passed = cloudflare(client, sent)
    arrives = EDGES[platform.name](CLOUDFLARE_EDGE, passed)
    assert client_and_scheme(on(platform), arrives) == (client, "https")


@each_platform
def test_trusted_proxy_is_not_warned_about(
    on: Callable[[Platform], Stack], platform: Platform
) -> None:
    client_and_scheme(on(platform), EDGES[platform.name](CLIENT, FORGED))
    assert WARNING not in on(platform).log


@pytest.mark.parametrize(
    ("visitor", "proxy", "scheme"),
    [
        ('{"scheme":"https"}', "http", "https"),  # the mode that Cloudflare calls flexible
        ('{"scheme":"http"}', "https", "http"),
        ("nonsense", "https", "https"),
        ("", "http", "http"),
    ],
)
def test_scheme_is_what_cloudflare_was_asked_with(
    edge: Stack, visitor: str, proxy: str, scheme: str
) -> None:
    arrives = {"X-Forwarded-For": CLOUDFLARE_EDGE, "X-Forwarded-Proto": proxy}
    arrives |= {"CF-Connecting-IP": CLIENT, "CF-Visitor": visitor}
    assert client_and_scheme(edge, arrives) == (CLIENT, scheme)
    # From anyone else, it means nothing.
    arrives["X-Forwarded-For"] = "198.51.100.9"
    assert client_and_scheme(edge, arrives) == ("198.51.100.9", proxy)


@pytest.mark.parametrize("named", ["nonsense", "", "1.2.3.4, 5.6.7.8", '1.2.3.4"'])
def test_cloudflare_header_without_an_address_changes_nothing(edge: Stack, named: str) -> None:
    arrives = {"X-Forwarded-For": CLOUDFLARE_EDGE, "CF-Connecting-IP": named}
    assert client_and_scheme(edge, arrives)[0] == CLOUDFLARE_EDGE


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
def test_websocket_scheme_of_traefik_is_understood(edge: Stack, word: str, scheme: str) -> None:
    assert client_and_scheme(edge, {"X-Forwarded-Proto": word})[1] == scheme


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
    edge: Stack, entry: str, client: str
) -> None:
    assert client_and_scheme(edge, {"X-Forwarded-For": entry})[0] == client


def test_access_log_names_the_client_behind_cloudflare(edge: Stack) -> None:
    arrives = {"X-Forwarded-For": CLOUDFLARE_EDGE, "CF-Connecting-IP": "203.0.113.99"}
    client_and_scheme(edge, arrives)
    edge.wait_for(lambda: '203.0.113.99 "GET /api/show' in edge.log, "line in the access log")


def test_rate_limit_counts_each_client_behind_cloudflare(postgres: Postgres) -> None:
    with door(postgres, TRUSTED_PROXIES="private", DEMIJOHN_RATE_LIMIT="1") as running:

        def status(client: str) -> int:
            arrives = {"X_Forwarded_For": CLOUDFLARE_EDGE, "CF_Connecting_IP": client}
            return ask(running, **arrives).status

        with ThreadPoolExecutor(10) as pool:
            assert 429 in pool.map(status, ["203.0.113.1"] * 20)
        assert status("203.0.113.2") == 200


def test_untrusted_proxy_is_logged_once_by_all_workers(postgres: Postgres, boot: Boot) -> None:
    with door(postgres, WEB_CONCURRENCY="3", WEB_THREADS="2") as running:
        plain = boot("doctor", DEMIJOHN_RUN_DIR=str(running.run_dir), PORT=str(running.port))
        assert problems(plain.out) == []
        smoke = boot(f"smoke http://127.0.0.1:{running.port}")
        assert " checks passed" in smoke.out  # some forge such headers; smoke is not a proxy
        headers = {"X_Forwarded_For": CLIENT, "X_Forwarded_Proto": "https"}
        with ThreadPoolExecutor(8) as pool:
            facts = list(pool.map(lambda _: seen(ask(running, **headers)), range(60)))
        line = (
            "127.0.0.1 sends X-Forwarded-For but is not a trusted proxy, so every client has its "
            "address. If it is your proxy, set TRUSTED_PROXIES=private."
        )
        assert {fact["worker"] for fact in facts} and {fact["address"] for fact in facts} == {
            "127.0.0.1"
        }
        running.wait_for(lambda: WARNING in running.log, "warning")
        assert running.log.count(WARNING) == 1
        assert f"gunicorn  warning: {line}\n" in running.log
        ended = boot("doctor", DEMIJOHN_RUN_DIR=str(running.run_dir), PORT=str(running.port))
        assert (ended.status, problems(ended.out)) == (1, [line])


def test_forged_report_of_an_untrusted_proxy_is_ignored(edge: Stack) -> None:
    assert client_and_scheme(edge, {"X-Untrusted-Proxy": "6.6.6.6 Forwarded"})[0] == "127.0.0.1"
    assert "6.6.6.6 sends" not in edge.log
