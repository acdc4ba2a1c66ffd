"""`make types`: writes frontend/openapi.json and the TypeScript types that follow from it."""

import subprocess
import sys

from . import frontend
from .steps import ROOT, StepError, exclusive, one_line_errors

COPY = frontend.FRONTEND / "openapi.json"


def document() -> str:
    """The backend's current OpenAPI document."""
    command = [sys.executable, "-m", "backend.openapi"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise StepError(f"{done.stderr.rstrip()}\n{' '.join(command)}: exit {done.returncode}")
    return done.stdout


if __name__ == "__main__":
    with one_line_errors():
        with exclusive():
            frontend.install()
        COPY.write_text(document())
        frontend.npm("run", "types")
