"""`demijohn smoke` against real servers on loopback that are right, or wrong in one way each."""

import gzip
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from demijohn import smoke

FILE = Path(__file__).resolve().parents[2] / "image" / "smoke.py"
PAGE = (
    b'<!doctype html><script src="/env.js"></script>'
    b'<script type="module" crossorigin src="/assets/index-a1.js"></script>'
    b'<link rel="stylesheet" href="/assets/index-b2.css"><a href="https://other.example/x.js">x</a>'
)
SCRIPT = b"export const words = 'many of them';\n" * 100
SECURITY = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Server": "nginx",
}


@dataclass
class Answer:
    """What a server is about to say; faults change it."""

    status: int
    kind: str
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: dict(SECURITY))
    after: float = 0  # seconds
    cut: int = 0  # bytes of the body that are announced and never sent


class Request(BaseHTTPRequestHandler):
    """Answers as the image's Nginx does, then lets the server's fault spoil the answer."""

    protocol_version = "HTTP/1.1"
    fault: Callable[["Request", Answer], None]

    def answer(self) -> Answer:
        path = unquote(urlsplit(self.path).path)
        length = self.headers.get("Content-Length", "0")
        problem = b'{"type": "/problems/not-found", "status": 404}'
        if not length.isdigit():
            answer = Answer(400, "text/html", b"bad request")
        elif int(length) > 10**7:
            answer = Answer(413, "application/problem+json", problem)
        elif ".." in path or "/." in path:
            answer = Answer(404, "text/html", b"not found")
        elif path in ("/healthz", "/readyz"):
            answer = Answer(200, "application/json", b'{"status": "ok"}')
        elif path.startswith("/api/"):
            answer = Answer(404, "application/problem+json", problem)
        elif path == "/env.js":
            answer = Answer(200, "text/javascript", b"window.env = {};")
            answer.headers["Cache-Control"] = "no-cache"
        elif path in ("/assets/index-a1.js", "/assets/index-b2.css"):
            answer = Answer(200, "text/css" if path.endswith("css") else "text/javascript", SCRIPT)
            answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
            answer.headers["Vary"] = "Accept-Encoding"
            if "gzip" in self.headers.get("Accept-Encoding", ""):
                answer.body = gzip.compress(SCRIPT)
                answer.headers["Content-Encoding"] = "gzip"
        elif "." in path or path.startswith("/assets/"):
            answer = Answer(404, "text/html", b"not found")
        else:
            same = self.headers.get("If-None-Match") == '"e1"'
            answer = Answer(304 if same else 200, "text/html; charset=utf-8", b"" if same else PAGE)
            answer.headers |= {"Cache-Control": "no-cache", "ETag": '"e1"'}
        return answer

    def do_GET(self) -> None:
        answer = self.answer()
        type(self).fault(self, answer)
        time.sleep(answer.after)
        if not answer.status:
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body) + answer.cut))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        if answer.cut or answer.headers.get("Connection") == "close":
            self.close_connection = True

    do_HEAD = do_POST = do_GET

    def handle_expect_100(self) -> bool:
        return True  # like Nginx: look at the length before asking for the body

    def log_message(self, *_: object) -> None:
        pass


Fault = Callable[[Request, Answer], None]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that gave up is no news


@contextmanager
def deployment(
    fault: Fault | None = None,
    tls: ssl.SSLContext | None = None,
    handler: type[Request] = Request,
) -> Iterator[str]:
    """The URL of a running server with a fault."""
    handler = type("Faulty", (handler,), {"fault": staticmethod(fault or (lambda *_: None))})
    server = Server(("127.0.0.1", 0), handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"{'https://localhost' if tls else 'http://127.0.0.1'}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


Results = dict[str, dict[str, str]]
Judge = Callable[..., tuple[int, Results]]


@pytest.fixture
def judge(capsys: pytest.CaptureFixture[str]) -> Judge:
    """A function that runs smoke and gives its status and its results by the check's name."""

    def run(url: str, *words: str) -> tuple[int, Results]:
        status = smoke.main([url, "--json", *words])
        document = json.loads(capsys.readouterr().out)
        assert document["passed"] is (status == 0)
        return status, {result["check"]: result for result in document["checks"]}

    return run


def failed(results: Results) -> set[str]:
    return {name for name, result in results.items() if result["status"] == "fail"}


def test_a_right_deployment_passes(judge: Judge) -> None:
    with deployment() as url:
        status, results = judge(url)
    assert failed(results) == set()
    assert status == 0
    assert len(results) >= 20
    assert results["brotli"]["status"] == "skip"
    assert "gzip" in results["brotli"]["seen"]


# The faults: each function spoils an answer, and names the checks that must turn red for it.
FAULTS: list[tuple[Fault, set[str]]] = []


def fault(*checks: str) -> Callable[[Fault], Fault]:
    def register(function: Fault) -> Fault:
        FAULTS.append((function, set(checks)))
        return function

    return register


@fault("healthz", "burst")
def gunicorn_down(request: Request, answer: Answer) -> None:
    if request.path == "/healthz":
        answer.status = 502


@fault("healthz", "readyz")
def health_answered_by_react(request: Request, answer: Answer) -> None:
    if request.path in ("/healthz", "/readyz"):
        answer.kind, answer.body = "text/html", PAGE


@fault("readyz")
def database_away(request: Request, answer: Answer) -> None:
    if request.path == "/readyz":
        answer.status, answer.body = 503, b'{"reason": "database unreachable"}'


@fault("page")
def page_kept_by_browsers(request: Request, answer: Answer) -> None:
    if answer.body == PAGE:
        answer.headers["Cache-Control"] = "max-age=600"


@fault("page", "conditional")
def page_without_etag(request: Request, answer: Answer) -> None:
    answer.headers.pop("ETag", None)


@fault("conditional")
def never_a_304(request: Request, answer: Answer) -> None:
    if answer.status == 304:
        answer.status, answer.body = 200, PAGE


@fault("page", "deep_link", "burst")
def build_missing(request: Request, answer: Answer) -> None:
    if answer.body == PAGE:
        answer.status, answer.body = 403, b"forbidden"


@fault("deep_link")
def no_fallback(request: Request, answer: Answer) -> None:
    if request.path.endswith("/deep"):
        answer.status = 404


@fault("deep_link")
def another_page(request: Request, answer: Answer) -> None:
    if request.path.endswith("/deep"):
        answer.body = b"<!doctype html>Welcome to nginx!"


@fault("missing_file", "missing_asset", "dotfiles")
def fallback_for_everything(request: Request, answer: Answer) -> None:
    if answer.status == 404 and not request.path.startswith("/api"):
        answer.status, answer.body = 200, PAGE


@fault("missing_file")
def error_page_as_image(request: Request, answer: Answer) -> None:
    if request.path.endswith(".png"):
        answer.kind = "image/png"


@fault("env_js")
def env_js_kept(request: Request, answer: Answer) -> None:
    if request.path == "/env.js":
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"


@fault("env_js")
def env_js_missing(request: Request, answer: Answer) -> None:
    if request.path == "/env.js":
        answer.status = 404


@fault("immutable")
def assets_revalidated(request: Request, answer: Answer) -> None:
    if request.path.startswith("/assets/index"):
        answer.headers["Cache-Control"] = "no-cache"


@fault("immutable")
def script_of_the_wrong_type(request: Request, answer: Answer) -> None:
    if request.path.startswith("/assets/index"):
        answer.kind = "text/plain"


@fault("immutable", "gzipped", "brotli")
def assets_of_another_build(request: Request, answer: Answer) -> None:
    if request.path.startswith("/assets/index"):
        answer.status = 404


@fault("gzipped")
def no_compression(request: Request, answer: Answer) -> None:
    if answer.headers.pop("Content-Encoding", None):
        answer.body = SCRIPT


@fault("gzipped")
def stale_gzip(request: Request, answer: Answer) -> None:
    if "Content-Encoding" in answer.headers:
        answer.body = gzip.compress(b"yesterday's build")


@fault("gzipped")
def gzip_in_name_only(request: Request, answer: Answer) -> None:
    if "Content-Encoding" in answer.headers:
        answer.body = SCRIPT


@fault("gzipped", "brotli")
def compressed_without_vary(request: Request, answer: Answer) -> None:
    answer.headers.pop("Vary", None)


@fault("gzipped", "brotli")
def gzip_for_everybody(request: Request, answer: Answer) -> None:
    if answer.body == SCRIPT:
        answer.body, answer.headers["Content-Encoding"] = gzip.compress(SCRIPT), "gzip"


@fault("brotli")
def broken_brotli(request: Request, answer: Answer) -> None:
    if "br" in request.headers.get("Accept-Encoding", "") and "Vary" in answer.headers:
        answer.body, answer.headers["Content-Encoding"] = b"", "br"


@fault("missing_asset")
def missing_asset_kept_for_a_year(request: Request, answer: Answer) -> None:
    if request.path.startswith("/assets/smoke"):
        answer.headers["Cache-Control"] = "max-age=31536000, immutable"


def api_errors_in_html(request: Request, answer: Answer) -> None:
    if request.path.startswith("/api") and answer.status == 404:
        answer.kind, answer.body = "text/html", b"<h1>Not Found</h1>"


@fault("api_problem")
def api_answered_by_react(request: Request, answer: Answer) -> None:
    if request.path.startswith("/api") and answer.status == 404:
        answer.status, answer.kind, answer.body = 200, "text/html", PAGE


@fault("oversized")
def body_limit_unset(request: Request, answer: Answer) -> None:
    if answer.status == 413:
        answer.status = 404


@fault("oversized")
def waits_for_the_whole_body(request: Request, answer: Answer) -> None:
    answer.after = 3 if answer.status == 413 else 0


@fault("security_headers")
def no_policy_on_assets(request: Request, answer: Answer) -> None:
    if request.path.startswith("/assets/index"):
        del answer.headers["Content-Security-Policy"]


@fault("security_headers")
def no_headers_on_errors(request: Request, answer: Answer) -> None:
    if answer.status >= 400:
        answer.headers = {}


@fault("versions")
def nginx_tells_its_version(request: Request, answer: Answer) -> None:
    answer.headers["Server"] = "nginx/1.26.3"


@fault("versions")
def gunicorn_shines_through(request: Request, answer: Answer) -> None:
    if request.path.startswith("/api"):
        answer.headers["X-Origin-Server"] = "gunicorn/27.0.1"


@fault("versions")
def version_in_an_error_page(request: Request, answer: Answer) -> None:
    if answer.status == 400:
        answer.body = b"<hr><center>nginx/1.26.3</center>"


@fault("versions")
def powered_by(request: Request, answer: Answer) -> None:
    answer.headers["X-Powered-By"] = "Express"


@fault("dotfiles")
def secrets_served(request: Request, answer: Answer) -> None:
    if request.path == "/.git/config":
        answer.status, answer.body = 200, b"[core]"


@fault("dotfiles")
def secrets_served_in_disguise(request: Request, answer: Answer) -> None:
    if request.path == "/%2eenv":
        answer.status, answer.body = 200, b"DATABASE_URL="


@fault("traversal")
def alias_without_slash(request: Request, answer: Answer) -> None:
    if request.path == "/assets../nginx.conf":
        answer.status, answer.body = 200, b"http {"


@fault("traversal")
def traversal_crashes(request: Request, answer: Answer) -> None:
    if "etc/passwd" in request.path:
        answer.status = 500


@fault("forged")
def redirects_to_the_named_host(request: Request, answer: Answer) -> None:
    if request.path == "/assets":
        answer.status = 301
        answer.headers["Location"] = f"http://{request.headers['Host']}/assets/"


@fault("forged")
def redirects_to_the_forwarded_host(request: Request, answer: Answer) -> None:
    if host := request.headers.get("X-Forwarded-Host"):
        answer.status, answer.headers["Location"] = 302, f"https://{host}/"


@fault("forged")
def redirects_to_an_inner_port(request: Request, answer: Answer) -> None:
    if request.path == "/assets":
        answer.status, answer.headers["Location"] = 301, "http://127.0.0.1:8000/assets/"


@fault("forged")
def redirects_to_itself(request: Request, answer: Answer) -> None:
    if request.headers.get("X-Forwarded-Proto") == "http":
        answer.status, answer.headers["Location"] = 308, request.path


@fault("forged")
def open_redirect_by_two_slashes(request: Request, answer: Answer) -> None:
    if " //" in request.requestline:  # http.server has already mended the path
        answer.status, answer.headers["Location"] = 301, "//smoke.invalid/"


@fault("bad_request")
def malformed_requests_served(request: Request, answer: Answer) -> None:
    if answer.status == 400:
        answer.status = 200


@fault("bad_request")
def malformed_requests_hang(request: Request, answer: Answer) -> None:
    answer.after = 3 if answer.status == 400 else 0


@fault("head")
def head_not_allowed(request: Request, answer: Answer) -> None:
    if request.command == "HEAD":
        answer.status = 405


@fault("head")
def head_without_etag(request: Request, answer: Answer) -> None:
    if request.command == "HEAD":
        answer.headers.pop("ETag", None)


@fault("keep_alive")
def closes_after_each(request: Request, answer: Answer) -> None:
    answer.headers["Connection"] = "close"


@fault("burst")
def limits_too_tight(request: Request, answer: Answer) -> None:
    count = request.server.__dict__.setdefault("count", [0])
    count[0] += request.path == "/healthz"
    if count[0] > 15:
        answer.status = 429


@fault("readyz")
def answer_cut_short(request: Request, answer: Answer) -> None:
    answer.cut = 10 if request.path == "/readyz" else 0


@fault("api_problem", "security_headers", "versions", "forged")
def api_closes_without_a_word(request: Request, answer: Answer) -> None:
    if request.path.startswith("/api") and request.command == "GET":
        answer.status = 0


@fault("readyz")
def slow_readiness(request: Request, answer: Answer) -> None:
    answer.after = 3 if request.path == "/readyz" else 0


@pytest.mark.parametrize(("spoil", "checks"), FAULTS, ids=[x.__name__ for x, _ in FAULTS])
def test_a_fault_turns_its_checks_red(spoil: Fault, checks: set[str], judge: Judge) -> None:
    with deployment(spoil) as url:
        status, results = judge(url, "--timeout", "1")
    assert failed(results) == checks
    assert status == 1
    for name in checks:
        assert results[name]["expected"]
        assert results[name]["seen"]
        assert results[name]["remedy"]


def test_an_app_may_say_in_html_that_there_is_nothing(judge: Judge) -> None:
    with deployment(api_errors_in_html) as url:
        assert judge(url)[0] == 0


def test_api_path_is_asked_where_it_is_named(judge: Judge) -> None:
    def elsewhere(request: Request, answer: Answer) -> None:
        if request.path.startswith("/rest/v1/") and answer.status == 200:
            answer.status, answer.kind, answer.body = 404, "application/json", b"{}"

    with deployment(elsewhere) as url:
        assert judge(url)[0] == 0
        assert judge(url, "--api-path", "/rest/v1")[0] == 0
        status, results = judge(url, "--api-path", "/other/")
    assert (status, failed(results)) == (1, {"api_problem"})


def test_a_page_without_assets_skips_what_needs_one(judge: Judge) -> None:
    def bare(request: Request, answer: Answer) -> None:
        if answer.body == PAGE:
            answer.body = b"<!doctype html><p>no script</p>"

    with deployment(bare) as url:
        status, results = judge(url)
    skipped = {name for name, result in results.items() if result["status"] == "skip"}
    assert (status, skipped) == (0, {"immutable", "gzipped", "brotli"})


def test_a_mistake_inside_a_check_is_one_red_line(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def clumsy(site: smoke.Site) -> str:
        """A clumsy check"""
        raise ZeroDivisionError("division by zero")

    monkeypatch.setitem(smoke.CHECKS, "API", (clumsy, *smoke.CHECKS["API"]))
    with deployment() as url:
        status, results = judge(url)
    assert (status, failed(results)) == (1, {"clumsy"})
    assert results["clumsy"]["seen"] == "ZeroDivisionError: division by zero"


# What people see


def test_each_check_is_one_line_and_the_last_line_counts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with deployment() as url:
        assert smoke.main([url]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == url
    checks = [line for line in lines if line.startswith("  ")]
    assert sum(line.startswith("  ✓ ") for line in checks) == len(checks) - 1
    assert all(line.endswith(" ms") for line in checks)
    assert "\033" not in "".join(lines), "colour belongs on a terminal"
    assert f"{len(checks) - 1} of {len(checks) - 1} checks passed in " in lines[-1]
    assert lines[-1].endswith(" s, 1 skipped")


def test_a_failure_says_expected_seen_and_remedy_in_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with deployment(database_away) as url:
        assert smoke.main([url]) == 1
    out = capsys.readouterr().out
    assert "✗ /readyz says ready" in out
    detail = next(line for line in out.splitlines() if "expected" in line)
    assert "expected 200 and a JSON object, saw 503" in detail
    assert "database unreachable" in detail
    assert "→ " in detail


def test_a_server_cannot_write_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    def hostile(request: Request, answer: Answer) -> None:
        if request.path == "/readyz":
            answer.status, answer.body = 503, b'{"a": "\\u001b"} \x1b[2J\n' * 5000
            answer.kind = "text/\x1b[31mplain"

    with deployment(hostile) as url:
        assert smoke.main([url]) == 1
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) < 400


def alone(*words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the one file as a program, without any package around it."""
    return subprocess.run(
        [sys.executable, "-I", str(FILE), *words]
        if not environment
        else [sys.executable, str(FILE), *words],
        env=os.environ | environment,
        capture_output=True,
        timeout=60,
    )


def test_the_file_runs_alone() -> None:
    with deployment() as url:
        good = alone(url)
    assert (good.returncode, good.stderr) == (0, b"")
    assert b"checks passed" in good.stdout


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "cp437", "utf-8"])
def test_odd_terminals_do_not_crash_it(encoding: str) -> None:
    with deployment(database_away) as url:
        done = alone(url, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"/readyz says ready" in done.stdout


def test_colour_on_a_terminal_unless_it_is_not_wanted() -> None:
    pty = pytest.importorskip("pty", reason="no pseudo-terminals here")

    def on_terminal(url: str, **environment: str) -> bytes:
        ours, theirs = pty.openpty()
        known = {name: x for name, x in os.environ.items() if name != "NO_COLOR"}
        child = subprocess.Popen(
            [sys.executable, str(FILE), url],
            env=known | {"TERM": "xterm"} | environment,
            stdout=theirs,
        )
        os.close(theirs)
        out = b""
        try:
            while chunk := os.read(ours, 4096):
                out += chunk
        except OSError:
            pass  # how Linux tells that the other end is closed
        os.close(ours)
        assert child.wait(60) == 0
        return out

    with deployment() as url:
        assert b"\033[32m" in on_terminal(url)
        assert b"\033" not in on_terminal(url, NO_COLOR="1")
        assert b"\033" not in on_terminal(url, TERM="dumb")


def test_a_closed_pipe_is_no_traceback() -> None:
    with deployment() as url:
        child = subprocess.Popen(
            [sys.executable, str(FILE), url], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert child.stdout and child.stderr
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait(60) == 1


# Usage and nothing there


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "no URL given"),
        (["example.com"], "http:// or https://"),
        (["localhost:8080"], "http:// or https://"),
        (["ftp://example.com"], "http:// or https://"),
        (["http://"], "http:// or https://"),
        (["https://exa mple.com"], "http:// or https://"),
        (["http://example.com:99999"], "no URL"),
        (["http://[::1"], "no URL"),
        ([f"http://{'a' * 64}.example"], "no URL"),
        (["https://user:s3cret@example.com"], "user and password"),
        (["https://example.com/polls/1"], "https://example.com without a path"),
        (["https://example.com?x=1"], "without a path"),
        (["http://localhost", "--timeout", "0"], "--timeout"),
        (["http://localhost", "--timeout", "nan"], "--timeout"),
        (["http://localhost", "--timeout", "soon"], "--timeout"),
        (["http://localhost", "--wait", "-1"], "--wait"),
        (["http://localhost", "--api-path", "api"], "--api-path"),
        (["http://localhost", "--api-path", "/a b"], "--api-path"),
        (["http://localhost", "--verbose"], "--verbose"),
        (["http://localhost", "http://other"], "http://other"),
    ],
)
def test_usage_errors_are_one_line_and_64(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert smoke.main(words) == 64
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("demijohn smoke: ")
    assert says in err
    assert err.count("\n") == 1
    assert "s3cret" not in err


def test_help_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert smoke.main(["--help"]) == 0
    assert "--api-path" in capsys.readouterr().out


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def listener(greeting: bytes | None) -> Iterator[str]:
    """A port that takes connections, then sends something that is not HTTP, or (None) nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                    kept.append(connection)
                    if greeting is not None:
                        connection.sendall(greeting)
                        connection.shutdown(socket.SHUT_WR)
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        for connection in kept:
            connection.close()


def unreachable(capsys: pytest.CaptureFixture[str], url: str, *words: str) -> str:
    begin = time.monotonic()
    assert smoke.main([url, *words]) == 1
    assert time.monotonic() - begin < 15
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "Traceback" not in err
    return err


def test_nothing_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert "connection refused" in unreachable(capsys, f"http://127.0.0.1:{closed_port()}")
    assert "does not resolve" in unreachable(capsys, "http://nobody.invalid")
    with listener(None) as at:
        assert "no answer in time" in unreachable(capsys, f"http://{at}", "--timeout", "0.5")
    with listener(None) as at:
        assert "no answer in time" in unreachable(capsys, f"https://{at}", "--timeout", "0.5")
    with listener(b"SSH-2.0-OpenSSH_9.2\r\n") as at:
        assert "not HTTP" in unreachable(capsys, f"http://{at}")
    with listener(b"") as at:
        assert "closed without an answer" in unreachable(capsys, f"http://{at}")
    with deployment() as url:
        assert "TLS" in unreachable(capsys, url.replace("http:", "https:"))


def test_nothing_there_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert smoke.main([f"http://127.0.0.1:{closed_port()}", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["passed"] is False
    assert document["error"] == "connection refused"


def test_a_site_that_lives_elsewhere_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    def moved(request: Request, answer: Answer) -> None:
        answer.status, answer.headers["Location"] = 301, "https://www.example.com/"

    with deployment(moved) as url:
        assert "redirects to https://www.example.com/" in unreachable(capsys, url)


def test_a_body_that_drips_does_not_outlast_the_timeout() -> None:
    class Dripping(Request):
        def do_GET(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(1000):
                self.wfile.write(b".")
                time.sleep(0.1)

    with deployment(handler=Dripping) as url:
        begin = time.monotonic()
        with pytest.raises(TimeoutError):
            smoke.Site(url, 1, "/api").get("/")
    assert time.monotonic() - begin < 5


def test_a_broken_off_page_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with listener(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc") as at:
        assert "broke off" in unreachable(capsys, f"http://{at}")


def test_wait_gives_a_deployment_time_to_become_ready(judge: Judge) -> None:
    ready_at = time.monotonic() + 1.5

    def starting(request: Request, answer: Answer) -> None:
        if request.path == "/readyz" and time.monotonic() < ready_at:
            answer.status = 503

    with deployment(starting) as url:
        assert judge(url, "--wait", "30")[0] == 0
    assert time.monotonic() >= ready_at


def test_wait_ends(capsys: pytest.CaptureFixture[str]) -> None:
    begin = time.monotonic()
    assert smoke.main([f"http://127.0.0.1:{closed_port()}", "--wait", "1"]) == 1
    assert 1 <= time.monotonic() - begin < 5
    assert "connection refused" in capsys.readouterr().err


# TLS


@pytest.fixture
def certify(tmp_path: Path) -> Callable[[int], tuple[Path, ssl.SSLContext]]:
    """A function that makes a certificate for localhost, good for so many days."""
    if not shutil.which("openssl"):
        pytest.skip("no openssl command to make a certificate with")

    def make(days: int) -> tuple[Path, ssl.SSLContext]:
        chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
        words = "req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost"
        words += f" -addext subjectAltName=DNS:localhost -days {days} -keyout {key} -out {chain}"
        subprocess.run(["openssl", *words.split()], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key)
        return chain, context

    return make


def with_hsts(request: Request, answer: Answer) -> None:
    answer.headers["Strict-Transport-Security"] = "max-age=31536000"


def test_https(
    certify: Callable[[int], tuple[Path, ssl.SSLContext]],
    judge: Judge,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    chain, context = certify(90)
    with deployment(with_hsts, context) as url:
        assert "certificate not accepted" in unreachable(capsys, url)
        monkeypatch.setenv("SSL_CERT_FILE", str(chain))
        status, results = judge(url)
        assert (status, failed(results)) == (0, set())
        assert results["certificate"]["seen"] == "90 days left"
        assert results["http_redirect"]["status"] == "skip"
    with deployment(None, context) as url:
        assert failed(judge(url)[1]) == {"hsts"}
    chain, context = certify(30)
    with deployment(with_hsts, context) as url:
        late = smoke.Site(url, 10, "/api")
        assert smoke.certificate(late) == "30 days left"
        # Time passes: what a check sees when nobody has renewed.
        later = time.time() + 27 * smoke.DAY
        monkeypatch.setattr(smoke.time, "time", lambda: later)
        result = smoke.run("TLS", smoke.certificate, late)
    assert (result.status, result.seen) == ("fail", "3.0 days left")


def test_plain_http_must_redirect_to_https(monkeypatch: pytest.MonkeyPatch) -> None:
    def redirecting(request: Request, answer: Answer) -> None:
        answer.status, answer.headers["Location"] = 301, "https://127.0.0.1/"

    def verdict(port: int) -> tuple[str, str]:
        monkeypatch.setattr(smoke, "PLAIN_PORT", port)
        site = smoke.Site("https://127.0.0.1", 5, "/api")
        result = smoke.run("TLS", smoke.http_redirect, site)
        return result.status, result.seen

    with deployment(redirecting) as url:
        assert verdict(urlsplit(url).port or 0) == ("pass", "301 to https://127.0.0.1/")
    with deployment() as url:
        assert verdict(urlsplit(url).port or 0) == ("fail", "200 text/html")
    port = closed_port()
    assert verdict(port) == ("skip", f"nothing listens on port {port}")
