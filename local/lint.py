"""`make lint`: runs all linters and type checkers, and reports every failure."""

import importlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import frontend, prose, tools, types
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
    return [title for title, ok in zip(CHECKS, passed, strict=True) if not ok]


def passes(title: str, check: Callable[[], None]) -> bool:
    """Run one check and print a line for it, with its output if it fails."""
    began = time.monotonic()
    try:
        check()
        output = ""
    except StepError as error:
        output = f"\n{error}\n"
    seconds = time.monotonic() - began
    print(f"{'✗' if output else '✓'} {title} ({seconds:.1f} s){output}", flush=True)
    return not output


def openapi() -> None:
    """Check that frontend/openapi.json is the backend's current OpenAPI document."""
    if types.document() != types.COPY.read_text():
        raise StepError("frontend/openapi.json is stale: run `make types`")


def nginx_conf() -> None:
    """Check nginx.conf with the fragments that `demijohn serve` writes for a proxied host."""
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
    """Every shell script that is tracked or new."""
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


# The build runs them with the Python of its base image.
BUILD_SCRIPTS = ("image/collect_requirements.py", "image/install_app_packages.py")

CHECKS: dict[str, Callable[[], None]] = {
    "ruff check": program(BIN / "ruff", "check", "."),
    "ruff format": program(BIN / "ruff", "format", "--check", "."),
    "mypy": program(BIN / "mypy", "image/demijohn", *BUILD_SCRIPTS, "backend", "local"),
    "frontend lint": npm("run", "lint"),
    "frontend types": npm("run", "typecheck"),
    "frontend tests": npm("test"),
    "openapi.json is fresh": openapi,
    "schema.d.ts is fresh": npm("run", "check:types"),
    # DL3008 wants pinned versions, but Debian's mirrors drop a version once it has an update.
    "hadolint": program(BIN / "hadolint", "--no-color", "--ignore", "DL3008", "Dockerfile"),
    "prose": prose.check,
    "gixy": nginx_conf,
    "shellcheck": lambda: call(BIN / "shellcheck", *shell_files()),
}

if __name__ == "__main__":
    os.chdir(ROOT)
    with one_line_errors():
        main()
