"""The folder that the app may write, DEMIJOHN_DATA_DIR, and other volumes."""

import errno
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.common.write_errors import how_to_own, why_not_writable

MOUNTS = Path("/proc/self/mountinfo")
# File systems of the kernel and of container engines, and those that hosts mount for their files.
NOT_VOLUMES = re.compile(
    r"proc|sysfs|cgroup2?|devpts|mqueue|devtmpfs|tmpfs|ramfs|securityfs|bpf|nsfs|fuse\.lxcfs"
)


def unwritable_volumes(app_dir: Path, mounts: Path = MOUNTS) -> Iterator[str]:
    """A line for each volume that is mounted to be written, but belongs to another user.

    A mount with the app itself in it is its owner's source.
    """
    for text in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        # https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
        mount, _, system = text.partition(" - ")
        fields = mount.split(" ")
        path = Path(re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), fields[4]))
        is_writable = "rw" in fields[5].split(",") and "rw" in system.split(" ")[2].split(",")
        if NOT_VOLUMES.fullmatch(system.split(" ")[0]) or not is_writable:
            continue
        has_app = app_dir.resolve().is_relative_to(path)
        if path.is_dir() and not has_app and not os.access(path, os.W_OK):
            yield f"{path} is a volume that user {os.geteuid()} cannot write. {how_to_own(path)}"


def prepare(path: Path) -> None:
    """Create the folder if it does not exist, and check that this user may write in it.

    Raises CommandError(73).
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path) as file:
            file.write(b"demijohn")
    except OSError as error:
        reason = _reason(path, error)
        raise CommandError(
            Exit.CANNOT_WRITE, f"DEMIJOHN_DATA_DIR={str(path)!r} cannot be written: {reason}."
        ) from None


def _reason(path: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "its disk is full. Free some space"
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return "it is not a folder. Set it to a folder of a volume"
    reason = why_not_writable(path, error.errno, remedy="Mount a volume there")
    return reason or f"{error.strerror}. Set it to a folder of a volume"
