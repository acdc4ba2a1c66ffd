"""The app's environment, and the explanation of what pip printed when it failed."""

import subprocess
import venv
from pathlib import Path

import pytest

from image.install_app_packages import create, explain

# What pip 25.1 and 23.0 print, without the lines in between.
NO_PG_CONFIG = """\
Collecting flask==3.1.3 (from -r /tmp/app.txt (line 1))
  Downloading flask-3.1.3-py3-none-any.whl (103 kB)
Collecting {name}==2.9.9 (from -r /tmp/app.txt (line 2))
  Downloading {name}-2.9.9.tar.gz (384 kB)
  Installing build dependencies: finished with status 'done'
  Getting requirements to build wheel: finished with status 'error'
  error: subprocess-exited-with-error
  ╰─> [34 lines of output]
      running egg_info
      Error: pg_config executable not found.
      pg_config is required to build psycopg2 from source.  Please add the directory
      [end of output]
  note: This error originates from a subprocess, and is likely not a problem with pip.
error: subprocess-exited-with-error
"""
NO_COMPILER = """\
Collecting uwsgi==2.0.23 (from -r h-uwsgi.txt (line 1))
Collecting flask (from -r h-uwsgi.txt (line 2))
Building wheels for collected packages: uwsgi
  Building wheel for uwsgi (pyproject.toml): finished with status 'error'
  error: subprocess-exited-with-error
      AttributeError: 'NoneType' object has no attribute 'split'
      During handling of the above exception, another exception occurred:
      Exception: you need a C compiler to build uWSGI
      [end of output]
  ERROR: Failed building wheel for uwsgi
ERROR: Failed to build installable wheels for some pyproject.toml based projects (uwsgi)
"""
OTHER_PYTHON = """\
ERROR: Ignored the following yanked versions: 2.4.0
ERROR: Ignored the following versions that require a different python version: \
1.21.2 Requires-Python >=3.7,<3.11; 1.21.3 Requires-Python >=3.7,<3.11
ERROR: Could not find a version that satisfies the requirement numpy==1.21.2 (from versions: 1.3.0)
ERROR: No matching distribution found for numpy==1.21.2
"""
NO_VERSION = """\
ERROR: Could not find a version that satisfies the requirement flask==99.0 (from versions: 0.1, 0.2)
ERROR: No matching distribution found for flask==99.0
"""
NO_NAME = """\
ERROR: Could not find a version that satisfies the requirement flaskk (from versions: none)
ERROR: No matching distribution found for flaskk
"""
NO_GIT = """\
  ERROR: Error [Errno 2] No such file or directory: 'git' while executing command git version
ERROR: Cannot find command 'git' - do you have 'git' installed and in your PATH?
"""
CONFLICT = """\
Collecting flask==3.1.3 (from -r g-conflict.txt (line 1))
ERROR: Cannot install -r g-conflict.txt (line 1) and werkzeug==2.0 because these package versions \
have conflicting dependencies.
"""
PYTHON_3_12 = "--build-arg PYTHON_IMAGE=python:3.12-slim"


@pytest.mark.parametrize(
    ("output", "parts"),
    [
        (
            NO_PG_CONFIG.format(name="psycopg2-binary"),
            (
                "psycopg2-binary==2.9.9 has no wheel for Python 3.13, and building it failed: ",
                "pg_config executable not found. Choose a newer version",
                PYTHON_3_12,
                "libpq-dev' --build-arg APT_PACKAGES=libpq5.",
            ),
        ),
        (NO_PG_CONFIG.format(name="psycopg2"), ("List psycopg2-binary instead",)),
        (
            NO_COMPILER,
            ("uwsgi has no wheel", "you need a C compiler", "APT_BUILD_PACKAGES='gcc "),
        ),
        (OTHER_PYTHON, ("numpy==1.21.2 does not support Python 3.13", ">=3.7,<3.11", PYTHON_3_12)),
        (NO_VERSION, ("flask==99.0: the package index has no such version", PYTHON_3_12)),
        (NO_NAME, ("flaskk: ", "Correct the name")),
        (NO_GIT, ("git is missing", "--build-arg APT_BUILD_PACKAGES=git.")),
        (CONFLICT, ("the lines above say why",)),
    ],
    ids=(
        "no_wheel",
        "psycopg2",
        "no_compiler",
        "other_python",
        "version",
        "name",
        "git",
        "conflict",
    ),
)
def test_failure_of_pip_is_explained_with_a_remedy(output: str, parts: tuple[str, ...]) -> None:
    line = explain(output, "3.13")
    assert "\n" not in line
    assert [part for part in parts if part not in line] == []


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_remedy_names_another_python_than_the_one_that_failed(python: str) -> None:
    assert f"python:{python}-slim" not in explain(NO_VERSION, python)


def test_app_environment_prefers_its_own_version_and_has_the_rest(tmp_path: Path) -> None:
    ours, app = tmp_path / "ours", tmp_path / "app"
    venv.create(ours, symlinks=True)
    (site,) = ours.glob("lib/python3*/site-packages")
    (site / "shared.py").write_text("print('ours')")
    (site / "only_ours.py").write_text("print('ours too')")
    program = ours / "bin" / "shared"
    program.write_text(f"#!{ours}/bin/python\nimport shared, only_ours")
    program.chmod(0o755)
    create(app, ours)
    (app / site.relative_to(ours) / "shared.py").write_text("print('app')")
    assert [run(str(path / "bin" / "shared")) for path in (ours, app)] == [
        "ours\nours too\n",
        "app\nours too\n",
    ]


def run(program: str) -> str:
    return subprocess.run([program], capture_output=True, text=True, check=True).stdout
