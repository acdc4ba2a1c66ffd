"""Steps that prepare a checkout. Each runs only if its inputs have changed, and prints one line."""

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
    """Ends the command; the message says what is wrong and what to do."""


def build_argument(name: str) -> str:
    """The default of one of the Dockerfile's build arguments."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    found = re.search(rf'^ARG {name}=(?:"([^"]*)"|(\S+))', text, re.MULTILINE)
    if not found:
        raise StepError(f"the Dockerfile has no ARG {name}=…; add it again")
    return found[1] or found[2]


def digest(*parts: str | Path) -> str:
    """A hash of texts, files and the files in folders, except built and installed files."""
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
    """Yield whether a step is due; if so, print `title` and the time that the block takes.

    It is not due if `stamp` contains `key` and `output` exists. The stamp is written at the end.
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
    """Run a program without printing its output. Raises StepError with the output if it fails."""
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
    """Install an app's packages as the Dockerfile does: hashes are checked if there are any."""
    call(*pip(python), "-r", str(requirements.relative_to(ROOT)))


def pip_install(python: Path | str, *requirements: Path) -> None:
    """Install wheels with hashes. Nothing is built, so that no code of the packages runs."""
    files: list[str] = []
    for path in requirements:
        files += ["-r", str(path.relative_to(ROOT))]
    call(*pip(python), "--require-hashes", "--only-binary=:all:", *files)


def pip(python: Path | str) -> tuple[str, ...]:
    """The beginning of a quiet `pip install` command."""
    quiet = ("--quiet", "--no-input", "--disable-pip-version-check")
    return str(python), "-m", "pip", "install", *quiet


@contextlib.contextmanager
def exclusive() -> Iterator[None]:
    """Lock the checkout, so that two commands do not install into it at the same time."""
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
    """Turn StepError and PermissionError into one line on stderr, and Ctrl-C into exit 130."""
    try:
        yield
    except StepError as error:
        sys.exit(f"demijohn: {error}")
    except PermissionError as error:
        sys.exit(
            f"demijohn: no permission to write {error.filename}: if another user ran make here,"
            " remove .venv, .demijohn and frontend/node_modules as that user, or clone again"
        )
    except KeyboardInterrupt:
        sys.exit(130)
