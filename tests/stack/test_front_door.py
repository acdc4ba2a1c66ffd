"""nginx.conf, rule by rule, as a client sees it: the app is a mirror, the frontend a few files."""

import contextlib
import gzip
import json
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.postgres import Postgres
from tests.stack.apps.kit import (
    HTML,
    MIRROR,
    PAGE,
    SCRIPT,
    Answer,
    apology,
    ask,
    dial,
    door,
    file_of,
    nginx_has,
    problem,
    rewrite,
    said_properly,
    script,
    send,
)
from tests.stack_fixture import Stack

ASSET = "/assets/app-1a2b3c4d.js"
STYLE = "/assets/style-5e6f7a8b.css"
YEAR = "public, max-age=31536000, immutable"

FORGED = {
    "X_Forwarded_For": "6.6.6.6",
    "X_Forwarded_Proto": "https",
    "X_Forwarded_Host": "evil.example",
    "X_Forwarded_Port": "666",
    "X_Forwarded_Prefix": "/evil",
    "X_Forwarded_Protocol": "ssl",
    "X_Forwarded_Scheme": "https",
    "X_Forwarded_Server": "evil.example",
    "X_Forwarded_Ssl": "on",
    "X_Real_IP": "6.6.6.6",
    "X_Url_Scheme": "https",
    "X_Request_Id": "forged",
    "Forwarded": "for=6.6.6.6;proto=https;host=evil.example",
    "Front_End_Https": "on",
    "Fly_Client_IP": "6.6.6.6",
    "Proxy": "http://evil.example",
}


@pytest.fixture(scope="module")
def mirror(postgres: Postgres) -> Iterator[Stack]:
    """As it stands on any host: no hop in front of it is trusted."""
    with door(postgres, PUBLIC_NAME="Tally </script> für alle", SECRET_NAME="secret") as running:
        yield running


@pytest.fixture(scope="module")
def edge(postgres: Postgres) -> Iterator[Stack]:
    """Behind an edge at 127.0.0.1, which names the client in X-Forwarded-For; ::1 is no edge."""
    with door(postgres, TRUSTED_PROXIES="127.0.0.1,10.0.0.0/8") as running:
        yield running


@pytest.fixture(scope="module")
def impatient(postgres: Postgres) -> Iterator[Stack]:
    """Everything at its limit: small bodies, little time; and a second API."""
    with door(
        postgres, MAX_BODY_SIZE="1k", REQUEST_TIMEOUT="1", API_PATHS="/api,/rpc/v1"
    ) as running:
        yield running


def seen(answer: Answer) -> dict[str, Any]:
    """What the app saw of the request."""
    assert answer.status == 200, answer
    return answer.json()


def has_ipv6() -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")

# Where it listens


@pytest.mark.parametrize("address", ["127.0.0.1", pytest.param("::1", marks=needs_ipv6)])
def test_it_answers_on_both_families(mirror: Stack, address: str) -> None:
    assert ask(mirror, "/", to=address).body == PAGE.encode()
    assert seen(ask(mirror, to=address))["address"] == address


# Files


def test_an_asset_may_be_kept_for_a_year(mirror: Stack) -> None:
    answer = ask(mirror, ASSET)
    assert (answer.status, answer.body) == (200, SCRIPT.encode())
    assert answer.one("Cache-Control") == YEAR
    assert answer.one("Content-Type") == "text/javascript; charset=utf-8"


def test_an_asset_that_has_not_changed_is_304_and_still_kept_for_a_year(mirror: Stack) -> None:
    tag = ask(mirror, ASSET).one("ETag")
    assert tag
    answer = ask(mirror, ASSET, If_None_Match=tag)
    assert (answer.status, answer.body) == (304, b"")
    assert answer.one("Cache-Control") == YEAR


def test_a_part_of_an_asset_is_kept_as_long_as_the_whole(mirror: Stack) -> None:
    answer = ask(mirror, ASSET, Range="bytes=0-3")
    assert (answer.status, answer.body) == (206, SCRIPT.encode()[:4])
    assert answer.one("Cache-Control") == YEAR


@pytest.mark.parametrize("path", ["/assets/gone-00000000.js", "/assets/", "/assets/no-extension"])
def test_a_missing_asset_is_404_and_never_the_page(mirror: Stack, path: str) -> None:
    answer = ask(mirror, path, Sec_Fetch_Mode="navigate", Accept="text/html")
    assert answer.status == 404
    assert "Not Found" in apology(answer)
    assert answer.one("Cache-Control") == "no-cache"  # a deploy may yet bring it


def test_an_asset_is_sent_compressed(mirror: Stack) -> None:
    answer = ask(mirror, STYLE, Accept_Encoding="gzip")
    assert answer.one("Content-Encoding") == "gzip"
    assert gzip.decompress(answer.body).startswith(b"body {")
    assert answer.one("Vary") == "Accept-Encoding"
    assert answer.one("Cache-Control") == YEAR


@pytest.mark.skipif(not nginx_has("gzip_static"), reason="this nginx has no gzip_static module")
def test_an_asset_that_was_compressed_beforehand_is_sent_so(mirror: Stack) -> None:
    answer = ask(mirror, ASSET, Accept_Encoding="gzip")
    assert answer.one("Content-Encoding") == "gzip"
    assert gzip.decompress(answer.body) == b"// compressed beforehand"
    assert answer.one("Content-Type") == "text/javascript; charset=utf-8"
    assert answer.one("Vary") == "Accept-Encoding"


@pytest.mark.skipif(not nginx_has("brotli"), reason="this nginx has no brotli modules")
def test_brotli_is_preferred_where_a_browser_takes_both(mirror: Stack) -> None:
    answer = ask(mirror, ASSET, Accept_Encoding="gzip, deflate, br, zstd")
    assert answer.one("Content-Encoding") == "br"
    assert answer.body == b"// brotli, says its name"
    assert answer.one("Content-Type") == "text/javascript; charset=utf-8"


def test_who_takes_no_compression_gets_none(mirror: Stack) -> None:
    answer = ask(mirror, ASSET, Accept_Encoding="identity")
    assert answer.one("Content-Encoding") is None
    assert answer.body == SCRIPT.encode()


@pytest.mark.parametrize("path", ["/robots.txt", "/CNAME", "/index.html"])
def test_other_files_are_asked_for_anew_each_time(mirror: Stack, path: str) -> None:
    answer = ask(mirror, path)
    assert (answer.status, answer.one("Cache-Control")) == (200, "no-cache")


@pytest.mark.parametrize(
    "path",
    ["/.env", "/.git/config", "/assets/.secret.js", "/some/.hidden/page", "/.well-known/../.env"],
)
def test_what_begins_with_a_dot_is_nobodys_business(mirror: Stack, path: str) -> None:
    answer = ask(mirror, path)
    assert answer.status == 404
    assert b"SECRET" not in answer.body


@pytest.mark.parametrize("path", ["/.well-known/security.txt", "/.well-known/assetlinks"])
def test_what_is_well_known_is_served(mirror: Stack, path: str) -> None:
    assert ask(mirror, path).status == 200
    assert ask(mirror, "/.well-known/nothing-here").status == 404


@pytest.mark.parametrize("path", ["/../.env", "/%2e%2e/.env", "/assets/../../../etc/passwd"])
def test_nobody_climbs_out_of_the_frontends_folder(mirror: Stack, path: str) -> None:
    answer = ask(mirror, path)
    assert answer.status in (400, 404)
    assert b"SECRET" not in answer.body and b"root:" not in answer.body


# Pages


@pytest.mark.parametrize("path", ["/", "/new", "/polls/abc/results", "/apix", "/envjs", "/%C3%A9"])
@pytest.mark.parametrize("mode", ["navigate", None])
def test_the_frontend_knows_which_page_it_is(mirror: Stack, path: str, mode: str | None) -> None:
    answer = ask(mirror, path, **({"Sec_Fetch_Mode": mode} if mode else {}))
    assert (answer.status, answer.body) == (200, PAGE.encode())
    assert answer.one("Content-Type") == HTML
    assert answer.one("Cache-Control") == "no-cache"


@pytest.mark.parametrize("mode", ["cors", "no-cors", "same-origin"])
def test_what_a_script_asks_for_is_there_or_404(mirror: Stack, mode: str) -> None:
    answer = ask(mirror, "/polls/abc", Sec_Fetch_Mode=mode)
    assert answer.status == 404
    assert PAGE.encode() not in answer.body
    assert ask(mirror, "/robots.txt", Sec_Fetch_Mode=mode).status == 200


@pytest.mark.parametrize("mode", ["cors", "same-origin"])
def test_a_service_worker_may_fetch_the_start_page(mirror: Stack, mode: str) -> None:
    assert ask(mirror, "/", Sec_Fetch_Mode=mode).body == PAGE.encode()


@pytest.mark.parametrize("path", ["/logo.png", "/polls/abc/chart.svg", "/polls.json", "/a.b/c.d"])
def test_a_missing_file_is_404_and_never_the_page(mirror: Stack, path: str) -> None:
    answer = ask(mirror, path, Sec_Fetch_Mode="navigate")
    assert answer.status == 404
    apology(answer)


@pytest.mark.parametrize("path", ["/", "/polls/abc"])
def test_a_page_that_has_not_changed_is_304(mirror: Stack, path: str) -> None:
    tag = ask(mirror, path).one("ETag")
    assert tag
    answer = ask(mirror, path, If_None_Match=tag)
    assert (answer.status, answer.body) == (304, b"")
    assert answer.one("Cache-Control") == "no-cache"
    assert ask(mirror, path, If_None_Match='"other"').status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_posted_to_a_page(mirror: Stack, method: str) -> None:
    answer = ask(mirror, "/", method=method, body=b"x")
    assert (answer.status, answer.one("Allow")) == (405, "GET, HEAD")
    apology(answer)


def test_what_the_app_allows_is_for_the_app_to_say(mirror: Stack, tmp_path: Path) -> None:
    assert "PATCH" in (ask(mirror, method="TRACE").one("Allow") or "")
    path = script(tmp_path, "405 Method Not Allowed", Allow="BREW")
    assert ask(mirror, path).all("Allow") == ["BREW"]
    assert ask(mirror, script(tmp_path)).one("Allow") is None


def test_the_frontend_learns_public_variables_and_no_others(mirror: Stack) -> None:
    answer = ask(mirror, "/env.js")
    assert answer.one("Content-Type") == "text/javascript; charset=utf-8"
    assert answer.one("Cache-Control") == "no-cache"
    code = re.fullmatch(r"window\.env = (\{.*\});\n", answer.body.decode("ascii"), re.DOTALL)
    assert code
    assert json.loads(code[1]) == {"PUBLIC_NAME": "Tally </script> für alle"}


def test_tally_loads_every_asset_that_its_page_names(stack: Stack) -> None:
    _, headers, page = stack.get("/polls/whatever")
    assert headers["cache-control"] == "no-cache"
    assets = re.findall(r'"(/assets/[^"]+)"', page.decode())
    assert assets
    for asset in assets:
        status, headers, _ = stack.get(asset, Accept_Encoding="gzip")
        assert (status, headers["cache-control"]) == (200, YEAR)
        assert headers["content-encoding"] == "gzip"
    assert b'"PUBLIC_GREETING": "hello"' in stack.get("/env.js")[2]


# What the app learns of the client


def test_the_app_gets_method_path_and_body(mirror: Stack) -> None:
    facts = seen(ask(mirror, "/api/a%20b//c?q=1", method="PATCH", body=b"x" * 100_000))
    assert (facts["method"], facts["path"], facts["body"]) == ("PATCH", "/api/a b//c", 100_000)


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/.well-known/x.json", "/api/a.b"])
def test_everything_below_the_apis_path_is_the_apps(mirror: Stack, path: str) -> None:
    assert seen(ask(mirror, path, Sec_Fetch_Mode="cors"))["path"] == path


def test_two_apis_may_be_named(impatient: Stack) -> None:
    assert seen(ask(impatient, "/rpc/v1/show"))["path"] == "/rpc/v1/show"
    assert ask(impatient, "/rpc/v2/show").body == PAGE.encode()


def test_forged_headers_do_not_reach_the_app(mirror: Stack) -> None:
    facts = seen(ask(mirror, **FORGED))
    headers = facts["headers"]
    assert (facts["address"], facts["scheme"], facts["script"]) == ("127.0.0.1", "http", "")
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-forwarded-host"] == headers["host"] == f"localhost:{mirror.port}"
    assert re.fullmatch(r"[0-9a-f]{32}", headers["x-request-id"])
    # Not believed here, and so of no more weight than any other header of the client's making.
    assert headers.pop("fly-client-ip") == "6.6.6.6"
    forged = [value for value in headers.values() if re.search("6.6.6|evil|ssl|on$", value)]
    assert forged == []


@needs_ipv6
def test_an_edge_is_believed_by_its_address_only(edge: Stack) -> None:
    facts = seen(ask(edge, to="::1", **FORGED))
    assert (facts["address"], facts["scheme"]) == ("::1", "http")
    assert seen(ask(edge, **FORGED))["scheme"] == "https"


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "PATH_INFO", "X_FORWARDED_FOR", "Remote_Addr"])
def test_a_header_with_an_underscore_is_no_way_round(mirror: Stack, name: str) -> None:
    request = f"GET /api/show HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{name}: /evil\r\n\r\n"
    facts = seen(send(mirror, request.encode()))
    assert (facts["path"], facts["script"], facts["address"]) == ("/api/show", "", "127.0.0.1")
    assert "/evil" not in facts["headers"].values()


def test_a_request_without_a_host_is_no_accident(mirror: Stack) -> None:
    assert seen(send(mirror, b"GET /api/show HTTP/1.0\r\n\r\n"))["path"] == "/api/show"


def test_the_answer_names_the_request_as_the_app_knows_it(mirror: Stack) -> None:
    answer = ask(mirror, X_Request_Id="forged")
    assert answer.one("X-Request-Id") == seen(answer)["headers"]["x-request-id"]


@pytest.mark.parametrize(
    ("chain", "client"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("6.6.6.6, 203.0.113.7", "203.0.113.7"),  # the client wrote the left one
        ("6.6.6.6, 203.0.113.7, 10.1.2.3", "203.0.113.7"),  # an inner hop is trusted
        ("2001:db8::7", "2001:db8::7"),
        ("nonsense", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
def test_the_client_is_the_last_in_the_chain_that_is_no_proxy(
    edge: Stack, chain: str, client: str
) -> None:
    assert seen(ask(edge, X_Forwarded_For=chain))["address"] == client


@pytest.mark.parametrize(
    ("marker", "header"),
    [("FLY_APP_NAME", "Fly-Client-IP"), ("RAILWAY_ENVIRONMENT_ID", "X-Real-IP")],
)
def test_each_host_has_its_own_header_for_the_client(
    launch: Callable[..., Stack], marker: str, header: str
) -> None:
    running = launch(**MIRROR, **{marker: "tally"}, TRUSTED_PROXIES="127.0.0.1").start()
    running.wait_until_ready()
    forged = FORGED | {"Fly_Client_IP": "6.6.6.6", "X_Real_IP": "6.6.6.6"}
    forged[header.replace("-", "_")] = "203.0.113.7"
    facts = seen(ask(running, **forged))
    assert (facts["address"], facts["scheme"]) == ("203.0.113.7", "https")
    assert facts["headers"]["x-forwarded-for"] == "203.0.113.7"


def test_a_header_of_ones_own_may_name_the_client(launch: Callable[..., Stack]) -> None:
    running = launch(**MIRROR, TRUSTED_PROXIES="127.0.0.0/8", CLIENT_IP_HEADER="CF-Connecting-IP")
    running.start().wait_until_ready()
    facts = seen(ask(running, CF_Connecting_IP="203.0.113.7", X_Forwarded_For="6.6.6.6"))
    assert facts["address"] == "203.0.113.7"


def test_https_at_the_edge_is_https_for_the_app_and_for_the_browser(edge: Stack) -> None:
    answer = ask(edge, X_Forwarded_Proto="https")
    assert seen(answer)["scheme"] == "https"
    assert answer.one("Strict-Transport-Security") == "max-age=31536000"
    for path in ("/", "/assets/gone.js", "/api/show", ASSET):
        assert ask(edge, path, X_Forwarded_Proto="https").one("Strict-Transport-Security")


@pytest.mark.parametrize("word", ["http", "", "HTTPS, http", "javascript", "https,http"])
def test_anything_else_at_the_edge_is_not(edge: Stack, word: str) -> None:
    answer = ask(edge, X_Forwarded_Proto=word)
    assert seen(answer)["scheme"] == "http"
    assert answer.one("Strict-Transport-Security") is None


def test_who_is_no_edge_cannot_claim_https(mirror: Stack) -> None:
    answer = ask(mirror, X_Forwarded_Proto="https")
    assert seen(answer)["scheme"] == "http"
    assert answer.one("Strict-Transport-Security") is None


# Streams


def test_a_websocket_passes_in_both_directions(mirror: Stack) -> None:
    request = (
        f"GET /api/websocket HTTP/1.1\r\nHost: localhost:{mirror.port}\r\nUpgrade: websocket\r\n"
        "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with dial(mirror) as connection, connection.makefile("rb") as incoming:
        connection.sendall(request.encode())
        assert incoming.readline().startswith(b"HTTP/1.1 101 ")
        headers = dict(line.split(b": ", 1) for line in iter(incoming.readline, b"\r\n"))
        assert headers[b"Sec-WebSocket-Accept"] == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
        assert headers[b"X-Asked"] == b"upgrade/websocket\r\n"
        for words in (b"first\n", b"second\n"):
            connection.sendall(words)
            assert incoming.readline() == words.upper()


def test_a_request_that_wants_no_upgrade_asks_for_none(mirror: Stack) -> None:
    headers = seen(ask(mirror))["headers"]
    assert headers["connection"] == "close"
    assert "upgrade" not in headers


@pytest.mark.parametrize("encoding", ["identity", "gzip, br"])
def test_an_event_arrives_before_the_next_one_is_made(
    mirror: Stack, tmp_path: Path, encoding: str
) -> None:
    gate = tmp_path / "gate"
    with dial(mirror) as connection, connection.makefile("rb") as incoming:
        connection.sendall(
            f"GET /api/events?file={gate} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            f"Accept-Encoding: {encoding}\r\n\r\n".encode()
        )
        lines = iter(incoming.readline, b"")
        # The app makes the second event only once the first is here: a buffer would starve us.
        assert any(line == b"data: first\n" for line in lines)
        gate.touch()
        assert any(line == b"data: second\n" for line in lines)


def test_how_events_are_passed_on_is_between_us_and_nginx(mirror: Stack, tmp_path: Path) -> None:
    (tmp_path / "gate").touch()
    answer = ask(mirror, f"/api/events?file={tmp_path / 'gate'}")
    assert answer.one("X-Accel-Buffering") is None
    assert answer.one("Content-Type") == "text/event-stream"
    assert answer.body == b"data: first\n\ndata: second\n\n"


def test_the_apis_answers_are_compressed_as_they_pass(mirror: Stack) -> None:
    answer = ask(mirror, "/api/numbers", Accept_Encoding="gzip")
    assert answer.one("Content-Encoding") == "gzip"
    assert json.loads(gzip.decompress(answer.body)) == list(range(1000))
    assert answer.one("Vary") == "Accept-Encoding"


# The shared cache


@pytest.mark.parametrize("words", ["public, max-age=60", "s-maxage=60", "Public, S-MaxAge=60"])
def test_what_is_everybodys_is_fetched_once(mirror: Stack, tmp_path: Path, words: str) -> None:
    path = script(tmp_path, Cache_Control=words)
    first, second = ask(mirror, path), ask(mirror, path)
    assert first.body == second.body
    assert first.one("Cache-Control") == second.one("Cache-Control") == words
    assert first.one("X-Request-Id") != second.one("X-Request-Id")
    assert ask(mirror, path + "&other").body != first.body


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Cache_Control": "max-age=60"},
        {"Cache_Control": "private, max-age=60"},
        {"Cache_Control": "no-store"},
        {"Cache_Control": "public, no-store, max-age=60"},
        {"Cache_Control": "public"},
        {"Expires": "Fri, 31 Dec 2100 23:59:59 GMT"},
        {"X_Accel_Expires": "60"},
        {"Cache_Control": "public, max-age=60", "Set_Cookie": "voter=1"},
        {"Cache_Control": "s-maxage=60", "Vary": "*"},
    ],
    ids=str,
)
def test_nothing_else_is_ever_kept(mirror: Stack, tmp_path: Path, headers: dict[str, str]) -> None:
    path = script(tmp_path, **headers)
    assert ask(mirror, path).body != ask(mirror, path).body


def test_what_one_may_see_is_neither_kept_nor_taken_from_the_cache(
    mirror: Stack, tmp_path: Path
) -> None:
    path = script(tmp_path, Cache_Control="public, max-age=60")
    one = ask(mirror, path, Authorization="Bearer one").body
    everybody = ask(mirror, path).body
    assert one != everybody  # the first was not kept
    assert ask(mirror, path, Authorization="Bearer one").body not in (one, everybody)
    assert ask(mirror, path).body == everybody  # and the second did not replace it


def test_answers_for_different_hosts_and_schemes_are_kept_apart(
    edge: Stack, tmp_path: Path
) -> None:
    path = script(tmp_path, Cache_Control="public, max-age=60")
    kinds: list[dict[str, str]] = [
        {},
        {"Host": "other.example"},
        {"X_Forwarded_Proto": "https"},
    ]
    bodies = [ask(edge, path, **kind).body for kind in kinds]
    assert len(set(bodies)) == 3
    assert [ask(edge, path, **kind).body for kind in kinds] == bodies


def test_answers_that_vary_are_kept_apart(mirror: Stack, tmp_path: Path) -> None:
    path = script(tmp_path, Cache_Control="public, max-age=60", Vary="Accept-Language")
    english, german = (ask(mirror, path, Accept_Language=word).body for word in ("en", "de"))
    assert english != german
    assert ask(mirror, path, Accept_Language="en").body == english


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_only_reading_is_cached(mirror: Stack, tmp_path: Path, method: str) -> None:
    path = script(tmp_path, Cache_Control="public, max-age=60")
    assert ask(mirror, path, method=method).body != ask(mirror, path, method=method).body


@pytest.mark.parametrize("status", ["500 No", "502 No", "503 No", "504 No"])
def test_what_is_stale_goes_on_being_served_while_the_app_fails(
    mirror: Stack, tmp_path: Path, status: str
) -> None:
    path = script(tmp_path, Cache_Control="public, s-maxage=1")
    good = ask(mirror, path).body
    rewrite(file_of(path), status, "broken")
    wait_until_stale(mirror, path)
    for _ in range(3):
        answer = ask(mirror, path)
        assert (answer.status, answer.body) == (200, good)
        # Tally's pages tell an app that fails from one that is away.
        fails = "fwd-status=500" in answer.one("Cache-Status")
        assert fails == status.startswith("500")
    assert ask(mirror, path + "&never-seen").body == b"broken"


def test_what_is_stale_is_renewed_once_the_app_is_well_again(mirror: Stack, tmp_path: Path) -> None:
    path = script(tmp_path, Cache_Control="public, s-maxage=1")
    good = ask(mirror, path).body
    wait_until_stale(mirror, path)
    mirror.wait_for(lambda: ask(mirror, path).body != good, "new answer")


def test_what_is_older_than_the_app_allows_is_not_served_while_it_is_well(
    mirror: Stack, tmp_path: Path
) -> None:
    """The first look at a quiet poll shows the latest votes, not those of the look before."""
    path = script(tmp_path, Cache_Control="public, s-maxage=1, stale-while-revalidate=1")
    old = ask(mirror, path).body
    threading.Event().wait(3)  # 1 s fresh, 1 s more while it is fetched anew
    assert ask(mirror, path).body != old


def test_an_answer_tells_where_it_came_from(mirror: Stack, tmp_path: Path) -> None:
    """RFC 9211; Tally's pages ask again soon where they got what was about to be renewed."""
    path = script(tmp_path, Cache_Control="public, s-maxage=1, stale-while-revalidate=60")
    told = [ask(mirror, path).one("Cache-Status") for _ in range(2)]
    assert told == ["nginx; fwd=uri-miss", "nginx; hit"]
    mirror.wait_for(
        lambda: ask(mirror, path).one("Cache-Status") == "nginx; hit; detail=stale", "stale answer"
    )
    assert ask(mirror, path, Authorization="Bearer x").one("Cache-Status") == "nginx; fwd=bypass"
    assert ask(mirror, "/").one("Cache-Status") is None


def test_an_app_may_say_to_the_second_how_long_it_is_fresh(mirror: Stack, tmp_path: Path) -> None:
    """And stale-while-revalidate counts from there; what is said to Nginx goes no further."""
    words = "public, s-maxage=3600, stale-while-revalidate=3600"
    now = str(int(time.time()))
    path = script(tmp_path, Cache_Control=words, X_Accel_Expires=f"@{now}")
    first = ask(mirror, path)
    assert first.one("X-Accel-Expires") is None
    mirror.wait_for(
        lambda: ask(mirror, path).one("Cache-Status") == "nginx; hit; detail=stale", "stale answer"
    )
    mirror.wait_for(lambda: ask(mirror, path).body != first.body, "new answer")


def wait_until_stale(stack: Stack, path: str) -> None:
    """Until the front door itself says so, in its log."""
    name = file_of(path).name

    def stale() -> bool:
        ask(stack, path)
        return bool(re.search(rf"{name} .*cache=(STALE|UPDATING|EXPIRED)", stack.log))

    stack.wait_for(stale, "stale answer")


def test_who_has_an_unchanged_answer_gets_304(mirror: Stack, tmp_path: Path) -> None:
    path = script(tmp_path, body="same", Cache_Control="public, max-age=60", ETag='"v1"')
    for _ in range(2):  # fetched from the app, then from the cache
        answer = ask(mirror, path, If_None_Match='"v1"')
        assert (answer.status, answer.body) == (304, b"")
        assert answer.one("ETag") == '"v1"'
    assert ask(mirror, path, If_None_Match='"v0"').body == b"same"


# Errors


@pytest.mark.parametrize(
    ("path", "status"),
    [("/api/hang-up", 502), ("/rpc/v1/hang-up", 502), ("/api/gate?file={tmp_path}/never", 504)],
)
def test_an_app_that_does_not_answer_is_a_problem_that_passes(
    impatient: Stack, tmp_path: Path, path: str, status: int
) -> None:
    answer = ask(impatient, path.format(tmp_path=tmp_path))
    (tmp_path / "never").touch()
    assert answer.status == status
    assert problem(answer)["type"] == "/problems/unavailable"
    assert int(answer.one("Retry-After") or 0) > 0


def test_pages_are_served_while_the_app_hangs(launch: Callable[..., Stack]) -> None:
    running = launch(**MIRROR, REQUEST_TIMEOUT="1", WEB_CONCURRENCY="1").start()
    running.wait_until_ready()
    with stopped(running):
        assert ask(running, "/new").status == 200
        health = ask(running, "/healthz")
        assert health.status == 504
        apology(health)
        assert int(health.one("Retry-After") or 0) > 0
        assert problem(ask(running, "/api/show"))["status"] == 504
    assert ask(running, "/healthz").status == 200


@contextlib.contextmanager
def stopped(stack: Stack) -> Iterator[None]:
    """Gunicorn and its workers stand still meanwhile."""
    master = stack.child("gunicorn")
    everyone = [master, *stack.children(master)]
    for pid in everyone:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in everyone:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("status", ["404 Gone Fishing", "500 Oops", "503 Busy", "418 Teapot"])
def test_what_the_app_says_of_its_own_errors_passes_untouched(
    mirror: Stack, tmp_path: Path, status: str
) -> None:
    answer = ask(mirror, script(tmp_path, status, "mine", Content_Type="text/x-own", ETag='"1"'))
    assert answer.status == int(status.split(maxsplit=1)[0])
    assert answer.body == b"mine"
    assert answer.one("Content-Type") == "text/x-own"


def test_a_503_of_the_app_says_when_to_come_back_even_if_the_app_does_not(
    mirror: Stack, tmp_path: Path
) -> None:
    assert ask(mirror, script(tmp_path, "503 Busy", "no")).one("Retry-After") == "1"
    assert (
        ask(mirror, script(tmp_path, "503 Busy", "no", Retry_After="7")).one("Retry-After") == "7"
    )
    assert ask(mirror, script(tmp_path, "200 OK", "yes")).one("Retry-After") is None


def test_an_app_that_fails_before_it_answers_is_a_problem_too(mirror: Stack) -> None:
    answer = ask(mirror, "/api/say")  # which wants a file
    assert answer.status == 500
    assert problem(answer)["type"] == "/problems/internal"


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_413(impatient: Stack, chunked: bool) -> None:
    assert seen(ask(impatient, method="POST", body=b"x" * 1024))["body"] == 1024
    if chunked:
        body = b"401\r\n" + b"x" * 1025 + b"\r\n0\r\n\r\n"
        head = b"POST /api/show HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        answer = send(impatient, head + body)
    else:
        answer = ask(impatient, method="POST", body=b"x" * 1025)
    assert answer.status == 413
    assert problem(answer)["type"] == "/problems/too-large"


def test_a_flood_from_one_address_is_429(launch: Callable[..., Stack]) -> None:
    running = launch(**MIRROR, RATE_LIMIT="5", TRUSTED_PROXIES="127.0.0.1").start()
    running.wait_until_ready()
    answers = [ask(running, "/api/show") for _ in range(60)]
    refused = [answer for answer in answers if answer.status == 429]
    assert answers[0].status == 200 and refused
    assert problem(refused[0])["type"] == "/problems/rate-limited"
    assert refused[0].one("Retry-After") == "1"
    # Others are not made to pay, nor are the files, nor the host's health checks.
    assert ask(running, X_Forwarded_For="203.0.113.7").status == 200
    assert {ask(running, path).status for path in ("/", "/healthz") * 30} == {200}


def test_without_a_limit_there_is_no_429(launch: Callable[..., Stack]) -> None:
    running = launch(**MIRROR, RATE_LIMIT="0").start().wait_until_ready()
    assert {ask(running, "/api/show").status for _ in range(60)} == {200}
    assert "limit_req" not in "".join(
        file.read_text() for file in (running.run_dir / "fragments").iterdir()
    )


@pytest.mark.parametrize(
    ("status", "path", "headers"),
    [
        (400, "/api/show", {"Host": "a b"}),
        (405, "/robots.txt", {"method": "PUT"}),
        (412, ASSET, {"If_Match": '"other"'}),
        (416, ASSET, {"Range": "bytes=999999-"}),
        (501, "/api/show", {"method": "POST", "Transfer_Encoding": "gzip"}),
    ],
    ids=str,
)
def test_errors_seldom_seen_are_in_our_own_words_too(
    mirror: Stack, status: int, path: str, headers: dict[str, str]
) -> None:
    answer = ask(mirror, path, **headers)  # type: ignore[arg-type]
    assert answer.status == status
    said_properly(answer)
    if path.startswith("/api"):
        problem(answer)


@pytest.mark.parametrize("size", [3_000, 5_000, 8_000])
def test_a_long_address_that_nginx_takes_gunicorn_takes_too(mirror: Stack, size: int) -> None:
    assert seen(ask(mirror, "/api/show?q=" + "x" * size))["method"] == "GET"


def test_a_long_cookie_that_nginx_takes_gunicorn_takes_too(mirror: Stack) -> None:
    assert len(seen(ask(mirror, Cookie="x" * 8_150))["headers"]["cookie"]) == 8_150


def test_a_client_that_stops_in_the_middle_holds_up_nobody(mirror: Stack) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(40):  # five for each thread of the app
            connection = stack.enter_context(dial(mirror))
            connection.sendall(
                b"POST /api/show HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1234"
            )
        assert seen(ask(mirror))["method"] == "GET"


# Headers of every response

EVERYWHERE = [
    ("/", 200),
    ("/new", 200),
    (ASSET, 200),
    ("/env.js", 200),
    ("/assets/gone.js", 404),
    ("/.env", 404),
    ("/healthz", 200),
    ("/readyz", 200),
    ("/api/show", 200),
    ("/api/hang-up", 502),
]


@pytest.mark.parametrize(("path", "status"), EVERYWHERE)
def test_every_response_is_guarded(mirror: Stack, path: str, status: int) -> None:
    answer = ask(mirror, path)
    assert answer.status == status
    policy = answer.one("Content-Security-Policy") or ""
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.one("X-Content-Type-Options") == "nosniff"
    assert answer.one("X-Frame-Options") == "DENY"
    assert answer.one("Referrer-Policy") == "strict-origin-when-cross-origin"
    assert answer.one("Cache-Control")
    assert re.fullmatch(r"[0-9a-f]{32}", answer.one("X-Request-Id") or "")
    assert answer.one("Server") == "nginx"  # and not which
    assert answer.one("Strict-Transport-Security") is None


OWN = {
    "Content_Security_Policy": "default-src 'none'",
    "Cache_Control": "private, max-age=9",
    "X_Frame_Options": "SAMEORIGIN",
    "Referrer_Policy": "no-referrer",
    "X_Content_Type_Options": "nosniff",
    "Retry_After": "9",
    "Strict_Transport_Security": "max-age=1; includeSubDomains",
}


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("status", ["200 OK", "404 Not Found", "503 Busy"])
def test_what_the_app_says_for_itself_wins(
    edge: Stack, tmp_path: Path, name: str, status: str
) -> None:
    path = script(tmp_path, status, **{name: OWN[name]})
    assert ask(edge, path, X_Forwarded_Proto="https").all(name.replace("_", "-")) == [OWN[name]]


def test_a_request_has_one_name_even_if_the_app_names_it_too(mirror: Stack, tmp_path: Path) -> None:
    answer = ask(mirror, script(tmp_path, X_Request_Id="of-the-app"))
    assert len(answer.all("X-Request-Id")) == 1


def test_another_policy_may_be_set(launch: Callable[..., Stack]) -> None:
    policy = "default-src 'self' https://cdn.example; script-src 'self' 'sha256-abc='"
    running = launch(**MIRROR, CONTENT_SECURITY_POLICY=policy).start().wait_until_ready()
    for path in ("/", "/api/show", "/gone.js"):
        assert ask(running, path).one("Content-Security-Policy") == policy


def test_nobody_learns_what_the_app_is_made_of(mirror: Stack, tmp_path: Path) -> None:
    path = script(tmp_path, X_Powered_By="Flask 3", Server="Werkzeug/3")
    answer = ask(mirror, path)
    assert (answer.one("Server"), answer.one("X-Powered-By")) == ("nginx", None)


# The log


def test_each_request_is_a_line_and_health_checks_are_none(mirror: Stack) -> None:
    for path in ("/healthz", "/readyz"):
        assert ask(mirror, path).status == 200
    answer = ask(mirror, "/api/last-of-all?q=1")
    mirror.wait_for(lambda: "/api/last-of-all" in mirror.log, "line in the log")
    (line,) = [line for line in mirror.log.splitlines() if "/api/last-of-all" in line]
    assert re.match(r'nginx +127\.0\.0\.1 "GET /api/last-of-all\?q=1 HTTP/1\.1" 200 ', line)
    assert line.endswith(f"id={answer.one('X-Request-Id')}")
    assert "/healthz" not in mirror.log and "/readyz" not in mirror.log


def test_the_log_names_the_client_and_not_the_edge(edge: Stack) -> None:
    ask(edge, "/api/from-far-away", X_Forwarded_For="203.0.113.9")
    edge.wait_for(lambda: '203.0.113.9 "GET /api/from-far-away' in edge.log, "line in the log")
