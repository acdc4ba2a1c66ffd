"""Explains why a file cannot be written in the container, and what to do about it."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

# In the image, everything but /tmp and volumes belongs to root or is read-only.
USE_VOLUME = "Mount a volume, such as at /data, set DEMIJOHN_DATA_DIR=/data"
USE_DATA_DIR = "write below os.environ['DATA_DIR']"
LOG_TO_STDERR = "Log to stderr, which is the container's log"
USE_INSTANCE_PATH = "use Flask(__name__, instance_path=os.environ.get('DATA_DIR'))"
USE_SQLITE_FILE = "keep the file below os.environ['DATA_DIR']"
USE_POSTGRES = (
    "The app uses SQLite although DATABASE_URL is set: connect to "
    "os.environ['SQLALCHEMY_DATABASE_URI'] instead"
)
READ_ONLY_IMAGE = "the image's own folders are read-only"

FORBIDDEN = (errno.EROFS, errno.EACCES, errno.EPERM)
SQLITE_MESSAGES = ("unable to open database file", "attempt to write a readonly database")


def explain(error: BaseException, place: str = "") -> str | None:
    """One line: what cannot be written, why, and what to do; None if that is not the error.

    `place` is where in the app it happened. SQLite does not say which file it is.
    """
    for found in _chain(error):
        if isinstance(found, OSError) and found.errno in FORBIDDEN:
            for name in filter(None, (found.filename2, found.filename)):
                path = Path.cwd() / os.fsdecode(name)
                if reason := why_not_writable(path, found.errno, _remedy(path)):
                    return f"{path} cannot be written{place}: {reason}."
        kind = type(found)
        if kind.__module__ == "sqlite3" and str(found) in SQLITE_MESSAGES:
            reason = f"{found}; {READ_ONLY_IMAGE}. {_sqlite_remedy()}"
            return f"SQLite cannot write its file{place}: {reason}."
    return None


def _remedy(path: Path) -> str:
    """What to do about a path in the image, as far as its name shows what it is for."""
    if path.suffix == ".log" or {"log", "logs"} & set(path.parts):
        return LOG_TO_STDERR
    if "instance" not in path.parts:
        return _on_volume(USE_DATA_DIR)
    return USE_POSTGRES if _has_postgres() else _on_volume(USE_INSTANCE_PATH)


def _sqlite_remedy() -> str:
    if _has_postgres():
        return USE_POSTGRES
    return _on_volume(USE_SQLITE_FILE)


def _on_volume(what: str) -> str:
    """`what` an app does that writes to a volume, after the volume itself if there is none."""
    if os.environ.get("DATA_DIR"):
        return f"{what[0].upper()}{what[1:]}, which is {os.environ['DATA_DIR']}"
    return f"{USE_VOLUME}, and {what}"


def _has_postgres() -> bool:
    return os.environ.get("DATABASE_URL", "").startswith("postgres")


def why_not_writable(path: Path, number: int | None, remedy: str = USE_VOLUME) -> str | None:
    """Why writing `path` fails with the error `number`, and what to do.

    None if that is not the reason. `remedy` is for a path in the image itself.
    """
    folder = next(each for each in (path, *path.parents) if _exists(each))
    if number != errno.EROFS and os.access(folder, os.W_OK):
        return None  # the file cannot be read, for instance
    if not is_on_volume(folder):
        return f"{READ_ONLY_IMAGE}. {remedy}"
    if number == errno.EROFS:
        return f"{folder} is on a volume that is mounted read-only. Mount it to be written"
    owner, user = folder.stat().st_uid, os.geteuid()
    return (
        f"{folder} belongs to user {owner}, and the app runs as user {user}. {how_to_own(folder)}"
    )


def how_to_own(folder: Path) -> str:
    """What to do about a folder on a volume that belongs to another user."""
    user, group = os.geteuid(), os.getegid()
    volume = next((each for each in (folder, *folder.parents) if each.is_mount()), folder)
    return (
        f"Give it to that user, as root: docker run --rm --user 0 -v VOLUME:{volume} IMAGE "
        f"chown -R {user}:{group} {folder}; on Kubernetes set fsGroup: {group}"
    )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # its folder cannot be searched; the folder itself is then what exists
        return False


def is_on_volume(path: Path) -> bool:
    """Whether a path is on another file system than the image's own."""
    return path.stat().st_dev != Path("/").stat().st_dev


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and its causes: SQLAlchemy, for instance, wraps the driver's errors."""
    found: BaseException | None = error
    for _ in range(10):
        if found is None:
            return
        yield found
        found = found.__cause__ or found.__context__
