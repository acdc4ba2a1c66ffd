"""`demijohn smoke` with usage errors, unreachable sites, and TLS."""

import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from demijohn.commands import smoke

from tests.unit.commands.deployments import Request, Response, RunSmoke, deployment, failed

# Usage errors and unreachable sites


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "no URL given"),
        (["example.com"], "http:// or https://"),
        (["localhost:8080"], "http:// or https://"),
        (["ftp://example.com"], "http:// or https://"),
        (["http://"], "http:// or https://"),
        (["https://exa mple.com"], "http:// or https://"),
        (["http://example.com:99999"], "not a URL"),
        (["http://[::1"], "not a URL"),
        ([f"http://{'a' * 64}.example"], "not a URL"),
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
def test_usage_error_is_one_line_and_exits_64(
    words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert smoke.main(words) == 64
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("demijohn smoke: ")
    assert expected in err
    assert err.count("\n") == 1
    assert "s3cret" not in err


def test_help_exits_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert smoke.main(["--help"]) == 0
    assert "--api-path" in capsys.readouterr().out


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def listener(greeting: bytes | None) -> Iterator[str]:
    """A port that accepts connections and sends `greeting`, or nothing if it is None."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        connections: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                    connections.append(connection)
                    if greeting is not None:
                        connection.sendall(greeting)
                        connection.shutdown(socket.SHUT_WR)
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        for connection in connections:
            connection.close()


def unreachable(capsys: pytest.CaptureFixture[str], url: str, *words: str) -> str:
    started_at = time.monotonic()
    assert smoke.main([url, *words]) == 1
    assert time.monotonic() - started_at < 15
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "Traceback" not in err
    return err


def test_unreachable_site_is_a_one_line_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert "connection refused" in unreachable(capsys, f"http://127.0.0.1:{closed_port()}")
    assert "does not resolve" in unreachable(capsys, "http://absent.invalid")
    with listener(None) as address:
        assert "no answer in time" in unreachable(capsys, f"http://{address}", "--timeout", "0.5")
    with listener(None) as address:
        assert "no answer in time" in unreachable(capsys, f"https://{address}", "--timeout", "0.5")
    with listener(b"SSH-2.0-OpenSSH_9.2\r\n") as address:
        assert "not HTTP" in unreachable(capsys, f"http://{address}")
    with listener(b"") as address:
        assert "closed without an answer" in unreachable(capsys, f"http://{address}")
    with deployment() as url:
        assert "TLS" in unreachable(capsys, url.replace("http:", "https:"))


def test_unreachable_site_as_json_has_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert smoke.main([f"http://127.0.0.1:{closed_port()}", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["passed"] is False
    assert document["error"] == "connection refused"


def test_redirect_to_another_site_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    def moved(request: Request, response: Response) -> None:
        response.status, response.headers["Location"] = 301, "https://www.example.com/"

    with deployment(moved) as url:
        assert "redirects to https://www.example.com/" in unreachable(capsys, url)


def test_timeout_covers_a_body_sent_byte_by_byte() -> None:
    class Dripping(Request):
        def do_GET(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(1000):
                self.wfile.write(b".")
                time.sleep(0.1)

    with deployment(handler=Dripping) as url:
        started_at = time.monotonic()
        with pytest.raises(TimeoutError):
            smoke.Site(url, 1, "/api").get("/")
    assert time.monotonic() - started_at < 5


def test_truncated_page_is_a_one_line_error(capsys: pytest.CaptureFixture[str]) -> None:
    with listener(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc") as address:
        assert "incomplete" in unreachable(capsys, f"http://{address}")


def test_wait_option_waits_for_a_ready_deployment(run_smoke: RunSmoke) -> None:
    ready_at = time.monotonic() + 1.5

    def starting(request: Request, response: Response) -> None:
        if request.path == "/readyz" and time.monotonic() < ready_at:
            response.status = 503

    with deployment(starting) as url:
        assert run_smoke(url, "--wait", "30")[0] == 0
    assert time.monotonic() >= ready_at


def test_wait_option_ends_after_its_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    started_at = time.monotonic()
    assert smoke.main([f"http://127.0.0.1:{closed_port()}", "--wait", "1"]) == 1
    assert 1 <= time.monotonic() - started_at < 5
    assert "connection refused" in capsys.readouterr().err


# TLS


@pytest.fixture
def certify(tmp_path: Path) -> Callable[[int], tuple[Path, ssl.SSLContext]]:
    """A function that makes a certificate for localhost, valid for the given number of days."""
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


def with_hsts(request: Request, response: Response) -> None:
    response.headers["Strict-Transport-Security"] = "max-age=31536000"


def test_https_site_is_checked_for_certificate_and_hsts(
    certify: Callable[[int], tuple[Path, ssl.SSLContext]],
    run_smoke: RunSmoke,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    chain, context = certify(90)
    with deployment(with_hsts, context) as url:
        assert "certificate not accepted" in unreachable(capsys, url)
        monkeypatch.setenv("SSL_CERT_FILE", str(chain))
        status, results = run_smoke(url)
        assert (status, failed(results)) == (0, set())
        assert results["certificate"]["seen"] == "90 days left"
        assert results["http_redirect"]["status"] == "skip"
    with deployment(None, context) as url:
        results = run_smoke(url)[1]
        assert failed(results) == {"hsts"}
        assert "TRUSTED_PROXIES" in results["hsts"]["remedy"]
    chain, context = certify(30)
    with deployment(with_hsts, context) as url:
        site = smoke.Site(url, 10, "/api")
        assert smoke.certificate(site) == "30 days left"
        # The same certificate 27 days later.
        later = time.time() + 27 * smoke.DAY
        monkeypatch.setattr(smoke.time, "time", lambda: later)
        result = smoke.run("TLS", smoke.certificate, site)
    assert (result.status, result.seen) == ("fail", "3.0 days left")


def redirecting(path: str, scheme: str) -> Callable[[Request, Response], None]:
    """A fault: the app takes https for http, and redirects to a scheme."""

    def redirect(request: Request, response: Response) -> None:
        with_hsts(request, response)
        if request.path.startswith(path) and response.status in (200, 404):
            port = request.server.server_address[1]  # type: ignore[index]
            response.status = 302
            response.headers["Location"] = f"{scheme}://localhost:{port}{request.path}"

    return redirect


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_redirect_of_https_to_https_suggests_trusted_proxies(
    certify: Callable[[int], tuple[Path, ssl.SSLContext]],
    run_smoke: RunSmoke,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    scheme: str,
) -> None:
    chain, context = certify(90)
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    with deployment(redirecting("/api", scheme), context) as url:
        results = run_smoke(url)[1]
    assert failed(results) == {"api_problem", "forged"}
    assert all("TRUSTED_PROXIES" in results[name]["remedy"] for name in failed(results))
    with deployment(redirecting("/", scheme), context) as url:
        assert "TRUSTED_PROXIES" in unreachable(capsys, url)


def test_http_without_a_redirect_to_https_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def redirecting(request: Request, response: Response) -> None:
        response.status, response.headers["Location"] = 301, "https://127.0.0.1/"

    def result_at_port(port: int) -> tuple[str, str]:
        monkeypatch.setattr(smoke, "PLAIN_PORT", port)
        site = smoke.Site("https://127.0.0.1", 5, "/api")
        result = smoke.run("TLS", smoke.http_redirect, site)
        return result.status, result.seen

    with deployment(redirecting) as url:
        assert result_at_port(urlsplit(url).port or 0) == ("pass", "301 to https://127.0.0.1/")
    with deployment() as url:
        assert result_at_port(urlsplit(url).port or 0) == ("fail", "200 text/html")
    port = closed_port()
    assert result_at_port(port) == ("skip", f"nothing listens on port {port}")
