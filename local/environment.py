"""Creates the virtual environment .venv from the pinned requirements, and keeps it up to date."""

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
STAMPS = VENV / "stamps"  # in .venv, so that they are deleted with it
RUN = ("image/build.txt", "image/requirements.txt")


def prepare(*, dev: bool) -> Path:
    """Prepare .venv, with the test and lint tools if `dev`. Returns the path of its Python."""
    with one_line_errors(), exclusive():
        _create()
        image = [ROOT / name for name in RUN]
        app = ROOT / build_argument("BACKEND") / "requirements.txt"
        requirements = [*image, app]
        with step("Python packages", STAMPS / "packages", digest(*requirements)) as due:
            if due:
                pip_install(PYTHON, *image)
                pip_install_app(PYTHON, app)
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
    # Scripts contain the path, and packages the Python version: recreate it if either changes.
    key = digest(str(VENV), platform.python_version(), sys.base_prefix)
    if not _python_runs():
        (STAMPS / "venv").unlink(missing_ok=True)
    with step("virtual environment .venv", STAMPS / "venv", key, output=PYTHON) as due:
        if not due:
            return
        try:
            call(sys.executable, "-m", "venv", "--clear", VENV)
        except StepError as error:
            raise StepError(_explain_venv_error(error)) from None


def _python_runs() -> bool:
    try:
        return subprocess.run([PYTHON, "-c", ""], capture_output=True).returncode == 0
    except OSError:
        return False


def _explain_venv_error(error: StepError) -> str:
    output = str(error)
    if "ensurepip" not in output and "No module named venv" not in output:
        return output
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    package = f"apt install python{version}-venv" if Path("/etc/debian_version").exists() else ""
    remedy = package or "install your system's package for it"
    return f"this Python {version} cannot create virtual environments: {remedy}, then try again"
