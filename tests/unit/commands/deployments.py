"""A correct deployment for `demijohn smoke`, or one with a fault."""

import gzip
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

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
class Response:
    """The response that a server is about to send; faults modify it."""

    status: int
    content_type: str
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: dict(SECURITY))
    delay: float = 0  # seconds
    missing_bytes: int = 0  # bytes that Content-Length includes and that are not sent


class Request(BaseHTTPRequestHandler):
    """Builds the response of the image's Nginx, then applies the server's fault to it."""

    protocol_version = "HTTP/1.1"
    fault: Callable[["Request", Response], None]

    def response(self) -> Response:
        path = unquote(urlsplit(self.path).path)
        length = self.headers.get("Content-Length", "0")
        problem = b'{"type": "/problems/not-found", "status": 404}'
        if not length.isdigit():
            response = Response(400, "text/html", b"bad request")
        elif int(length) > 10**7:
            response = Response(413, "application/problem+json", problem)
        elif ".." in path or "/." in path:
            response = Response(404, "text/html", b"not found")
        elif path in ("/livez", "/up", "/readyz", "/healthz/database"):
            response = Response(200, "application/json", b'{"status": "ok"}')
        elif path.startswith("/api/"):
            response = Response(404, "application/problem+json", problem)
        elif path == "/env.js":
            response = Response(200, "text/javascript", b"window.env = {};")
            response.headers["Cache-Control"] = "no-cache"
        elif path in ("/assets/index-a1.js", "/assets/index-b2.css"):
            response = Response(
                200, "text/css" if path.endswith("css") else "text/javascript", SCRIPT
            )
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
            response.headers["Vary"] = "Accept-Encoding"
            if "gzip" in self.headers.get("Accept-Encoding", ""):
                response.body = gzip.compress(SCRIPT)
                response.headers["Content-Encoding"] = "gzip"
        elif "." in path or path.startswith("/assets/"):
            response = Response(404, "text/html", b"not found")
        else:
            unchanged = self.headers.get("If-None-Match") == '"e1"'
            response = Response(
                304 if unchanged else 200, "text/html; charset=utf-8", b"" if unchanged else PAGE
            )
            response.headers |= {"Cache-Control": "no-cache", "ETag": '"e1"'}
        return response

    def do_GET(self) -> None:
        response = self.response()
        type(self).fault(self, response)
        time.sleep(response.delay)
        if not response.status:
            self.close_connection = True
            return
        self.send_response_only(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body) + response.missing_bytes))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        if response.missing_bytes or response.headers.get("Connection") == "close":
            self.close_connection = True

    do_HEAD = do_POST = do_GET

    def handle_expect_100(self) -> bool:
        return True  # like Nginx: check the length before reading the body

    def log_message(self, *_: object) -> None:
        pass


Fault = Callable[[Request, Response], None]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client may close its connection at any time


@contextmanager
def deployment(
    fault: Fault | None = None,
    tls: ssl.SSLContext | None = None,
    handler: type[Request] = Request,
) -> Iterator[str]:
    """Run a server with a fault; yield its URL."""
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
RunSmoke = Callable[..., tuple[int, Results]]


def failed(results: Results) -> set[str]:
    return {name for name, result in results.items() if result["status"] == "fail"}
