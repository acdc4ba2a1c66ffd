"""`demijohn smoke URL`: checks a running deployment from outside, one named check after another.

This file uses the standard library only and imports nothing from its package, so that
`python smoke.py URL` runs wherever there is Python 3.11. It checks what holds for any Flask + React
app behind this image's Nginx, knows nothing about the app itself, and changes no data.

Exit status: 0 every check passed, 1 a check failed or nothing answers, 64 usage.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import gzip
import http.client
import json
import math
import os
import re
import secrets
import socket
import ssl
import sys
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, NoReturn
from urllib.parse import SplitResult, urljoin, urlsplit

DAY = 24 * 3600
PLAIN_PORT = 80  # the port of http
BODY_LIMIT = 64 * 2**20  # bytes read per response: an endless stream must not fill the memory
DECLARED = 10 * 2**30  # the Content-Length that the check of the body limit declares
NAVIGATION = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Mode": "navigate"}
UNTRUSTED = (  # the remedy if Nginx ignores the proxy's X-Forwarded-Proto
    "Nginx takes https for http, because it does not trust the proxy in front of it: set "
    "TRUSTED_PROXIES, usually to private (the log and `demijohn doctor` name the proxy)"
)
ELSEWHERE = "smoke.invalid"  # RFC 2606 reserves this domain: it never resolves
ASSET = re.compile(r"""\b(?:src|href)=["']?([^"'\s>]+\.(?:m?js|css)(?:\?[^"'\s>]*)?)""", re.I)
LEAK = re.compile(r"\b(?:nginx|openresty|gunicorn|uwsgi|werkzeug|flask|python)/\d[\w.]*", re.I)
NO_RESPONSE = (OSError, http.client.HTTPException)  # a request that ended without a response
CAUSES = (  # exception, meaning, remedy; the first that matches counts
    (socket.gaierror, "the name does not resolve", "check its spelling and the DNS record"),
    (ConnectionRefusedError, "connection refused", "is it running, and is the port right?"),
    (
        ssl.SSLCertVerificationError,
        "certificate not accepted",
        "correct the certificate, or name the file of your own authority in SSL_CERT_FILE",
    ),
    (ssl.SSLError, "no TLS", "does this port speak plain http?"),
    (TimeoutError, "no answer in time", "look at the log, or raise --timeout"),
    (ConnectionError, "closed without an answer", "look at the log; does the port expect https?"),
    (http.client.BadStatusLine, "the answer is not HTTP", "is the port right?"),
    (http.client.IncompleteRead, "the answer is incomplete", "look at the log"),
)


class Failed(Exception):
    """A check has failed; the arguments are `expected`, `seen` and the most likely remedy."""


class Skipped(Exception):
    """The check does not apply here; the message says why."""


class UsageError(Exception):
    """The command line is wrong; the message says what to write instead."""


def require(ok: object, expected: str, seen: object, remedy: str) -> None:
    """Raise `Failed` unless `ok`."""
    if not ok:
        raise Failed(expected, str(seen) or "none", remedy)


@dataclasses.dataclass(frozen=True)
class Reply:
    """One HTTP response with its body."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def get(self, name: str) -> str:
        """All values of a header, joined by commas; empty if there is none."""
        return ", ".join(self.headers.get_all(name, []))

    @property
    def kind(self) -> str:
        """The media type without its parameters."""
        return self.get("Content-Type").partition(";")[0].strip().lower()

    def is_object(self) -> bool:
        """Whether the body is a JSON object."""
        try:
            return isinstance(json.loads(self.body), dict)
        except ValueError:
            return False

    def __str__(self) -> str:
        return f"{self.status} {self.kind or 'without a type'}"


class Site:
    """The deployment under test, and how to send requests to it.

    `timeout` is in seconds, per request; `api` is a path that Nginx proxies to the backend.
    """

    def __init__(self, url: str, timeout: float, api: str) -> None:
        parts = split(url)
        self.scheme, self.host = parts.scheme, (parts.hostname or "").encode("idna").decode()
        self.port = parts.port or (443 if self.scheme == "https" else 80)
        self.netloc = f"[{self.host}]" if ":" in self.host else self.host
        self.netloc += f":{parts.port}" if parts.port else ""
        self.origin = f"{self.scheme}://{self.netloc}"
        self.timeout = timeout
        self.unknown = f"/smoke-{secrets.token_hex(4)}"
        self.unknown_api = api.rstrip("/") + self.unknown
        self.tls = ssl.create_default_context()

    def connect(self) -> http.client.HTTPConnection:
        """Open a new connection, over TLS for https."""
        address = (self.host, self.port)
        connection = http.client.HTTPConnection(*address, timeout=self.timeout)
        if self.scheme == "https":
            connection = http.client.HTTPSConnection(
                *address, timeout=self.timeout, context=self.tls
            )
        connection.connect()
        return connection

    def send(self, connection: http.client.HTTPConnection, path: str, *, method: str = "GET",
             headers: dict[str, str] | None = None) -> Reply:  # fmt: skip
        """Send a request on a connection that stays open."""
        headers = {"User-Agent": "demijohn-smoke", **(headers or {})}
        connection.request(method, path, headers=headers)
        return self.read(connection.getresponse())

    def get(self, path: str, method: str = "GET", **headers: str) -> Reply:
        """Send a request on a new connection; `_` in a header's name stands for a hyphen."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = self.connect()
        try:
            return self.send(connection, path, method=method, headers=named)
        finally:
            connection.close()

    def send_raw(self, request: str) -> Reply:
        """Send a request that no HTTP library would send, with a Host header added."""
        connection = self.connect()
        line, _, rest = request.partition("\r\n")
        try:
            connection.sock.sendall(f"{line}\r\nHost: {self.netloc}\r\n{rest}\r\n\r\n".encode())
            response = http.client.HTTPResponse(connection.sock, method="GET")
            response.begin()
            return self.read(response)
        finally:
            connection.close()

    def read(self, response: http.client.HTTPResponse) -> Reply:
        """Read the whole body within the timeout. Raises TimeoutError, also for a slow stream."""
        deadline, body = time.monotonic() + self.timeout, bytearray()
        while chunk := response.read1(2**16):
            body += chunk
            if len(body) > BODY_LIMIT:
                raise OSError(0, f"the answer is larger than {size(BODY_LIMIT)}")
            if time.monotonic() > deadline:
                raise TimeoutError
        if response.length:  # unlike read, read1 does not raise if the body ends too early
            raise http.client.IncompleteRead(bytes(body), response.length)
        response.read()  # releases the connection for the next request
        return Reply(response.status, response.msg, bytes(body))

    def takes_https_for_http(self, location: str, path: str) -> bool:
        """Whether a redirect from `path` leads to http, or from https to itself."""
        to = urlsplit(urljoin(f"{self.origin}{path}", location))
        redirected = self.scheme == "https" and location and to.hostname == self.host
        return bool(redirected) and (to.scheme == "http" or to.path == path)

    @cached_property
    def page(self) -> Reply:
        """The front page, fetched once."""
        return self.get("/", **NAVIGATION)

    def assets(self, page: Reply) -> list[str]:
        """The paths of a page's own scripts and style sheets, those under /assets/ first."""
        links = [urljoin(f"{self.origin}/", x) for x in ASSET.findall(page.body.decode("latin-1"))]
        paths = [x[len(self.origin) :] for x in links if x.lower().startswith(f"{self.origin}/")]
        return sorted(
            (path for path in paths if path != "/env.js"),
            key=lambda x: not x.startswith("/assets/"),
        )

    @cached_property
    def asset(self) -> str:
        """The path of one script or style sheet of the page. Raises `Skipped` if it has none."""
        for path in self.assets(self.page):
            return path
        raise Skipped("the page loads no script or style sheet of its own")

    @cached_property
    def places(self) -> dict[str, Reply]:
        """One response of each kind: found and missing, from the disk and from the backend."""
        paths = {"page": "/", "missing file": f"{self.unknown}.png", "API": self.unknown_api}
        paths |= {"missing asset": f"/assets{self.unknown}.js", "probe": "/livez"}
        paths |= dict(zip(("asset",), self.assets(self.page), strict=False))
        return {name: self.get(path) for name, path in paths.items()}


def livez(site: Site) -> str:
    """/livez and /up answer"""
    for path in ("/livez", "/up"):  # not /healthz, which Google's front ends answer themselves
        answered = probe(site, path, "Gunicorn does not answer: read the container's log")
    return str(answered)


def readyz(site: Site) -> str:
    """/readyz says ready"""
    return str(
        probe(site, "/readyz", "it is starting or stopping: use --wait 60 right after a deploy")
    )


def database(site: Site) -> str:
    """The database answers"""
    remedy = "the database does not answer: run `demijohn doctor` inside the container"
    reply = probe(site, "/healthz/database", remedy)
    if json.loads(reply.body).get("status") == "no database":
        raise Skipped("the app has no DATABASE_URL of a Postgres")
    return str(reply)


def probe(site: Site, path: str, remedy: str) -> Reply:
    """Check that a probe answers 200 with JSON: a page of the frontend would prove nothing."""
    reply = site.get(path)
    seen = f"{reply} {reply.body.decode(errors='replace') if reply.is_object() else ''}"
    if reply.kind == "text/html" and reply.status == 200:
        remedy = f"send {path} to the backend, not to React"
    require(reply.status == 200 and reply.is_object(), f"200 and JSON at {path}", seen, remedy)
    return reply


def certificate(site: Site) -> str:
    """TLS certificate does not expire soon"""
    connection = site.connect()
    try:
        found: dict[str, Any] = connection.sock.getpeercert() or {}  # type: ignore[union-attr]
    finally:
        connection.close()
    begin, end = (ssl.cert_time_to_seconds(found[key]) for key in ("notBefore", "notAfter"))
    left = (end - time.time()) / DAY
    # A certificate that is valid for six days cannot have seven days left: require a fifth.
    least = min(7.0, (end - begin) / DAY / 5)
    remedy = "the renewal has failed: look at the host's certificate page"
    require(left > least, f"more than {least:.0f} days", f"{left:.1f} days left", remedy)
    return f"{left:.0f} days left"


def http_redirect(site: Site) -> str:
    """Plain http redirects to https"""
    if site.port != 443:
        raise Skipped(f"the URL has port {site.port}, not 443")
    connection = http.client.HTTPConnection(site.host, PLAIN_PORT, timeout=site.timeout)
    try:
        connection.connect()
    except OSError:
        raise Skipped(f"nothing listens on port {PLAIN_PORT}") from None
    reply = site.send(connection, "/")
    connection.close()
    target = reply.get("Location")
    moved = reply.status in (301, 302, 307, 308) and target.startswith("https://")
    remedy = "let the host force https (force_https in fly.toml)"
    require(moved, "a redirect to https", f"{reply} {target}", remedy)
    return f"{reply.status} to {target}"


def hsts(site: Site) -> str:
    """HSTS keeps browsers on https"""
    values = [site.places[place].get("Strict-Transport-Security") for place in ("page", "API")]
    sent = all(re.search(r"max-age=\"?[1-9]", value, re.I) for value in values)
    require(sent, "Strict-Transport-Security on page and API", " / ".join(values), UNTRUSTED)
    return values[0]


def keep_alive(site: Site) -> str:
    """Connections are kept alive"""
    connection = site.connect()
    first = connection.sock
    try:
        site.send(connection, "/")
        kept = connection.sock is first
        remedy = "raise keepalive_timeout, or find the proxy that closes connections"
        require(kept, "a second request on a connection", "closed after one", remedy)
        begin = time.perf_counter()
        site.send(connection, "/")
        return f"second request took {milliseconds(time.perf_counter() - begin)}"
    finally:
        connection.close()


def head(site: Site) -> str:
    """HEAD answers as GET does"""
    paths = ["/", *site.assets(site.page)[:1]]
    for path in paths:
        full, short = site.get(path), site.get(path, "HEAD")
        require(short.status == full.status, f"{full.status} for {path}", short, "let HEAD through")
        for name in ("Content-Type", "Cache-Control", "ETag", "Content-Length"):
            values = full.get(name), short.get(name)
            # A chunked body has no Content-Length.
            same = values[0] == values[1] or (name == "Content-Length" and not all(values))
            require(same, f"{name}: {values[0]} for {path}", values[1], "answer HEAD as GET")
    return f"{len(paths)} paths agree"


def page(site: Site) -> str:
    """Page is HTML and always revalidated"""
    reply, cached = site.get("/", **NAVIGATION), "Nginx sends it; does a proxy remove it?"
    html = reply.status == 200 and reply.kind == "text/html"
    require(html, "200 text/html", reply, "the React build is missing or is in another folder")
    policy = reply.get("Cache-Control")
    require(re.search(r"no-cache|max-age=0\b", policy), "Cache-Control: no-cache", policy, cached)
    require(reply.get("ETag"), "an ETag", "none", cached)
    return f"{reply}, {size(len(reply.body))}"


def conditional(site: Site) -> str:
    """Unchanged page is answered 304"""
    etag = site.page.get("ETag")
    require(etag, "an ETag for If-None-Match", "none", "Nginx sends it; does a proxy remove it?")
    reply = site.get("/", If_None_Match=etag, **NAVIGATION)
    require(reply.status == 304, "304", reply, "do the instances serve different builds?")
    return f"304 for {etag}"


def deep_link(site: Site) -> str:
    """Deep link returns the page"""
    reply, links = site.get(f"{site.unknown}/deep", **NAVIGATION), site.assets(site.page)
    # A proxy may insert a token into every page, so the same assets count as the same page.
    same = reply.body == site.page.body or (links and site.assets(reply) == links)
    found = reply.status == 200 and reply.kind == "text/html" and same
    remedy = "navigations to unknown paths must fall back to /index.html"
    require(found, "200 and the same page as /", reply, remedy)
    return str(reply)


def missing_file(site: Site) -> str:
    """Missing file is a 404, not the page"""
    reply = site.get(f"{site.unknown}.png", **NAVIGATION)
    require(reply.status == 404, "404", reply, "only paths without an extension may get the page")
    remedy = "send the error page as text/html, whatever the extension"
    require(reply.kind != "image/png", "an error page in HTML", reply, remedy)
    return str(reply)


def env_js(site: Site) -> str:
    """/env.js is JavaScript and never stale"""
    reply = site.get("/env.js")
    script = reply.status == 200 and "javascript" in reply.kind
    require(script, "200 and JavaScript", reply, "Nginx must serve the /env.js written at boot")
    policy, remedy = reply.get("Cache-Control"), "PUBLIC_* variables change without a build"
    fresh = re.search(r"no-cache|no-store|max-age=0\b", policy)
    require(fresh, "Cache-Control: no-cache", policy, remedy)
    return f"{reply}, {size(len(reply.body))}"


def immutable(site: Site) -> str:
    """Asset is immutable for a year"""
    path = site.asset
    if not path.startswith("/assets/"):
        raise Skipped("the page loads nothing from /assets/")
    reply, kind = site.get(path), "css" if ".css" in path else "javascript"
    stale = "page and assets come from different builds"
    require(reply.status == 200 and kind in reply.kind, f"200 and {kind} for {path}", reply, stale)
    policy = reply.get("Cache-Control")
    ages = [int(age) for age in re.findall(r"max-age=(\d+)", policy)]
    kept = "immutable" in policy and ages and min(ages) >= 365 * DAY
    require(kept, "immutable, max-age=31536000", policy, "does a proxy rewrite Cache-Control?")
    return f"{path.rpartition('/')[2]}, {size(len(reply.body))}"


def fetch_encoded(site: Site, accept: str) -> tuple[bytes, bytes, str]:
    """An asset's plain body, its body for an Accept-Encoding, and the Content-Encoding of that."""
    plain, small = site.get(site.asset), site.get(site.asset, Accept_Encoding=accept)
    for reply in (plain, small):
        found = reply.status == 200
        require(found, f"200 for {site.asset}", reply, "page and assets come from different builds")
    unasked, coding = plain.get("Content-Encoding"), small.get("Content-Encoding")
    require(not unasked, "plain bytes without Accept-Encoding", unasked, "a cache ignores Vary")
    varies = not coding or "accept-encoding" in small.get("Vary").lower()
    require(varies, "Vary: Accept-Encoding", small.get("Vary"), "`gzip_vary on` in nginx.conf")
    return plain.body, small.body, coding


def gzipped(site: Site) -> str:
    """Asset is compressed with gzip"""
    plain, small, coding = fetch_encoded(site, "gzip")
    if not coding and len(plain) < 1024:
        raise Skipped(f"{size(len(plain))} are too few to compress")
    require(coding == "gzip", "Content-Encoding: gzip", coding, "`gzip_static on`, else `gzip on`")
    try:
        same = gzip.decompress(small) == plain
    except (OSError, EOFError, zlib.error):
        same = False
    require(same, "the asset, decompressed", "other bytes", "the .gz file beside it is stale")
    return f"{size(len(plain))} as {size(len(small))}"


def brotli(site: Site) -> str:
    """Asset is compressed with brotli"""
    plain, small, coding = fetch_encoded(site, "gzip, deflate, br")
    if coding != "br":  # Nginx may lack the module; gzip has its own check
        raise Skipped(f"no brotli, but {coding or 'plain bytes'}")
    seen = f"{size(len(plain))} as {size(len(small))}"
    require(0 < len(small) < len(plain), "fewer bytes", seen, "the .br file beside it is broken")
    return seen


def missing_asset(site: Site) -> str:
    """Missing asset is a 404, not the page"""
    reply = site.get(f"/assets{site.unknown}.js", **NAVIGATION)
    require(reply.status == 404, "404", reply, "/assets/ must never fall back to /index.html")
    kept = "immutable" in reply.get("Cache-Control")
    require(not kept, "a 404 without immutable", "immutable", "mark only existing assets")
    return str(reply)


def api_problem(site: Site) -> str:
    """Unknown API path is the app's 404"""
    reply = site.get(site.unknown_api, **NAVIGATION)
    remedy = f"{site.unknown_api} must reach the backend, not the frontend (--api-path?)"
    seen = f"{reply} {reply.get('Location')}"
    if site.takes_https_for_http(reply.get("Location"), site.unknown_api):
        remedy = UNTRUSTED
    require(400 <= reply.status < 500, "404, best as application/problem+json", seen, remedy)
    return str(reply)


def oversized(site: Site) -> str:
    """Oversized body is a 413 before it is sent"""
    request = f"POST {site.unknown_api} HTTP/1.1\r\nContent-Length: {DECLARED}\r\n"
    remedy = "set DEMIJOHN_MAX_BODY_SIZE; or a proxy in front waits for the whole body"
    try:
        reply = site.send_raw(f"{request}Expect: 100-continue\r\nContent-Type: application/json")
    except TimeoutError:
        raise Failed("413", f"waits for {size(DECLARED)}", remedy) from None
    require(reply.status == 413, f"413 for {size(DECLARED)}", reply, remedy)
    return str(reply)


def security_headers(site: Site) -> str:
    """Security headers are on every answer"""
    missing = []
    for place, reply in site.places.items():
        policy = reply.get("Content-Security-Policy")
        present = {
            "Content-Security-Policy": policy,
            # A browser does not guess anything else of a page, and it may be a script (nginx.conf).
            "nosniff": "nosniff" in reply.get("X-Content-Type-Options").lower()
            or reply.get("Content-Type").startswith("text/html"),
            "Referrer-Policy": reply.get("Referrer-Policy"),
            "frame-ancestors": "frame-ancestors" in policy or reply.get("X-Frame-Options"),
        }
        absent = [name for name, value in present.items() if not value]
        missing += [f"{place} without {', '.join(absent)}"] if absent else []
    remedy = "an add_header inside a location drops the inherited ones, and needs `always`"
    require(not missing, "CSP, nosniff, Referrer-Policy, framing", "; ".join(missing), remedy)
    return f"on {len(site.places)} kinds of answer"


def versions(site: Site) -> str:
    """No software version leaks"""
    found = dict(site.places)
    with contextlib.suppress(*NO_RESPONSE):  # a closed connection leaks nothing
        found["malformed request"] = site.send_raw("GET / HTTP/1.1\r\nContent-Length: nonsense")
    for place, reply in found.items():
        text = "\n".join(reply.headers.values())
        if reply.status >= 400:
            text += reply.body.decode(errors="replace")
        leaks = LEAK.findall(text)
        remedy = "`server_tokens off`, and no header of the app with a version"
        require(not leaks, "no version", f"{', '.join(leaks)} ({place})", remedy)
    return f"Server: {found['page'].get('Server') or 'none'}"


def dotfiles(site: Site) -> str:
    """Dotfiles are refused"""
    paths = ("/.env", "/%2eenv", "/.git/config", "/.git/HEAD", "/assets/.env")
    for path in paths:
        reply = site.get(path, **NAVIGATION)
        refused = reply.status in (403, 404)
        require(
            refused, f"404 for {path}", reply, "refuse every path with a part that begins with ."
        )
    return f"{len(paths)} paths refused"


def traversal(site: Site) -> str:
    """Path traversal is refused"""
    up, coded = "../" * 4, "..%2f" * 4
    paths = [f"/{up}etc/passwd", f"/assets/{up}etc/passwd", f"/assets/{coded}etc/passwd"]
    paths += ["/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/assets../nginx.conf", "/assets..%2fnginx.conf"]
    for path in paths:
        reply = site.get(path)
        # A proxy in between may resolve the dots; then the page is a harmless answer.
        refused = 300 <= reply.status < 500 or reply.body == site.page.body
        remedy = "200: check root and alias; 500: the error page needs a URI, and there is none"
        require(refused, f"400 or 404 for {path}", reply, remedy)
    return f"{len(paths)} paths refused"


def forged(site: Site) -> str:
    """Forged headers redirect nowhere"""
    forgeries = [{}, {"Host": ELSEWHERE}, {"X-Forwarded-Host": ELSEWHERE}]
    forgeries += [{"X-Forwarded-Proto": scheme} for scheme in ("http", "https")]
    for headers in forgeries:
        for path in ("/", "/assets", f"//{ELSEWHERE}/%2e%2e", site.unknown_api):
            reply = site.get(path, **headers)
            to = urljoin(site.origin, reply.get("Location"))
            at_home = f"{to}/".lower().startswith((f"{site.origin}/", f"https://{site.host}/"))
            seen = f"{reply.status} to {to} for {headers or 'no forgery'}"
            remedy = "`absolute_redirect off`; take scheme and host from trusted proxies only"
            if not headers and site.takes_https_for_http(reply.get("Location"), path):
                remedy = UNTRUSTED
            require(at_home and to != site.origin + path, f"{path} to stay here", seen, remedy)
    return f"{len(forgeries)} kinds of headers"


def bad_request(site: Site) -> str:
    """Malformed request is a 400 at once"""
    remedy = "a proxy in front accepts malformed requests, which allows request smuggling"
    try:
        reply = site.send_raw("GET / HTTP/1.1\r\nContent-Length: nonsense")
    except TimeoutError:
        raise Failed("400", "no answer at all", remedy) from None
    except (ConnectionError, http.client.BadStatusLine):
        return "connection closed"
    require(400 <= reply.status < 500, "400", reply, remedy)
    return str(reply)


def burst(site: Site) -> str:
    """50 requests, 10 at a time, all succeed"""

    def visitor(_: int) -> list[tuple[float, str]]:
        seen, connection = [], site.connect()
        for path in ("/", "/livez", "/", "/livez", "/"):
            begin = time.perf_counter()
            try:
                reply = site.send(connection, path)
                failure = "" if reply.status == 200 else f"{reply.status} for {path}"
            except NO_RESPONSE as error:
                failure = explain(error)[0]
                connection.close()  # http.client reconnects for the next request
            seen.append((time.perf_counter() - begin, failure))
        connection.close()
        return seen

    with ThreadPoolExecutor(10) as pool:
        done = [one for seen in pool.map(visitor, range(10)) for one in seen]
    failures = [failure for _, failure in done if failure]
    remedy = "a limit is too low for many people behind one address, or workers die: see the log"
    require(not failures, "50 times 200", f"{len(failures)} failed: {failures[:1]}", remedy)
    times = sorted(seconds for seconds, _ in done)
    return f"p50 {milliseconds(times[24])}, p95 {milliseconds(times[47])}"


Check = Callable[[Site], str]
CHECKS: dict[str, tuple[Check, ...]] = {
    "Health": (livez, readyz, database),
    "TLS": (certificate, http_redirect, hsts),  # for https only
    "Page": (page, conditional, deep_link, missing_file, env_js),
    "Assets": (immutable, gzipped, brotli, missing_asset),
    "API": (api_problem, oversized),
    "Security": (security_headers, versions, dotfiles, traversal, forged, bad_request),
    "Connections": (head, keep_alive, burst),
}
# Without a build the app answers every path, such as /.env, as it likes.
OF_FRONTEND = {*CHECKS["Page"], *CHECKS["Assets"], dotfiles}
WIDTH = max(len(check.__doc__ or "") for checks in CHECKS.values() for check in checks)


@dataclasses.dataclass(frozen=True)
class Result:
    """The result of one check; `status` is pass, fail or skip, `ms` milliseconds."""

    group: str
    check: str
    name: str
    status: str
    seen: str
    expected: str | None
    remedy: str | None
    ms: float


def run(group: str, check: Check, site: Site) -> Result:
    """Run one check. An exception in it is a failure of this check only."""
    begin, status, expected, remedy = time.perf_counter(), "fail", None, None
    try:
        seen = check(site)
        status = "pass"
    except Skipped as reason:
        status, seen = "skip", str(reason)
    except Failed as failure:
        expected, seen, remedy = failure.args
    except Exception as error:  # a bug in one check must not stop the others
        seen, remedy = explain(error)
        expected = "an answer"
    ms = round((time.perf_counter() - begin) * 1000, 1)
    seen = printable(seen)
    return Result(group, check.__name__, check.__doc__ or "", status, seen, expected, remedy, ms)


def explain(error: Exception) -> tuple[str, str]:
    """Why a request got no response, and what to do about it."""
    for kind, meaning, remedy in CAUSES:
        if isinstance(error, kind):
            detail = getattr(error, "verify_message", "")
            return f"{meaning}: {detail}" if detail else meaning, remedy
    if isinstance(error, OSError) and error.strerror:
        return error.strerror, "look at the network and the log"
    return f"{type(error).__name__}: {error}", "please report this, with the URL"


def wait_ready(site: Site, seconds: float) -> None:
    """Return once /readyz answers 200, or after `seconds`; the checks then report the reason."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        with contextlib.suppress(*NO_RESPONSE):
            if site.get("/readyz").status == 200:
                return
        time.sleep(min(0.25, left))


def size(count: float) -> str:
    """A number of bytes with its unit, rounded for people."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.1f} {unit}" if unit != "B" and count < 10 else f"{count:.0f} {unit}"
        count /= 1024
    return f"{count:.0f} GB"


def milliseconds(seconds: float) -> str:
    """A duration in ms, with a decimal below 10 ms."""
    return f"{seconds * 1000:.1f} ms" if seconds < 0.00995 else f"{seconds * 1000:.0f} ms"


def printable(text: str, limit: int = 160) -> str:
    """A server's text for one line: without control characters, at most `limit` characters."""
    clean = "".join(char if char.isprintable() else " " for char in text).strip()
    return clean if len(clean) <= limit else f"{clean[: limit - 1]}…"


def paint(text: str, code: str) -> str:
    """`text` in a colour, if standard output is a terminal and NO_COLOR is not set."""
    plain = not code or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return text if plain or not sys.stdout.isatty() else f"\033[{code}m{text}\033[0m"


def print_line(text: str) -> None:
    """Print a line at once, with ASCII marks if the terminal's encoding lacks ours."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeError:
        text = text.translate({ord("✓"): "+", ord("✗"): "x", ord("·"): "-", ord("→"): "->"})
        text = text.encode(encoding, "replace").decode(encoding)
    print(text, flush=True)


def show(result: Result) -> None:
    """Print one check: mark, name, what was seen, time; for a failure also what was expected."""
    mark, colour = {"pass": ("✓", "32"), "fail": ("✗", "1;31"), "skip": ("·", "2")}[result.status]
    text = "" if result.status == "pass" else colour
    seen = "" if result.status == "fail" else printable(result.seen, 48)
    took = paint(f"{milliseconds(result.ms / 1000):>8}", "2")
    print_line(
        f"  {paint(mark, colour)} {paint(f'{result.name:<{WIDTH}}  {seen:<36}', text)} {took}"
    )
    if result.status == "fail":
        print_line(f"    expected {result.expected}, saw {result.seen} → {result.remedy}")


def split(url: str) -> SplitResult:
    """The parts of a site's URL. Raises `UsageError` for any other URL."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        host.encode("idna")
    except ValueError:
        raise UsageError("this is not a URL; write it like https://example.com") from None
    if (
        parts.scheme not in ("http", "https")
        or not host
        or not re.fullmatch(r"[^\x00-\x20\x7f\\]+", url)
    ):
        raise UsageError("the URL must begin with http:// or https://, as in https://example.com")
    if "@" in parts.netloc:
        raise UsageError("remove user and password from the URL: the checks send neither")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        whole = f"{parts.scheme}://{parts.netloc}"
        raise UsageError(f"the checks need the URL of a whole site: write {whole} without a path")
    return parts


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that raises `UsageError`, which becomes one line and status 64."""

    def error(self, message: str) -> NoReturn:
        raise UsageError("no URL given" if "required: URL" in message else message)


def parse(prog: str, argv: list[str] | None) -> argparse.Namespace:
    """Parse and check the command line. Raises `UsageError`."""
    parser = Parser(
        prog=prog,
        description="Check a running deployment from outside: named checks, with timings.",
        epilog="exit status: 0 all passed, 1 a check failed or nothing answers, 64 usage",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("url", metavar="URL", help="the site, such as https://example.com")
    add("--timeout", type=float, default=10.0, metavar="SECONDS", help="per request, default 10")
    add("--wait", type=float, default=0.0, metavar="SECONDS", help="wait for /readyz first")
    add("--api-path", default="/api", metavar="PATH", help="a path of the backend, default /api")
    add("--no-frontend", action="store_true", help="without a React build: Flask renders the pages")
    add("--json", action="store_true", help="print one JSON document instead of lines")
    options = parser.parse_args(argv)
    if not (math.isfinite(options.timeout) and options.timeout > 0):
        raise UsageError("--timeout must be more than 0 seconds")
    if not (math.isfinite(options.wait) and options.wait >= 0):
        raise UsageError("--wait must be 0 or more seconds")
    if not re.fullmatch(r"/[!-~]*", options.api_path) or re.search("[?#]", options.api_path):
        raise UsageError("--api-path must be a path such as /api")
    return options


def report(prog: str, site: Site, options: argparse.Namespace) -> int:
    """Wait if asked to, check that the site answers, run every check, print. Returns 0 or 1."""
    begin, results = time.monotonic(), []
    document: dict[str, Any] = {"url": site.origin, "passed": False}
    wait_ready(site, options.wait)
    try:
        location = site.get("/").get("Location")
        target = urljoin(f"{site.origin}/", location)
        untrusted = site.takes_https_for_http(location, "/")
        away = untrusted or not target.lower().startswith(f"{site.origin}/")
        document["error"] = f"redirects to {printable(target)}"
        remedy = UNTRUSTED if untrusted else "check that site instead"
    except NO_RESPONSE as error:
        away = True
        document["error"], remedy = explain(error)
    if away:
        if options.json:
            print(json.dumps(document))
        print(f"{prog}: {site.origin}: {document['error']}; {remedy}", file=sys.stderr)
        return 1
    if not options.json:
        print_line(paint(site.origin, "1"))
    left_out = OF_FRONTEND if options.no_frontend else set()
    for group, known in CHECKS.items():
        checks = [check for check in known if check not in left_out]
        if not checks or (group == "TLS" and site.scheme != "https"):
            continue
        if not options.json:
            print_line(f"\n{paint(group, '1')}")
        for check in checks:
            results.append(run(group, check, site))
            if not options.json:
                show(results[-1])
    spent = time.monotonic() - begin
    failed = sum(result.status == "fail" for result in results)
    run_count = sum(result.status != "skip" for result in results)
    if options.json:
        del document["error"]
        document |= {"passed": not failed, "seconds": round(spent, 3)}
        document["checks"] = [dataclasses.asdict(result) for result in results]
        print(json.dumps(document, indent=2))
    else:
        line = (
            f"{run_count - failed} of {run_count} checks passed in "
            f"{spent:.{1 if spent >= 1 else 2}f} s"
        )
        skipped = f", {len(results) - run_count} skipped" if run_count < len(results) else ""
        print_line("\n" + paint(line, "1;31" if failed else "1;32") + paint(skipped, "2"))
    return 1 if failed else 0


def main(argv: list[str] | None = None) -> int:
    """Check the URL in `argv` (default: the process's arguments). Returns the exit status."""
    prog = "smoke.py" if __name__ == "__main__" else "demijohn smoke"
    try:
        options = parse(prog, argv)
        status = report(prog, Site(options.url, options.timeout, options.api_path), options)
        sys.stdout.flush()
        return status
    except UsageError as error:
        print(f"{prog}: {error} (see `{prog} --help`)", file=sys.stderr)
        return 64
    except SystemExit:  # --help
        return 0
    except KeyboardInterrupt:
        return 130
    except OSError as error:  # `smoke URL | head`: the interpreter must not print it again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if not isinstance(error, BrokenPipeError):
            print(f"{prog}: standard output: {error.strerror}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
