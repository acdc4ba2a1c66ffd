"""What the tests of the front door and of the process tree share: a frontend of their own, a root
of their own, and a client that hides nothing.
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
from tests.support.stack import PATIENCE_SECONDS, ROOT, Stack

APPS = ROOT / "tests" / "support" / "apps"
MIRROR = {"APP_DIR": str(APPS), "APP_MODULE": "mirror:app", "RELEASE_ON_BOOT": "false"}

PROBLEM = "application/problem+json"
HTML = "text/html; charset=utf-8"

ASSET = "/assets/app-1a2b3c4d.js"
STYLE = "/assets/style-5e6f7a8b.css"
PAGE = "<!doctype html><title>The page</title>\n"
SCRIPT = "// A file whose name changes with its content.\n" + "console.log('hello');\n" * 60

# As programs.d/README.md has it.
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
class Answer:
    """One response, with every header that came, repeated ones too."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        """The values of all headers of that name."""
        return [value for known, value in self.headers if known.lower() == name.lower()]

    def one(self, name: str) -> str | None:
        """The value of a header that comes once at most."""
        values = self.all(name)
        assert len(values) <= 1, f"{name} came {len(values)} times: {values}"
        return values[0] if values else None

    def json(self) -> dict[str, object]:
        return dict(json.loads(self.body))


def ask(
    stack: Stack,
    path: str = "/api/show",
    *,
    method: str = "GET",
    body: bytes = b"",
    to: str = "127.0.0.1",
    **headers: str,
) -> Answer:
    """Send one request, to an address of our own; names of `headers` with _ for -."""
    lines = [f"{method} {path} HTTP/1.1"]
    given = {"Host": f"localhost:{stack.port}", "Connection": "close"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    if body:
        given.setdefault("Content-Length", str(len(body)))
    lines += [f"{name}: {value}" for name, value in given.items()]
    return send(stack, "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body, to=to)


def send(stack: Stack, request: bytes, *, to: str = "127.0.0.1") -> Answer:
    """Send bytes, whatever they are, and read one response."""
    with dial(stack, to) as connection:
        connection.sendall(request)
        return read(connection, request.split(b" ", 1)[0].decode("latin-1"))


def dial(stack: Stack, to: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection((to, stack.port), timeout=PATIENCE_SECONDS)


def read(connection: socket.socket, method: str = "GET") -> Answer:
    response = HTTPResponse(connection, method=method)
    with contextlib.closing(response):
        response.begin()
        return Answer(response.status, tuple(response.getheaders()), response.read())


def seen(answer: Answer) -> dict[str, Any]:
    """What the app saw of the request."""
    assert answer.status == 200, answer
    return answer.json()


def problem(answer: Answer) -> dict[str, Any]:
    """The answer as a problem of the API (RFC 9457), which says the same as its status line."""
    assert answer.one("Content-Type") == PROBLEM, answer
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail"}
    assert body["status"] == answer.status
    return body


def apology(answer: Answer) -> str:
    """The answer as a small page for people."""
    assert answer.one("Content-Type") == HTML, answer
    page = answer.body.decode()
    assert page.startswith("<!doctype html>") and "The page" not in page
    return page


def said_properly(answer: Answer) -> None:
    """An error in our words: a problem or a small page, never Nginx's or Gunicorn's own."""
    if answer.one("Content-Type") == PROBLEM:
        problem(answer)
    else:
        apology(answer)
    for word in (b"nginx", b"gunicorn", b"unicorn", b"Traceback"):
        assert word not in answer.body


def script(folder: Path, status: str = "200 OK", body: str | None = None, **headers: str) -> str:
    """A path at which the mirror answers so, until the file that it names is written anew."""
    file = folder / f"{uuid.uuid4()}.json"
    rewrite(file, status, body, **headers)
    return f"/api/say?file={file}"


def rewrite(file: Path, status: str = "200 OK", body: str | None = None, **headers: str) -> None:
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    new = file.with_suffix(".new")
    new.write_text(json.dumps([status, pairs, body]))
    new.rename(file)


def file_of(path: str) -> Path:
    """The file that `script` wrote for a path."""
    return Path(path.partition("file=")[2])


@contextlib.contextmanager
def door(postgres: Postgres, **settings: str) -> Iterator[Stack]:
    """The mirror behind the front door, with a small frontend, ready; one worker, many threads."""
    # A short path: a Unix socket's may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="demijohn-", dir="/tmp") as folder:
        static = Path(folder) / "site"
        build(static)
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
        running = Stack(ROOT, port, Path(folder), given | settings)
        try:
            yield running.start().wait_until_ready()
        finally:
            running.stop()


def build(static: Path) -> None:
    """A frontend as a build leaves it, and some files that are nobody's business."""
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
    # Other words than in the file itself, so that one sees which of the two was sent.
    (static / f"{ASSET[1:]}.gz").write_bytes(gzip.compress(b"// compressed beforehand"))
    (static / f"{ASSET[1:]}.br").write_bytes(b"// brotli, says its name")


def nginx_has(what: str) -> bool:
    """Whether the nginx at hand was built with a module, or has one to load."""
    told = subprocess.run([tools.nginx(), "-V"], capture_output=True, text=True).stderr
    if what != "brotli":
        return what in told
    folder = told.partition("--modules-path=")[2].split(" ")[0]
    return bool(folder) and Path(folder, "ngx_http_brotli_static_module.so").exists()


def root(folder: Path, **programs: str) -> Path:
    """A root folder as the image has it, with supervised programs of its own: name and lines."""
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


def left(stack: Stack) -> dict[int, str]:
    """Processes of a stack, by their environment or, as Nginx writes its title over that, by where
    they work.
    """
    found = stack.leftovers()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str(stack.run_dir) in str((folder / "cwd").readlink()):
                found[int(folder.name)] = (folder / "comm").read_text().strip()
    return found


def lingering(stack: Stack) -> dict[int, str]:
    """Those that are still there after the moment that the kernel needs to end what was killed."""
    deadline = time.monotonic() + PATIENCE_SECONDS / 3
    while (found := left(stack)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found
