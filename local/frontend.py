"""Builds the frontend as the image does: npm ci, the build, compression."""

import os
import shlex
from pathlib import Path

from .steps import ROOT, STATE, build_argument, call, digest, step
from .tools import node

FRONTEND = ROOT / build_argument("FRONTEND")
EXISTS = build_argument("FRONTEND_STAGE") != "no-frontend"
DIST = FRONTEND / build_argument("FRONTEND_OUTPUT")


def install(folder: Path = FRONTEND) -> None:
    """Install the packages of a folder's package-lock.json if it has changed."""
    program = node().program
    manifests = (folder / "package.json", folder / "package-lock.json")
    key = digest(str(program), *manifests)
    # The stamp is inside the folder, so that it is deleted with the packages.
    modules = folder / "node_modules"
    with step("npm packages", modules / ".demijohn", key) as due:
        if due:  # --include=dev: with NODE_ENV=production, npm would omit the build tools
            words = ("ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error")
            npm(*words, folder=folder)


def build() -> Path:
    """Build if a source has changed. Returns the folder to serve."""
    install()
    precompress = ROOT / "image" / "precompress.mjs"
    key = digest(FRONTEND, precompress)
    with step("frontend build", STATE / "stamps" / "frontend", key, DIST / "index.html") as due:
        if due:
            command, *words = shlex.split(build_argument("FRONTEND_BUILD"))
            if command == "npm":
                npm(*words)
            else:
                call(command, *words, cwd=FRONTEND)
            call(node().program, precompress, DIST)
    return DIST


def npm(*words: str, folder: Path = FRONTEND) -> None:
    """Run npm in a folder. Raises StepError with its output if it fails."""
    program, command = node()
    # npm's scripts must find this Node, not an older one on PATH.
    path = f"{program.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    environment = os.environ | {"PATH": path, "npm_config_update_notifier": "false"}
    call(*command, *words, cwd=folder, env=environment)
