"""The kitchen sink: in the image's stack, and under plain Gunicorn beside it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from local.postgres import Postgres
from local.steps import ROOT
from tests.support.front_door import front_door
from tests.support.stack import Stack, free_port

APP = ROOT / "tests" / "fixtures" / "kitchen_sink"
SETTINGS = {"APP_DIR": str(APP), "APP_MODULE": "app:app"}


@pytest.fixture(scope="session")
def kitchen_sink(postgres: Postgres) -> Iterator[Stack]:
    """The app behind Nginx, with default settings but for its paths."""
    with front_door(postgres, **SETTINGS, DEMIJOHN_MAX_BODY_SIZE="4m") as running:
        yield running


@dataclass
class PlainGunicorn:
    """`gunicorn app:app` on a port of its own."""

    port: int


@pytest.fixture(scope="session")
def plain() -> Iterator[PlainGunicorn]:
    """The same app under Gunicorn, with nothing around it."""
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gunicorn",
            "--threads",
            "8",
            "--bind",
            f"127.0.0.1:{port}",
            "app:app",
        ],
        cwd=APP,
        env={"PATH": os.environ.get("PATH", os.defpath)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield PlainGunicorn(port)
    finally:
        process.terminate()
        process.wait()
