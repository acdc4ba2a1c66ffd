"""The steps that get a checkout ready: each one line with its time, and only where it is due."""

import contextlib
import fcntl
import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STATE = ROOT / ".demijohn"
BUILT = {"node_modules", "dist", "__pycache__"}


class StepError(Exception):
    """Ends the command; the message is for the user: what is wrong and what to do."""


def build_argument(name: str) -> str:
    """The default of one of the Dockerfile's arguments: what the image is built of, so are we."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    found = re.search(rf'^ARG {name}=(?:"([^"]*)"|(\S+))', text, re.MULTILINE)
    if not found:
        raise StepError(f"the Dockerfile has no ARG {name}=…; put it back")
    return found[1] or found[2]


def digest(*parts: str | Path) -> str:
    """One hash over texts, files and the files in folders, save for what is built or installed."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            total.update(f"{part}\0".encode())
            continue
        for path in _files(part):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            total.update(f"{path.relative_to(ROOT)}\0{content}\0".encode())
    return total.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(set(folders) - BUILT)
        yield from (
            Path(folder, name) for name in sorted(names) if not name.endswith(".tsbuildinfo")
        )


@contextlib.contextmanager
def step(title: str, stamp: Path, key: str, output: Path | None = None) -> Iterator[bool]:
    """Print `title` and the time that the block takes; yield whether it is due at all.

    It is not where `stamp` holds `key` and `output` exists. The stamp is written at the end.
    """
    done = stamp.exists() and stamp.read_text() == key and (output is None or output.exists())
    if done:
        yield False
        return
    stamp.unlink(missing_ok=True)
    print(f"  {title} ", end="", flush=True)
    began = time.monotonic()
    try:
        yield True
    except BaseException:
        print(flush=True)
        raise
    print(f"{'.' * max(3, 40 - len(title))} {time.monotonic() - began:.1f} s", flush=True)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(key)


def call(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run a program in silence. Raises StepError with all that it said where it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode != 0:
        raise StepError(f"{done.stdout.rstrip()}\n{' '.join(words)}: exit {done.returncode}")


def pip_install_app(python: Path | str, requirements: Path) -> None:
    """Install an app's own packages as the Dockerfile does: hashes are checked if it gives any."""
    call(*pip(python), "-r", str(requirements.relative_to(ROOT)))


def pip_install(python: Path | str, *requirements: Path) -> None:
    """Install hash-checked wheels; nothing is built, so nothing of theirs runs meanwhile."""
    files: list[str] = []
    for path in requirements:
        files += ["-r", str(path.relative_to(ROOT))]
    call(*pip(python), "--require-hashes", "--only-binary=:all:", *files)


def pip(python: Path | str) -> tuple[str, ...]:
    """The words with which a quiet installation begins."""
    quiet = ("--quiet", "--no-input", "--disable-pip-version-check")
    return str(python), "-m", "pip", "install", *quiet


@contextlib.contextmanager
def exclusive() -> Iterator[None]:
    """Hold the checkout: two that install into it at once would spoil each other's work."""
    STATE.mkdir(exist_ok=True)
    with (STATE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("  waiting for another make in this checkout", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn what a user can mend into its message, and Ctrl-C into silence."""
    try:
        yield
    except StepError as error:
        sys.exit(f"demijohn: {error}")
    except PermissionError as error:
        sys.exit(
            f"demijohn: no permission to write {error.filename}: if another user ran make here,"
            " remove .venv, .demijohn and frontend/node_modules as that user, or clone anew"
        )
    except KeyboardInterrupt:
        sys.exit(130)
