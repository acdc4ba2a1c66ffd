"""The stage of the Dockerfile that builds the frontend: what it gets, and what its errors say."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.container.test_guestbook import GUESTBOOK, make_context
from tests.support.docker_engine import Engine, docker, run_docker

LIST = """
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
mkdirSync("dist");
writeFileSync("dist/index.html", JSON.stringify(readdirSync(".")));
"""


@pytest.fixture
def context(engine: Engine, tmp_path: Path) -> Path:
    """A frontend whose page is the list of its files."""
    folder = make_context(GUESTBOOK, tmp_path)
    (folder / "client").rename(folder / "frontend")
    (folder / "frontend" / "bundle.mjs").write_text(LIST)
    return folder


def build(context: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    words = ("--progress=plain", "--target", "frontend", "--build-arg")
    return docker("build", *words, "FRONTEND_BUILD=npm run bundle", *options, str(context))


def test_build_gets_the_public_values_and_no_other_env_file(context: Path, engine: Engine) -> None:
    for name in (".env", ".env.local", ".env.production", ".env.production.local"):
        (context / "frontend" / name).write_text("VITE_API=/x")
    image = engine.name()
    assert build(context, "--tag", image).returncode == 0
    try:
        page = run_docker("run", "--rm", "--entrypoint", "cat", image, "/static/index.html")
        assert [name for name in json.loads(page) if name.startswith(".")] == [".env.production"]
    finally:
        docker("rmi", image)


def test_missing_lock_file_ends_the_build_with_the_command(context: Path) -> None:
    (context / "frontend" / "package-lock.json").unlink()
    done = build(context)
    assert done.returncode == 1
    assert "The frontend has no package-lock.json. Write it with npm install" in done.stderr


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("FRONTEND_OUTPUT=build", "dist has one: --build-arg FRONTEND_OUTPUT=dist."),
        ("FRONTEND=clinet", "Not found? Set --build-arg FRONTEND= to the folder of the frontend"),
    ],
)
def test_wrong_build_argument_is_named(context: Path, argument: str, expected: str) -> None:
    done = build(context, "--build-arg", argument)
    assert done.returncode == 1
    assert expected in done.stderr
