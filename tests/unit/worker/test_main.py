"""`python -m demijohn.worker`, which runs our own Gunicorn whatever the app has installed."""

import os
import socket
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import gunicorn

from local.steps import ROOT

OWN = f"gunicorn (version {gunicorn.__version__})\n"


def start(folder: Path, *paths: Path) -> str:
    """The output of `--version`, started as in supervisord.conf, with `paths` on sys.path."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "demijohn.worker", "--version"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": ":".join(map(str, paths))},
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr


def test_gunicorn_is_entered_where_its_own_command_enters_it() -> None:
    (entry,) = metadata.entry_points(group="console_scripts", name="gunicorn")
    module, _, function = entry.value.partition(":")
    code = (ROOT / "image/demijohn/worker/__main__.py").read_text(encoding="utf-8")
    assert f"from {module} import {function}\n" in code


def test_own_gunicorn_runs_if_the_app_installs_another(tmp_path: Path) -> None:
    ours, app = tmp_path / "ours", tmp_path / "app"
    (app / "gunicorn").mkdir(parents=True)
    (app / "gunicorn" / "__init__.py").write_text("__version__ = '20.1.0'")
    ours.mkdir()
    for package in (Path(gunicorn.__file__).parent, ROOT / "image" / "demijohn"):
        (ours / package.name).symlink_to(package)
    assert start(tmp_path, app, ours) == OWN


def test_own_gunicorn_runs_beside_a_file_of_that_name(tmp_path: Path) -> None:
    """Such a file is often the configuration for `gunicorn --config gunicorn.py`."""
    (tmp_path / "gunicorn.py").write_text("workers = 4")
    assert start(tmp_path, ROOT / "image") == OWN


def test_printed_line_is_written_at_once() -> None:
    """Its end in a second write would let a line of another worker in between."""
    code = "from demijohn.worker.__main__ import write_whole_lines as f; f(); print('{}')"
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # a packet per write
    with ours, theirs:
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONPATH": str(ROOT / "image"), "PYTHONUNBUFFERED": "1"},
            stdout=theirs,
            check=True,
        )
        assert ours.recv(100) == b"{}\n"
