"""What an app answers behind Nginx is what it answers under plain Gunicorn."""

import contextlib
import gzip
import json
import re
import socket
import time
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from tests.runtime.any_app.conftest import PREFIX, PlainGunicorn
from tests.support.front_door import Response, read_response
from tests.support.stack import TIMEOUT_SECONDS, Stack

HOST = "app.example"
# Headers that a proxy may set, and the framing of the body.
HOP_BY_HOP = {"connection", "server", "date", "transfer-encoding", "keep-alive"}
# Headers that Nginx adds to a response of the app that does not have them.
ADDED = {
    "cache-control", "cache-status", "content-security-policy", "referrer-policy", "vary",
    "x-content-type-options", "x-frame-options", "x-request-id",
}  # fmt: skip
COUNTS = {"x-calls"}  # of requests that the app has had

# Flask's session: its content, and the time and the signature, which differ.
SIGNED_SESSION = re.compile(r"^(session=[\w-]+)\.[\w-]+\.[\w-]+")

GET = "GET"
LONG_COOKIE = "c=" + "x" * 7500
GZIPPED = gzip.compress(b'{"a": 1}', mtime=0)

Request = tuple[str, str, dict[str, str], bytes]  # method, path, headers, body

REQUESTS: list[Request] = [
    # Methods and bodies
    *((method, "/api/echo", {}, b"") for method in ("GET", "HEAD", "OPTIONS", "PROPFIND")),
    *((method, "/api/echo", {}, b"a body") for method in (GET, "PURGE", "QUERY", "M-SEARCH")),
    *((method, "/api/echo", {}, b"a body") for method in ("POST", "PUT", "PATCH", "DELETE")),
    ("POST", "/api/echo", {"Content-Type": "application/json"}, b'{"a": 1}'),
    ("POST", "/api/echo", {"Content-Encoding": "gzip"}, GZIPPED),
    ("POST", "/api/echo", {"Content-Type": "application/grpc-web+proto"}, b"\0\0\0\0\2\x08\1"),
    ("POST", "/api/echo", {"Content-Length": "0"}, b""),
    ("POST", "/api/echo", {"Transfer-Encoding": "chunked"}, b"5\r\nhello\r\n0\r\n\r\n"),
    ("POST", "/api/echo", {"Transfer-Encoding": "chunked", "Trailer": "X-App-Sum"},
     b"5\r\nhello\r\n0\r\nX-App-Sum: 1\r\n\r\n"),
    ("POST", "/api/echo", {}, b"x" * 3_000_000),
    ("POST", "/api/echo", {"X-HTTP-Method-Override": "PUT"}, b"a"),
    ("HEAD", "/api/head-only", {}, b""),
    (GET, "/api/head-only", {}, b""),
    ("DELETE", "/api/file", {}, b""),
    # Paths
    (GET, "/api/echo/a%20b/%C3%A4/c%3Fd", {}, b""),
    (GET, "/api/echo/a%2Fb", {}, b""),
    (GET, "/api/echo//a///b", {}, b""),
    (GET, "/api/echo/a;b=c/d,e/f@g/h:i/j+k/!$&'()*", {}, b""),
    (GET, "/api/echo/user@example.com", {}, b""),
    (GET, "/api/echo/file.tar.gz", {}, b""),
    (GET, "/api/echo?q=a+b&q=%26&empty=&flag", {}, b""),
    (GET, "/api/echo?next=https://example.com/a?b=c", {}, b""),
    (GET, "/api/echo?q=" + "x" * 4000, {}, b""),
    (GET, "/api/echo?", {}, b""),
    (GET, "/api/echo??a?b", {}, b""),
    (GET, "/api/echo?q=%00|^`{}\\<>\"", {}, b""),
    (GET, "/api/echo/%5C%0a%7f/...", {}, b""),
    (GET, "/api/folder", {}, b""),
    (GET, "/api/folder/", {}, b""),
    (GET, "/api/redirect", {}, b""),
    (GET, "/api/missing", {}, b""),
    (GET, "/api/missing.png", {}, b""),
    # Headers
    (GET, "/api/echo", {"Cookie": "a=1; b=2"}, b""),
    (GET, "/api/echo", {"Cookie": LONG_COOKIE}, b""),
    (GET, "/api/echo", {"Authorization": "Bearer x"}, b""),
    (GET, "/api/echo", {"Last-Event-ID": "41"}, b""),
    (GET, "/api/echo", {f"X-App-{number}": str(number) for number in range(80)}, b""),
    (GET, "/api/echo", {f"X-App-{number}": str(number) for number in range(98)}, b""),
    (GET, "/api/echo", {"Accept": "text/html;q=0.9, */*"}, b""),
    (GET, "/api/echo", {"X-App-Obs": "\xe4", "X-App-Empty": "", "X_App_Dropped": "1"}, b""),
    *((GET, f"/api/with-header?name={name}&value={value}", {}, b"")
      for name, value in (("Link", "</a>"), ("Via", "1.1+x"), ("X-App", "%C3%A4"), ("Vary", "*"),
                          ("Warning", "199"), ("Accept-Ranges", "none"), ("Upgrade", "h2c"),
                          ("Trailer", "X-Sum"), ("Age", "5"), ("Content-Location", "/x"))),
    (GET, "/api/echo", {"X-Request-Id": "01J9ZQ:a/b+c=_.-1"}, b""),
    (GET, "/api/with-header?name=X-Request-Id&value=of-the-app", {}, b""),
    (GET, "/api/with-header?name=X-Request-Id&value=of-the-app", {"X-Request-Id": "own"}, b""),
    (GET, "/api/with-header?name=X-Powered-By&value=tea", {}, b""),
    (GET, "/api/with-header?name=Expires&value=Thu,+01+Jan+1970+00:00:00+GMT", {}, b""),
    (GET, "/api/with-header?name=Location&value=http://gunicorn/x", {}, b""),
    (GET, "/api/with-header?name=Refresh&value=0;url=http://gunicorn/x", {}, b""),
    (GET, "/api/large-headers?count=60", {}, b""),
    (GET, "/api/headers", {}, b""),
    (GET, "/api/cookies", {}, b""),
    (GET, "/api/policy", {}, b""),
    # Conditions
    *(
        (method, f"/api/etag?cache={cache}", condition, b"")
        for method in (GET, "HEAD")
        for cache in ("no-cache", "private", "max-age=0", "no-store")
        for condition in (
            {},
            {"If-None-Match": '"v1"'},
            {"If-None-Match": 'W/"v1", "v2"'},
            {"If-None-Match": '"v0"'},
            {"If-None-Match": "*"},
            {"If-Modified-Since": "Wed, 15 Nov 2023 00:00:00 GMT"},
            {"If-Modified-Since": "Mon, 13 Nov 2023 00:00:00 GMT"},
        )
    ),
    *(
        ("PUT", "/api/etag", condition, b"new")
        for condition in ({}, {"If-Match": '"v1"'}, {"If-Match": '"v0"'}, {"If-Match": "*"})
    ),
    (GET, "/api/echo", {"If-Match": 'W/"x"'}, b""),
    (GET, "/api/echo", {"If-Match": '"x"', "If-Range": '"y"'}, b""),
    (GET, "/api/echo", {"If-Unmodified-Since": "Mon, 13 Nov 2023 00:00:00 GMT"}, b""),
    # Ranges
    *(
        (method, path, {"Range": f"bytes={ranges}"} | more, b"")
        for method in (GET, "HEAD")
        for path in ("/api/file", "/api/file?max_age=3600")
        for ranges, more in (
            ("0-1", {}),
            ("-5", {}),
            ("1048570-", {}),
            ("5000000-", {}),
            ("0-0,10-19", {}),
            ("0-9", {"If-Range": '"large-1"'}),
            ("0-9", {"If-Range": '"large-0"'}),
            ("0-9", {"If-None-Match": '"large-1"'}),
        )
    ),
    (GET, "/api/file", {}, b""),
    ("HEAD", "/api/file", {}, b""),
    (GET, "/api/hot", {"Range": "bytes=0-1"}, b""),
    # Statuses
    *((GET, f"/api/with-status/{code}", {}, b"")
      for code in (200, 201, 204, 206, 299, 304, 400, 401, 402, 404, 405, 409, 410, 418, 422, 429,
                   451, 500, 501, 502, 503, 504, 599)),
    *((GET, f"/api/abort/{code}", {}, b"") for code in (400, 403, 404, 413, 500, 503)),
    (GET, "/api/fail", {}, b""),
    # Streams and encodings
    *((method, f"/api/stream?type={kind}", {}, b"")
      for method in (GET, "HEAD")
      for kind in ("text/plain", "text/event-stream", "application/json")),
    (GET, "/api/gzipped", {"Accept-Encoding": "gzip"}, b""),
    (GET, "/api/gzipped", {}, b""),
]  # fmt: skip


PREFIXED: list[Request] = [
    (method, PREFIX + path, headers, body)
    for method, path, headers, body in REQUESTS
    if re.match("/api/(echo|folder|redirect|missing)", path) and "X-App-0" not in headers
] + [(GET, path, {}, b"") for path in (PREFIX, f"{PREFIX}/", f"{PREFIX}?q=1")]

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PAGE = {"Accept": "text/html,*/*", "Sec-Fetch-Mode": "navigate"}
OF_NOTEBOOK: list[Request] = [
    *(
        (method, path, headers, b"")
        for method, headers in ((GET, PAGE), (GET, {}), ("HEAD", PAGE), ("OPTIONS", {}))
        for path in (
            "/", "/notes/1", "/missing", "/missing.html", "/users/ann.lee", "/users/a.css",
            "/assets/x.css", "/static/style.css", "/static/missing.css", "/favicon.ico",
            "/robots.txt", "/env.js",
            "/index.html", "/.hidden", "/.well-known/x", "/.git/config", "/method", "/a//b",
        )
    ),
    ("POST", "/notes", FORM, b"text=a+note"),
    ("POST", "/notes", FORM | PAGE, b"text=another"),
    ("POST", "/notes", FORM, b"nothing=1"),
    ("POST", "/", FORM, b"x=1"),
    ("POST", "/static/style.css", FORM, b"x=1"),
    *((method, "/method", {}, b"body") for method in ("PUT", "DELETE", "PATCH")),
    (GET, "/static/style.css", {"If-None-Match": "*"}, b""),
    (GET, "/static/style.css", {"Range": "bytes=0-3"}, b""),
]  # fmt: skip


def name_of(request: Request) -> str:
    method, path, headers, body = request
    return f"{method} {path[:60]} {str(headers)[:80]} {len(body)}"


@pytest.mark.parametrize("request_", REQUESTS, ids=map(name_of, REQUESTS))
def test_response_is_that_of_plain_gunicorn(
    kitchen_sink: Stack, plain: PlainGunicorn, request_: Request
) -> None:
    assert_same(plain, kitchen_sink, request_)


@pytest.mark.parametrize("request_", REQUESTS, ids=map(name_of, REQUESTS))
def test_response_without_a_react_build_is_that_of_plain_gunicorn(
    without_pages: Stack, plain: PlainGunicorn, request_: Request
) -> None:
    assert_same(plain, without_pages, request_)


@pytest.mark.parametrize("request_", PREFIXED, ids=map(name_of, PREFIXED))
def test_response_below_a_stripped_prefix_is_that_of_plain_gunicorn(
    prefixed: Stack, plain_prefixed: PlainGunicorn, request_: Request
) -> None:
    assert_same(plain_prefixed, prefixed, request_)


@pytest.mark.parametrize("request_", OF_NOTEBOOK, ids=map(name_of, OF_NOTEBOOK))
def test_server_rendered_app_answers_as_under_plain_gunicorn(
    notebook: Stack, plain_notebook: PlainGunicorn, request_: Request
) -> None:
    assert_same(plain_notebook, notebook, request_)


def assert_same(plain: PlainGunicorn, stack: Stack, request: Request) -> None:
    expected, received = send(plain.port, *request), send(stack.port, *request)
    assert received.status == expected.status, received
    assert content(received) == content(expected)
    left = end_to_end(received)
    for pair in end_to_end(expected):
        left.remove(next(one for one in left if is_same(one, pair)))
    names = [name for name, _ in end_to_end(expected) if name != "vary"]
    assert {name for name, _ in left} <= ADDED - set(names)
    assert len({name for name, _ in left}) == len(left)


def is_same(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether two headers differ at most by their times: the second app answers later."""
    if one[0] == other[0] == "expires":
        times = [parsedate_to_datetime(text) for _, text in (one, other)]
        return abs(times[0] - times[1]) < timedelta(seconds=TIMEOUT_SECONDS)
    texts = [SIGNED_SESSION.sub(r"\1", text) for _, text in (one, other)]
    return one[0] == other[0] and texts[0] == texts[1]


def send(port: int, method: str, path: str, headers: dict[str, str], body: bytes) -> Response:
    """Send one request to a server on this machine."""
    given = {"Host": HOST, "Connection": "close"} | headers
    if body and "Transfer-Encoding" not in headers:
        given["Content-Length"] = str(len(body))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)
            break
        except ConnectionRefusedError:  # plain Gunicorn takes a moment to start
            assert time.monotonic() < deadline
            time.sleep(0.05)
    with connection:
        connection.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        return read_response(connection, method)


def content(response: Response) -> object:
    """The body; JSON is parsed, so that a difference is readable."""
    with contextlib.suppress(ValueError):
        return json.loads(response.body)
    return response.body


def end_to_end(response: Response) -> list[tuple[str, str]]:
    """The headers that a proxy must pass on. The order of the methods in Allow is random."""
    pairs = [(n.lower(), v) for n, v in response.headers if n.lower() not in HOP_BY_HOP | COUNTS]
    return [(n, ", ".join(sorted(v.split(", "))) if n == "allow" else v) for n, v in pairs]
