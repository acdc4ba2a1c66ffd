"""A deployment for `demijohn smoke` to judge: right, or spoilt by one fault."""

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
        elif path in ("/livez", "/up", "/readyz", "/healthz/database"):
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


def failed(results: Results) -> set[str]:
    return {name for name, result in results.items() if result["status"] == "fail"}
