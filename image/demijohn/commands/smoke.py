"""`demijohn smoke URL`: proves a running deployment from outside, one named check after another.

One file, standard library only, nothing imported from the package around it: `python smoke.py URL`
runs wherever there is Python 3.11. It asks what any Flask + React app behind this image's Nginx
must answer, knows nothing about the app itself, and changes no data.

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
PLAIN_PORT = 80  # where browsers try http
BODY_LIMIT = 64 * 2**20  # bytes read of one answer: an endless stream must not fill the memory
DECLARED = 10 * 2**30  # bytes announced, never sent, by the check of the body limit
NAVIGATION = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Mode": "navigate"}
UNTRUSTED = (  # how https ends where Nginx does not trust the proxy that speaks it
    "Nginx takes https for http, as it does not trust the proxy in front of it: set "
    "TRUSTED_PROXIES, mostly to private (the log names the proxy, `demijohn doctor` too)"
)
ELSEWHERE = "smoke.invalid"  # RFC 2606: a name that can never be anybody's
ASSET = re.compile(r"""\b(?:src|href)=["']?([^"'\s>]+\.(?:m?js|css)(?:\?[^"'\s>]*)?)""", re.I)
LEAK = re.compile(r"\b(?:nginx|openresty|gunicorn|uwsgi|werkzeug|flask|python)/\d[\w.]*", re.I)
BROKEN = (OSError, http.client.HTTPException)  # a request that ended without an answer
TROUBLE = (  # the first that fits; what it means, what to do
    (socket.gaierror, "the name does not resolve", "check its spelling and the DNS record"),
    (ConnectionRefusedError, "connection refused", "is it running, and is the port right?"),
    (
        ssl.SSLCertVerificationError,
        "certificate not accepted",
        "mend the certificate, or name your own authority in SSL_CERT_FILE",
    ),
    (ssl.SSLError, "no TLS", "does this port speak plain http?"),
    (TimeoutError, "no answer in time", "look at the log, or raise --timeout"),
    (ConnectionError, "closed without an answer", "look at the log; does the port want https?"),
    (http.client.BadStatusLine, "an answer that is not HTTP", "is the port right?"),
    (http.client.IncompleteRead, "the answer broke off half-way", "look at the log"),
)


class Failed(Exception):
    """A check's verdict; its arguments are expected, seen, and what most likely mends it."""


class Skipped(Exception):
    """The check does not apply here; the message says why."""


class UsageError(Exception):
    """The command line cannot be meant; the message says what to write instead."""


def need(ok: object, expected: str, seen: object, remedy: str) -> None:
    """Raise `Failed` unless `ok`."""
    if not ok:
        raise Failed(expected, str(seen) or "none", remedy)


@dataclasses.dataclass(frozen=True)
class Reply:
    """One HTTP answer, its body read."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def get(self, name: str) -> str:
        """All values of a header joined as one, or an empty string."""
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
    """The deployment under test, and the requests one can make of it.

    `timeout` is in seconds, for one request; `api` is a path that leads to the backend.
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
        """A fresh connection, TLS done."""
        at, wait = (self.host, self.port), self.timeout
        link = http.client.HTTPConnection(*at, timeout=wait)
        if self.scheme == "https":
            link = http.client.HTTPSConnection(*at, timeout=wait, context=self.tls)
        link.connect()
        return link

    def ask(self, link: http.client.HTTPConnection, path: str, *, method: str = "GET",
            headers: dict[str, str] | None = None) -> Reply:  # fmt: skip
        """One request on a connection that may serve for more."""
        link.request(method, path, headers={"User-Agent": "demijohn-smoke", **(headers or {})})
        return self.read(link.getresponse())

    def get(self, path: str, method: str = "GET", **headers: str) -> Reply:
        """One request on a connection of its own; `_` in a header's name stands for a hyphen."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        link = self.connect()
        try:
            return self.ask(link, path, method=method, headers=named)
        finally:
            link.close()

    def raw(self, request: str) -> Reply:
        """Send what no HTTP library would, with a Host, and read the answer."""
        link = self.connect()
        line, _, rest = request.partition("\r\n")
        try:
            link.sock.sendall(f"{line}\r\nHost: {self.netloc}\r\n{rest}\r\n\r\n".encode())
            response = http.client.HTTPResponse(link.sock, method="GET")
            response.begin()
            return self.read(response)
        finally:
            link.close()

    def read(self, response: http.client.HTTPResponse) -> Reply:
        """Read the body within the timeout, however slowly it drips."""
        deadline, body = time.monotonic() + self.timeout, bytearray()
        while chunk := response.read1(2**16):
            body += chunk
            if len(body) > BODY_LIMIT:
                raise OSError(0, f"an answer of more than {size(BODY_LIMIT)}")
            if time.monotonic() > deadline:
                raise TimeoutError
        if response.length:  # read1, unlike read, is silent about a body that ends too early,
            raise http.client.IncompleteRead(bytes(body), response.length)
        response.read()  # and does not hand the connection back
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
        """Paths of this site's scripts and style sheets in a page, those under /assets/ first."""
        links = [urljoin(f"{self.origin}/", x) for x in ASSET.findall(page.body.decode("latin-1"))]
        paths = [x[len(self.origin) :] for x in links if x.lower().startswith(f"{self.origin}/")]
        return sorted(
            (path for path in paths if path != "/env.js"),
            key=lambda x: not x.startswith("/assets/"),
        )

    @cached_property
    def asset(self) -> str:
        """Path of a script or style sheet of the page; `Skipped` where there is none."""
        for path in self.assets(self.page):
            return path
        raise Skipped("the page loads no script or style sheet of its own")

    @cached_property
    def places(self) -> dict[str, Reply]:
        """One answer of each kind: found and missing, from the disk and from the backend."""
        paths = {"page": "/", "missing file": f"{self.unknown}.png", "API": self.unknown_api}
        paths |= {"missing asset": f"/assets{self.unknown}.js", "probe": "/livez"}
        paths |= dict(zip(("asset",), self.assets(self.page), strict=False))
        return {name: self.get(path) for name, path in paths.items()}


def livez(site: Site) -> str:
    """/livez and /up answer"""
    for path in ("/livez", "/up"):  # not /healthz: Google's front ends keep that for themselves
        answered = probe(site, path, "Gunicorn does not answer: read the container's log")
    return answered


def readyz(site: Site) -> str:
    """/readyz says ready"""
    return probe(site, "/readyz", "it is starting or stopping: use --wait 60 right after a deploy")


def database(site: Site) -> str:
    """The database answers"""
    remedy = "the database does not answer: run `demijohn doctor` inside the container"
    return probe(site, "/healthz/database", remedy)


def probe(site: Site, path: str, remedy: str) -> str:
    """What a probe answers, which must be 200 and JSON: a page of the frontend proves nothing."""
    reply = site.get(path)
    seen = f"{reply} {reply.body.decode(errors='replace') if reply.is_object() else ''}"
    if reply.kind == "text/html" and reply.status == 200:
        remedy = f"send {path} to the backend, not to React"
    need(reply.status == 200 and reply.is_object(), f"200 and JSON at {path}", seen, remedy)
    return str(reply)


def certificate(site: Site) -> str:
    """TLS certificate is good for a while"""
    link = site.connect()
    try:
        found: dict[str, Any] = link.sock.getpeercert() or {}  # type: ignore[union-attr]
    finally:
        link.close()
    begin, end = (ssl.cert_time_to_seconds(found[key]) for key in ("notBefore", "notAfter"))
    left = (end - time.time()) / DAY
    # Certificates that live for six days are renewed late too: a fifth of their life is fair.
    least = min(7.0, (end - begin) / DAY / 5)
    remedy = "renewal is stuck: look at the host's certificate page"
    need(left > least, f"more than {least:.0f} days", f"{left:.1f} days left", remedy)
    return f"{left:.0f} days left"


def http_redirect(site: Site) -> str:
    """Plain http redirects to https"""
    if site.port != 443:
        raise Skipped(f"port {site.port} says nothing of {PLAIN_PORT}")
    link = http.client.HTTPConnection(site.host, PLAIN_PORT, timeout=site.timeout)
    try:
        link.connect()
    except OSError:
        raise Skipped(f"nothing listens on port {PLAIN_PORT}") from None
    reply = site.ask(link, "/")
    link.close()
    target = reply.get("Location")
    moved = reply.status in (301, 302, 307, 308) and target.startswith("https://")
    remedy = "let the host force https (force_https in fly.toml)"
    need(moved, "a redirect to https", f"{reply} {target}", remedy)
    return f"{reply.status} to {target}"


def hsts(site: Site) -> str:
    """Browsers are told to stay on https"""
    values = [site.places[place].get("Strict-Transport-Security") for place in ("page", "API")]
    told = all(re.search(r"max-age=\"?[1-9]", value, re.I) for value in values)
    need(told, "Strict-Transport-Security on page and API", " / ".join(values), UNTRUSTED)
    return values[0]


def keep_alive(site: Site) -> str:
    """Connections are kept alive"""
    link = site.connect()
    first = link.sock
    try:
        site.ask(link, "/")
        remedy = "keepalive_timeout, or a proxy that closes: each request then pays a handshake"
        need(link.sock is first, "a second request on a connection", "closed after one", remedy)
        begin = time.perf_counter()
        site.ask(link, "/")
        return f"second request took {milliseconds(time.perf_counter() - begin)}"
    finally:
        link.close()


def head(site: Site) -> str:
    """HEAD says what GET says"""
    paths = ["/", *site.assets(site.page)[:1]]
    for path in paths:
        full, short = site.get(path), site.get(path, "HEAD")
        need(short.status == full.status, f"{full.status} for {path}", short, "let HEAD through")
        for name in ("Content-Type", "Cache-Control", "ETag", "Content-Length"):
            values = full.get(name), short.get(name)
            # A body sent in chunks has no length that it could announce.
            same = values[0] == values[1] or (name == "Content-Length" and not all(values))
            need(same, f"{name}: {values[0]} for {path}", values[1], "answer HEAD as GET")
    return f"{len(paths)} paths agree"


def page(site: Site) -> str:
    """Page is HTML and always revalidated"""
    reply, cached = site.get("/", **NAVIGATION), "Nginx must send it, a proxy may strip it"
    html = reply.status == 200 and reply.kind == "text/html"
    need(html, "200 text/html", reply, "the React build is missing or lies in another folder")
    policy = reply.get("Cache-Control")
    need(re.search(r"no-cache|max-age=0\b", policy), "Cache-Control: no-cache", policy, cached)
    need(reply.get("ETag"), "an ETag", "none", cached)
    return f"{reply}, {size(len(reply.body))}"


def conditional(site: Site) -> str:
    """Unchanged page costs only a 304"""
    etag = site.page.get("ETag")
    need(etag, "an ETag to ask with", "none", "Nginx must send it, a proxy may strip it")
    reply = site.get("/", If_None_Match=etag, **NAVIGATION)
    need(reply.status == 304, "304", reply, "do the instances serve different builds?")
    return f"304 for {etag}"


def deep_link(site: Site) -> str:
    """Deep link gives the page"""
    reply, links = site.get(f"{site.unknown}/deep", **NAVIGATION), site.assets(site.page)
    # A proxy may write a token into every page: the same assets are as good as the same bytes.
    same = reply.body == site.page.body or (links and site.assets(reply) == links)
    found = reply.status == 200 and reply.kind == "text/html" and same
    remedy = "navigations to unknown paths must fall back to /index.html"
    need(found, "200 and the same page as /", reply, remedy)
    return str(reply)


def missing_file(site: Site) -> str:
    """Missing file is a 404, not the page"""
    reply = site.get(f"{site.unknown}.png", **NAVIGATION)
    need(reply.status == 404, "404", reply, "only paths without an extension may get the page")
    remedy = "the error page keeps the type of the extension: browsers show a broken image"
    need(reply.kind != "image/png", "an error page in HTML", reply, remedy)
    return str(reply)


def env_js(site: Site) -> str:
    """/env.js is JavaScript and never stale"""
    reply = site.get("/env.js")
    script = reply.status == 200 and "javascript" in reply.kind
    need(script, "200 and JavaScript", reply, "Nginx must serve the /env.js written at boot")
    policy, changing = reply.get("Cache-Control"), "PUBLIC_* variables change without a build"
    fresh = re.search(r"no-cache|no-store|max-age=0\b", policy)
    need(fresh, "Cache-Control: no-cache", policy, changing)
    return f"{reply}, {size(len(reply.body))}"


def immutable(site: Site) -> str:
    """Asset is immutable for a year"""
    path = site.asset
    if not path.startswith("/assets/"):
        raise Skipped("the page loads nothing from /assets/")
    reply, kind = site.get(path), "css" if ".css" in path else "javascript"
    stale = "page and assets come from different builds"
    need(reply.status == 200 and kind in reply.kind, f"200 and {kind} for {path}", reply, stale)
    policy = reply.get("Cache-Control")
    ages = [int(age) for age in re.findall(r"max-age=(\d+)", policy)]
    kept = "immutable" in policy and ages and min(ages) >= 365 * DAY
    need(kept, "immutable, max-age=31536000", policy, "does a proxy rewrite Cache-Control?")
    return f"{path.rpartition('/')[2]}, {size(len(reply.body))}"


def packed(site: Site, accept: str) -> tuple[bytes, bytes, str]:
    """An asset as it is, as it comes for an Accept-Encoding, and the encoding it then has."""
    plain, small = site.get(site.asset), site.get(site.asset, Accept_Encoding=accept)
    for reply in (plain, small):
        found = reply.status == 200
        need(found, f"200 for {site.asset}", reply, "page and assets come from different builds")
    unasked, coding = plain.get("Content-Encoding"), small.get("Content-Encoding")
    need(not unasked, "plain bytes where nothing else is asked", unasked, "a cache ignores Vary")
    told = not coding or "accept-encoding" in small.get("Vary").lower()
    need(told, "Vary: Accept-Encoding", small.get("Vary"), "`gzip_vary on` in nginx.conf")
    return plain.body, small.body, coding


def gzipped(site: Site) -> str:
    """Asset comes compressed by gzip"""
    plain, small, coding = packed(site, "gzip")
    if not coding and len(plain) < 1024:
        raise Skipped(f"not worth it for {size(len(plain))}")
    need(coding == "gzip", "Content-Encoding: gzip", coding, "`gzip_static on`, else `gzip on`")
    try:
        same = gzip.decompress(small) == plain
    except (OSError, EOFError, zlib.error):
        same = False
    need(same, "the asset, once unpacked", "other bytes", "the .gz file beside it is stale")
    return f"{size(len(plain))} as {size(len(small))}"


def brotli(site: Site) -> str:
    """Asset comes compressed by brotli"""
    plain, small, coding = packed(site, "gzip, deflate, br")
    if coding != "br":  # an Nginx without the module is a fair choice: gzip has its own check
        raise Skipped(f"no brotli here, but {coding or 'plain bytes'}")
    seen = f"{size(len(plain))} as {size(len(small))}"
    need(0 < len(small) < len(plain), "fewer bytes", seen, "the .br file beside it is broken")
    return seen


def missing_asset(site: Site) -> str:
    """Missing asset is a 404, not the page"""
    reply = site.get(f"/assets{site.unknown}.js", **NAVIGATION)
    need(reply.status == 404, "404", reply, "/assets/ must never fall back to /index.html")
    kept = "immutable" in reply.get("Cache-Control")
    need(not kept, "a 404 nobody keeps", "immutable", "mark only an asset that is found")
    return str(reply)


def api_problem(site: Site) -> str:
    """Unknown API path is the app's 404"""
    reply = site.get(site.unknown_api, **NAVIGATION)
    remedy = f"{site.unknown_api} must reach the backend, not the frontend (--api-path?)"
    seen = f"{reply} {reply.get('Location')}"
    if site.takes_https_for_http(reply.get("Location"), site.unknown_api):
        remedy = UNTRUSTED
    need(400 <= reply.status < 500, "404, best as application/problem+json", seen, remedy)
    return str(reply)


def oversized(site: Site) -> str:
    """Oversized body is a 413 before it is sent"""
    request = f"POST {site.unknown_api} HTTP/1.1\r\nContent-Length: {DECLARED}\r\n"
    remedy = "set DEMIJOHN_MAX_BODY_SIZE; or a proxy before it waits for the whole body"
    try:
        reply = site.raw(f"{request}Expect: 100-continue\r\nContent-Type: application/json")
    except TimeoutError:
        raise Failed("413", f"waits for {size(DECLARED)}", remedy) from None
    need(reply.status == 413, f"413 for {size(DECLARED)}", reply, remedy)
    return str(reply)


def security_headers(site: Site) -> str:
    """Security headers are on every answer"""
    lacking = []
    for place, reply in site.places.items():
        policy = reply.get("Content-Security-Policy")
        present = {
            "Content-Security-Policy": policy,
            "nosniff": "nosniff" in reply.get("X-Content-Type-Options").lower(),
            "Referrer-Policy": reply.get("Referrer-Policy"),
            "frame-ancestors": "frame-ancestors" in policy or reply.get("X-Frame-Options"),
        }
        absent = [name for name, value in present.items() if not value]
        lacking += [f"{place} without {', '.join(absent)}"] if absent else []
    remedy = "an add_header inside a location drops the inherited ones, and needs `always`"
    need(not lacking, "CSP, nosniff, Referrer-Policy, framing", "; ".join(lacking), remedy)
    return f"on {len(site.places)} kinds of answer"


def versions(site: Site) -> str:
    """No software version leaks"""
    found = dict(site.places)
    with contextlib.suppress(*BROKEN):  # closed without a word leaks nothing
        found["malformed request"] = site.raw("GET / HTTP/1.1\r\nContent-Length: nonsense")
    for place, reply in found.items():
        text = "\n".join(reply.headers.values())
        if reply.status >= 400:
            text += reply.body.decode(errors="replace")
        leaks = LEAK.findall(text) + reply.headers.get_all("X-Powered-By", [])
        remedy = "`server_tokens off`, and hide what the backend says of itself"
        need(not leaks, "no version", f"{', '.join(leaks)} ({place})", remedy)
    return f"Server: {found['page'].get('Server') or 'none'}"


def dotfiles(site: Site) -> str:
    """Dotfiles are refused"""
    paths = ("/.env", "/%2eenv", "/.git/config", "/.git/HEAD", "/assets/.env")
    for path in paths:
        reply = site.get(path, **NAVIGATION)
        refused = reply.status in (403, 404)
        need(refused, f"404 for {path}", reply, "refuse every path with a part that begins with .")
    return f"{len(paths)} paths refused"


def traversal(site: Site) -> str:
    """Path traversal is refused"""
    up, coded = "../" * 4, "..%2f" * 4
    paths = [f"/{up}etc/passwd", f"/assets/{up}etc/passwd", f"/assets/{coded}etc/passwd"]
    paths += ["/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/assets../nginx.conf", "/assets..%2fnginx.conf"]
    for path in paths:
        reply = site.get(path)
        # A proxy on the way may resolve the dots; then the page is a harmless answer.
        refused = 300 <= reply.status < 500 or reply.body == site.page.body
        remedy = (
            "200: check root and alias; 500: an error page that needs a URI where there is none"
        )
        need(refused, f"400 or 404 for {path}", reply, remedy)
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
            remedy = "`absolute_redirect off`; take scheme and host from the edge alone"
            if not headers and site.takes_https_for_http(reply.get("Location"), path):
                remedy = UNTRUSTED
            need(at_home and to != site.origin + path, f"{path} to stay here", seen, remedy)
    return f"{len(forgeries)} kinds of headers"


def bad_request(site: Site) -> str:
    """Malformed request is a 400 at once"""
    remedy = "something in front reads requests loosely, which lets them be smuggled"
    try:
        reply = site.raw("GET / HTTP/1.1\r\nContent-Length: nonsense")
    except TimeoutError:
        raise Failed("400", "no answer at all", remedy) from None
    except (ConnectionError, http.client.BadStatusLine):
        return "connection closed"
    need(400 <= reply.status < 500, "400", reply, remedy)
    return str(reply)


def burst(site: Site) -> str:
    """50 requests, 10 at a time, all succeed"""

    def visitor(_: int) -> list[tuple[float, str]]:
        seen, link = [], site.connect()
        for path in ("/", "/livez", "/", "/livez", "/"):
            begin = time.perf_counter()
            try:
                reply = site.ask(link, path)
                trouble = "" if reply.status == 200 else f"{reply.status} for {path}"
            except BROKEN as error:
                trouble = explain(error)[0]
                link.close()  # http.client connects anew for the next one
            seen.append((time.perf_counter() - begin, trouble))
        link.close()
        return seen

    with ThreadPoolExecutor(10) as pool:
        done = [one for seen in pool.map(visitor, range(10)) for one in seen]
    troubles = [trouble for _, trouble in done if trouble]
    remedy = "limits too tight for many people behind one address, or workers die: see the log"
    need(not troubles, "50 times 200", f"{len(troubles)} failed: {troubles[:1]}", remedy)
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
WIDTH = max(len(check.__doc__ or "") for checks in CHECKS.values() for check in checks)


@dataclasses.dataclass(frozen=True)
class Result:
    """What came of one check; `status` is pass, fail or skip, `ms` milliseconds."""

    group: str
    check: str
    name: str
    status: str
    seen: str
    expected: str | None
    remedy: str | None
    ms: float


def run(group: str, check: Check, site: Site) -> Result:
    """Run one check; whatever goes wrong in it is its own failure and stops no other."""
    begin, status, expected, remedy = time.perf_counter(), "fail", None, None
    try:
        seen = check(site)
        status = "pass"
    except Skipped as reason:
        status, seen = "skip", str(reason)
    except Failed as failure:
        expected, seen, remedy = failure.args
    except Exception as error:  # a mistake here must not hide the other checks
        seen, remedy = explain(error)
        expected = "an answer"
    ms = round((time.perf_counter() - begin) * 1000, 1)
    seen = printable(seen)
    return Result(group, check.__name__, check.__doc__ or "", status, seen, expected, remedy, ms)


def explain(error: Exception) -> tuple[str, str]:
    """What a broken request means, and what to do about it."""
    for kind, words, remedy in TROUBLE:
        if isinstance(error, kind):
            detail = getattr(error, "verify_message", "")
            return f"{words}: {detail}" if detail else words, remedy
    if isinstance(error, OSError) and error.strerror:
        return error.strerror, "look at the network and the log"
    return f"{type(error).__name__}: {error}", "please report this, with the URL"


def wait_ready(site: Site, seconds: float) -> None:
    """Return once /readyz says 200, or when the time is over; the checks then say what is wrong."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        with contextlib.suppress(*BROKEN):
            if site.get("/readyz").status == 200:
                return
        time.sleep(min(0.25, left))


def size(count: float) -> str:
    """Bytes as people say them."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.1f} {unit}" if unit != "B" and count < 10 else f"{count:.0f} {unit}"
        count /= 1024
    return f"{count:.0f} GB"


def milliseconds(seconds: float) -> str:
    """A duration in ms, with one digit more where it is short."""
    return f"{seconds * 1000:.1f} ms" if seconds < 0.00995 else f"{seconds * 1000:.0f} ms"


def printable(text: str, limit: int = 160) -> str:
    """What a server said, fit for one line: no control characters, not endless."""
    clean = "".join(char if char.isprintable() else " " for char in text).strip()
    return clean if len(clean) <= limit else f"{clean[: limit - 1]}…"


def paint(text: str, code: str) -> str:
    """`text` in a colour, on a terminal that wants one."""
    plain = not code or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return text if plain or not sys.stdout.isatty() else f"\033[{code}m{text}\033[0m"


def say(text: str) -> None:
    """Print a line at once, in ASCII where the terminal's encoding knows no more."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeError:
        text = text.translate({ord("✓"): "+", ord("✗"): "x", ord("·"): "-", ord("→"): "->"})
        text = text.encode(encoding, "replace").decode(encoding)
    print(text, flush=True)


def show(result: Result) -> None:
    """One check: mark, name, what was seen, time; below a failure, what it means."""
    mark, colour = {"pass": ("✓", "32"), "fail": ("✗", "1;31"), "skip": ("·", "2")}[result.status]
    text = "" if result.status == "pass" else colour
    seen = "" if result.status == "fail" else printable(result.seen, 48)
    took = paint(f"{milliseconds(result.ms / 1000):>8}", "2")
    say(f"  {paint(mark, colour)} {paint(f'{result.name:<{WIDTH}}  {seen:<36}', text)} {took}")
    if result.status == "fail":
        say(f"    expected {result.expected}, saw {result.seen} → {result.remedy}")


def split(url: str) -> SplitResult:
    """The parts of a URL that names a whole site; `UsageError` for any other."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        host.encode("idna")
    except ValueError:
        raise UsageError("this is no URL; write it like https://example.com") from None
    if (
        parts.scheme not in ("http", "https")
        or not host
        or not re.fullmatch(r"[^\x00-\x20\x7f\\]+", url)
    ):
        raise UsageError("the URL must begin with http:// or https://, as in https://example.com")
    if "@" in parts.netloc:
        raise UsageError("leave user and password out of the URL: the checks send none")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        whole = f"{parts.scheme}://{parts.netloc}"
        raise UsageError(f"the checks are about a whole site: write {whole} without a path")
    return parts


class Parser(argparse.ArgumentParser):
    """argparse whose complaints become a `UsageError`, hence one line and status 64."""

    def error(self, message: str) -> NoReturn:
        raise UsageError("no URL given" if "required: URL" in message else message)


def parse(prog: str, argv: list[str] | None) -> argparse.Namespace:
    """The command line, understood and checked."""
    parser = Parser(
        prog=prog,
        description="Prove a running deployment from outside: named checks, with timings.",
        epilog="exit status: 0 all passed, 1 a check failed or nothing answers, 64 usage",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("url", metavar="URL", help="the site, such as https://example.com")
    add("--timeout", type=float, default=10.0, metavar="SECONDS", help="per request, default 10")
    add("--wait", type=float, default=0.0, metavar="SECONDS", help="first wait for /readyz")
    add("--api-path", default="/api", metavar="PATH", help="a path of the backend, default /api")
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
    """Wait if asked to, see that anything answers, run every check, print; 0 or 1."""
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
    except BROKEN as error:
        away = True
        document["error"], remedy = explain(error)
    if away:
        if options.json:
            print(json.dumps(document))
        print(f"{prog}: {site.origin}: {document['error']}; {remedy}", file=sys.stderr)
        return 1
    if not options.json:
        say(paint(site.origin, "1"))
    for group, checks in CHECKS.items():
        if group == "TLS" and site.scheme != "https":
            continue
        if not options.json:
            say(f"\n{paint(group, '1')}")
        for check in checks:
            results.append(run(group, check, site))
            if not options.json:
                show(results[-1])
    spent = time.monotonic() - begin
    failed = sum(result.status == "fail" for result in results)
    judged = sum(result.status != "skip" for result in results)
    if options.json:
        del document["error"]
        document |= {"passed": not failed, "seconds": round(spent, 3)}
        document["checks"] = [dataclasses.asdict(result) for result in results]
        print(json.dumps(document, indent=2))
    else:
        line = (
            f"{judged - failed} of {judged} checks passed in {spent:.{1 if spent >= 1 else 2}f} s"
        )
        apart = f", {len(results) - judged} skipped" if judged < len(results) else ""
        say("\n" + paint(line, "1;31" if failed else "1;32") + paint(apart, "2"))
    return 1 if failed else 0


def main(argv: list[str] | None = None) -> int:
    """Check the URL in `argv` (default: the process's own words); returns the exit status."""
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
    except OSError as error:  # `smoke URL | head`: the interpreter must not log_error when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if not isinstance(error, BrokenPipeError):
            print(f"{prog}: standard output: {error.strerror}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
