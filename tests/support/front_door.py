"""Shared by the tests of Nginx and of the process tree: the mirror app with a small frontend, an
app root, and an HTTP client that hides nothing. A plugin with the fixture `static_dir`.
"""

import contextlib
import gzip
import json
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from local import tools
from local.postgres import Postgres
from tests.support.stack import ROOT, TIMEOUT_SECONDS, Stack

APPS = ROOT / "tests" / "support" / "apps"
MIRROR = {"APP_DIR": str(APPS), "APP_MODULE": "mirror:app", "RELEASE_ON_BOOT": "false"}

PROBLEM = "application/problem+json"
HTML = "text/html; charset=utf-8"

ASSET = "/assets/app-1a2b3c4d.js"
STYLE = "/assets/style-5e6f7a8b.css"
PAGE = (
    "<!doctype html><title>The page</title>\n"
    f'<script src="{ASSET}"></script><link rel="stylesheet" href="{STYLE}">\n'
)
SCRIPT = "// A file whose name changes with its content.\n" + "console.log('hello');\n" * 60

# From programs.d/README.md.
PROGRAM = """\
priority=15
autorestart=true
startsecs=0
stopwaitsecs=5
stdout_logfile=NONE
stdout_events_enabled=true
stderr_logfile=NONE
stderr_events_enabled=true
"""


@dataclass(frozen=True)
class Response:
    """A response with all its headers, including repeated ones."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header_values(self, name: str) -> list[str]:
        """The values of all headers with that name."""
        return [value for known, value in self.headers if known.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        """The value of a header that may occur at most once; None if it is missing."""
        values = self.header_values(name)
        assert len(values) <= 1, f"{len(values)} headers {name}: {values}"
        return values[0] if values else None

    def json(self) -> dict[str, object]:
        return dict(json.loads(self.body))


def send_request(
    stack: Stack,
    path: str = "/api/show",
    *,
    method: str = "GET",
    body: bytes = b"",
    to: str = "127.0.0.1",
    **headers: str,
) -> Response:
    """Send one request to the local address `to`; names of `headers` have _ for -."""
    lines = [f"{method} {path} HTTP/1.1"]
    given = {"Host": f"localhost:{stack.port}", "Connection": "close"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    if body:
        given.setdefault("Content-Length", str(len(body)))
    lines += [f"{name}: {value}" for name, value in given.items()]
    return send_raw(stack, "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body, to=to)


def send_raw(stack: Stack, request: bytes, *, to: str = "127.0.0.1") -> Response:
    """Send bytes as they are, and read one response."""
    with connect(stack, to) as connection:
        connection.sendall(request)
        return read_response(connection, request.split(b" ", 1)[0].decode("latin-1"))


def connect(stack: Stack, to: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection((to, stack.port), timeout=TIMEOUT_SECONDS)


def read_response(connection: socket.socket, method: str = "GET") -> Response:
    response = HTTPResponse(connection, method=method)
    with contextlib.closing(response):
        response.begin()
        return Response(response.status, tuple(response.getheaders()), response.read())


def seen_by_app(response: Response) -> dict[str, Any]:
    """The request as the mirror app saw it."""
    assert response.status == 200, response
    return response.json()


def problem(response: Response) -> dict[str, Any]:
    """The response's problem document (RFC 9457); its status must match the status line."""
    assert response.header("Content-Type") == PROBLEM, response
    body = response.json()
    assert set(body) == {"type", "title", "status", "detail"}
    assert body["status"] == response.status
    return body


def error_page(response: Response) -> str:
    """The response's body, which must be an HTML error page."""
    assert response.header("Content-Type") == HTML, response
    page = response.body.decode()
    assert page.startswith("<!doctype html>") and "The page" not in page
    return page


def assert_own_error_body(response: Response) -> None:
    """Assert that an error is a problem document or our page, not Nginx's or Gunicorn's own."""
    if response.header("Content-Type") == PROBLEM:
        problem(response)
    else:
        error_page(response)
    for word in (b"nginx", b"gunicorn", b"unicorn", b"Traceback"):
        assert word not in response.body


def stub_response(
    folder: Path, status: str = "200 OK", body: str | None = None, **headers: str
) -> str:
    """A path for which the mirror gives this response, until `replace_stub`."""
    file = folder / f"{uuid.uuid4()}.json"
    replace_stub(file, status, body, **headers)
    return f"/api/say?file={file}"


def replace_stub(
    file: Path, status: str = "200 OK", body: str | None = None, **headers: str
) -> None:
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    new = file.with_suffix(".new")
    new.write_text(json.dumps([status, pairs, body]))
    new.rename(file)


def stub_file(path: str) -> Path:
    """The file that `stub_response` wrote for a path."""
    return Path(path.partition("file=")[2])


@contextlib.contextmanager
def front_door(postgres: Postgres, root: Path = ROOT, **settings: str) -> Iterator[Stack]:
    """A ready stack with the mirror app and a small frontend; one worker with eight threads.

    `root` is an app root (make_root).
    """
    # A short path: that of a Unix socket may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="demijohn-", dir="/tmp") as folder:
        static = Path(folder) / "site"
        write_frontend(static)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        given = MIRROR | {
            "DATABASE_URL": postgres.url(),
            "DEMIJOHN_STATIC_DIR": str(static),
            "DRAIN_SECONDS": "0",
            "WEB_CONCURRENCY": "1",
            "WEB_THREADS": "8",
        }
        running = Stack(root, port, Path(folder), given | settings)
        try:
            yield running.start().wait_until_ready()
        finally:
            running.stop()


@pytest.fixture(scope="session")
def static_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small frontend."""
    folder = tmp_path_factory.mktemp("static")
    write_frontend(folder)
    return folder


def write_frontend(static: Path) -> None:
    """Write a built frontend, and some hidden files that must not be served."""
    files = {
        "index.html": PAGE,
        "robots.txt": "User-agent: *\n",
        "CNAME": "example.com\n",
        ASSET[1:]: SCRIPT,
        STYLE[1:]: "body { margin: 0 }\n" * 60,
        ".env": "SECRET=1\n",
        ".git/config": "[core]\n",
        "assets/.secret.js": "SECRET=1\n",
        ".well-known/security.txt": "Contact: mailto:security@example.com\n",
        ".well-known/assetlinks": "[]\n",
    }
    for name, text in files.items():
        path = static / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    # Different content, so that a test sees which of the files was sent.
    (static / f"{ASSET[1:]}.gz").write_bytes(gzip.compress(b"// compressed beforehand"))
    (static / f"{ASSET[1:]}.br").write_bytes(b"// brotli, says its name")


def nginx_has_module(module: str) -> bool:
    """Whether the installed nginx has a module built in, or as a file to load."""
    arguments = subprocess.run([tools.nginx(), "-V"], capture_output=True, text=True).stderr
    if module != "brotli":
        return module in arguments
    folder = arguments.partition("--modules-path=")[2].split(" ")[0]
    return bool(folder) and Path(folder, "ngx_http_brotli_static_module.so").exists()


def make_root(folder: Path, **programs: str) -> Path:
    """Make an app root like the image's, with supervised programs: their names and lines."""
    for name in ("nginx.conf", "supervisord.conf"):
        shutil.copy(ROOT / name, folder)
    (folder / "programs.d").mkdir()
    for name, lines in programs.items():
        section = f"[program:{name}]\n{PROGRAM}{lines}\n"
        (folder / "programs.d" / f"{name}.conf").write_text(section)
    return folder


def has_ipv6() -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


def stack_processes(stack: Stack) -> dict[int, str]:
    """The processes of a stack: pid and name.

    They are found by their environment or working directory: Nginx overwrites its environment.
    """
    found = stack.processes_in_run_dir()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str(stack.run_dir) in str((folder / "cwd").readlink()):
                found[int(folder.name)] = (folder / "comm").read_text().strip()
    return found


def remaining_processes(stack: Stack) -> dict[int, str]:
    """The processes that still exist once the kernel has had time to end those that were killed."""
    deadline = time.monotonic() + TIMEOUT_SECONDS / 3
    while (found := stack_processes(stack)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found
