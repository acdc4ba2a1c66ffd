"""The folder that the app may write: DEMIJOHN_DATA_DIR."""

import errno
import tempfile
from pathlib import Path

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.common.write_errors import why_not_writable


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
