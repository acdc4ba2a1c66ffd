"""`make lint`: all that reads the code without running it; tells every fault, not just one."""

import importlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import frontend, tools, types
from .steps import ROOT, VENV, StepError, call, exclusive, one_line_errors

BIN = VENV / "bin"


def main() -> None:
    if faults := failed():
        sys.exit(f"make lint: {len(faults)} of {len(CHECKS)} failed: {', '.join(faults)}")


def failed() -> list[str]:
    """Run all checks; the titles of those that failed."""
    with exclusive():
        frontend.install()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        passed = list(pool.map(passes, CHECKS, CHECKS.values()))
    return [title for title, well in zip(CHECKS, passed, strict=True) if not well]


def passes(title: str, check: Callable[[], None]) -> bool:
    """Run one check, print a line for it and, where it fails, what it said."""
    began = time.monotonic()
    try:
        check()
        fault = ""
    except StepError as error:
        fault = f"\n{error}\n"
    print(f"{'✗' if fault else '✓'} {title} ({time.monotonic() - began:.1f} s){fault}", flush=True)
    return not fault


def openapi() -> None:
    """The frontend's copy of the API's description is what the backend says today."""
    if types.document() != types.COPY.read_text():
        raise StepError("frontend/openapi.json is stale: make types")


def nginx_conf() -> None:
    """nginx.conf as `demijohn serve` sets it up behind a proxy."""
    settings = importlib.import_module("demijohn.config.settings")
    nginx = importlib.import_module("demijohn.serve.nginx")
    nginx_program = importlib.import_module("demijohn.config.nginx_program")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "index.html").touch()
        config = settings.load(
            {
                "DEMIJOHN_RUN_DIR": folder,
                "DEMIJOHN_STATIC_DIR": folder,
                "TRUSTED_PROXIES": "10.0.0.0/8",
                "CLIENT_IP_HEADER": "X-Forwarded-For",
                "DATABASE_URL": "postgresql://host/app",
                "DEMIJOHN_DOTENV": "",
            }
        )
        nginx.write(config, nginx_program.NginxProgram.find(str(tools.nginx())), ROOT, 1)
        call(BIN / "gixy", Path(folder, "nginx.conf"))


def shell_files() -> Iterator[Path]:
    """Every tracked or new file that a shell reads."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout
    for path in (ROOT / name for name in names.split("\0") if name):
        if path.is_file():
            with path.open("rb") as file:
                first = file.readline(200)
            if first.startswith(b"#!") and first.rstrip().endswith(b"sh"):
                yield path


def npm(*words: str) -> Callable[[], None]:
    return lambda: frontend.npm(*words)


def program(*words: str | Path) -> Callable[[], None]:
    return lambda: call(*words)


CHECKS: dict[str, Callable[[], None]] = {
    "ruff check": program(BIN / "ruff", "check", "."),
    "ruff format": program(BIN / "ruff", "format", "--check", "."),
    "mypy": program(BIN / "mypy", "image/demijohn", "backend", "local"),
    "frontend lint": npm("run", "lint"),
    "frontend types": npm("run", "typecheck"),
    "frontend tests": npm("test"),
    "openapi.json is fresh": openapi,
    "schema.d.ts is fresh": npm("run", "check:types"),
    # DL3008: Debian's mirrors drop a package's version as soon as a security update replaces it.
    "hadolint": program(BIN / "hadolint", "--no-color", "--ignore", "DL3008", "Dockerfile"),
    "gixy": nginx_conf,
    "shellcheck": lambda: call(BIN / "shellcheck", *shell_files()),
}

if __name__ == "__main__":
    os.chdir(ROOT)
    with one_line_errors():
        main()
