"""The virtual environment .venv: created, filled from the pinned requirements, kept up to date."""

import platform
import subprocess
import sys
from pathlib import Path

from .steps import (
    ROOT,
    VENV,
    StepError,
    build_argument,
    call,
    digest,
    exclusive,
    one_line_errors,
    pip,
    pip_install,
    pip_install_app,
    step,
)

PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "stamps"  # here, so that they go when the environment goes
RUN = ("image/build.txt", "image/requirements.txt")


def prepare(*, dev: bool) -> Path:
    """Make .venv ready, with the tools for tests and linters if `dev`; return its Python."""
    with one_line_errors(), exclusive():
        _create()
        ours = [ROOT / name for name in RUN]
        theirs = ROOT / build_argument("BACKEND") / "requirements.txt"
        requirements = [*ours, theirs]
        with step("Python packages", STAMPS / "packages", digest(*requirements)) as due:
            if due:
                pip_install(PYTHON, *ours)
                pip_install_app(PYTHON, theirs)
        inputs = (ROOT / "pyproject.toml", ROOT / "image" / "requirements.in")
        with step("the command demijohn", STAMPS / "demijohn", digest(*inputs)) as due:
            if due:
                call(*pip(PYTHON), "--no-build-isolation", "--no-deps", "--editable", ".")
        if dev:
            tools = ROOT / "requirements-dev.txt"
            with step("test and lint tools", STAMPS / "dev", digest(*requirements, tools)) as due:
                if due:
                    pip_install(PYTHON, tools)
    return PYTHON


def _create() -> None:
    # Its scripts hold its path, its packages a Python's version: moved or upgraded, it is void.
    key = digest(str(VENV), platform.python_version(), sys.base_prefix)
    if not _answers():
        (STAMPS / "venv").unlink(missing_ok=True)
    with step("virtual environment .venv", STAMPS / "venv", key, output=PYTHON) as due:
        if not due:
            return
        try:
            call(sys.executable, "-m", "venv", "--clear", VENV)
        except StepError as error:
            raise StepError(_no_venv(error)) from None


def _answers() -> bool:
    try:
        return subprocess.run([PYTHON, "-c", ""], capture_output=True).returncode == 0
    except OSError:
        return False


def _no_venv(error: StepError) -> str:
    said = str(error)
    if "ensurepip" not in said and "No module named venv" not in said:
        return said
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    package = f"apt install python{version}-venv" if Path("/etc/debian_version").exists() else ""
    remedy = package or "install your system's package for it"
    return f"this Python {version} cannot make virtual environments: {remedy}, then try again"
