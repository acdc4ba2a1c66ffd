"""Apps in the image's stack, and under plain Gunicorn beside it."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.postgres import Postgres
from local.steps import ROOT
from tests.support import secrecy
from tests.support.front_door import front_door
from tests.support.stack import Stack, free_port

APP = ROOT / "tests" / "fixtures" / "kitchen_sink"
SETTINGS = {"APP_DIR": str(APP), "APP_MODULE": "app:app"}
NOTEBOOK = ROOT / "tests" / "fixtures" / "notebook" / "server"
WITHOUT_PAGES = {"API_PATHS": "/", "DEMIJOHN_STATIC_DIR": "/nowhere"}
PREFIX = "/v1"


@pytest.fixture(scope="session")
def kitchen_sink(postgres: Postgres) -> Iterator[Stack]:
    """The app behind Nginx, with default settings but for its paths."""
    with front_door(postgres, **SETTINGS, DEMIJOHN_MAX_BODY_SIZE="4m") as running:
        yield running


@pytest.fixture(scope="session")
def without_pages(postgres: Postgres) -> Iterator[Stack]:
    """The same app without a React build."""
    settings = SETTINGS | WITHOUT_PAGES | {"DEMIJOHN_MAX_BODY_SIZE": "4m"}
    with front_door(postgres, **settings) as running:
        yield running


@pytest.fixture(scope="session")
def prefixed(postgres: Postgres) -> Iterator[Stack]:
    """The same app below a prefix that it does not see."""
    settings = SETTINGS | {"API_PATHS": f"/api,{PREFIX}", "STRIP_PREFIX": PREFIX}
    settings["DEMIJOHN_MAX_BODY_SIZE"] = "4m"
    with front_door(postgres, **settings) as running:
        yield running


@pytest.fixture(scope="session")
def notebook(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """An app that renders its own pages, without a React build."""
    folder = tmp_path_factory.mktemp("notebook")
    settings = WITHOUT_PAGES | {"APP_DIR": str(NOTEBOOK), "APP_MODULE": "app:app"}
    with front_door(postgres, **settings, DEMIJOHN_DATA_DIR=str(folder)) as running:
        yield running


@dataclass
class PlainGunicorn:
    """`gunicorn app:app` on a port of its own."""

    port: int


@pytest.fixture(scope="session")
def plain() -> Iterator[PlainGunicorn]:
    """The kitchen sink under Gunicorn, with nothing around it."""
    with plain_gunicorn(APP) as running:
        yield running


@pytest.fixture(scope="session")
def plain_prefixed() -> Iterator[PlainGunicorn]:
    """The same, below the prefix: Gunicorn takes it from this variable."""
    with plain_gunicorn(APP, SCRIPT_NAME=PREFIX) as running:
        yield running


@pytest.fixture(scope="session")
def plain_notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlainGunicorn]:
    folder = tmp_path_factory.mktemp("plain-notebook")
    environment = {"SECRET_KEY": secrecy.SECRET_KEY, "DATA_DIR": str(folder)}
    with plain_gunicorn(NOTEBOOK, **environment) as running:
        yield running


@contextlib.contextmanager
def plain_gunicorn(app: Path, **environment: str) -> Iterator[PlainGunicorn]:
    port = free_port()
    bind = ("--threads", "8", "--bind", f"127.0.0.1:{port}")
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *bind, "app:app"],
        cwd=app,
        env={"PATH": os.environ.get("PATH", os.defpath)} | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield PlainGunicorn(port)
    finally:
        process.terminate()
        process.wait()
