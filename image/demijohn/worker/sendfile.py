"""Lets Nginx send a file of the data folder that the app names by X-Sendfile.

Flask's `send_file` does that with USE_X_SENDFILE, for every file
(https://flask.palletsprojects.com/en/stable/config/#USE_X_SENDFILE). Nginx has another header, with
a URL (https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ignore_headers). No thread is
occupied while a client reads. Files elsewhere are sent from here.
"""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from demijohn.common.data_location import DATA_LOCATION

Headers = list[tuple[str, str]]

BLOCK_BYTES = 1 << 16
RANGE = re.compile(r"bytes (\d+)-(\d+)/")


class Part(NamedTuple):
    """A file, and the bytes from `start` to before `stop`; None is the end."""

    path: str
    start: int = 0
    stop: int | None = None

    def read(self) -> Iterator[bytes]:
        """The bytes in blocks. Raises OSError."""
        with Path(self.path).open("rb") as file:
            stop = os.fstat(file.fileno()).st_size if self.stop is None else self.stop
            left = stop - file.seek(self.start)
            while left > 0 and (block := file.read(min(left, BLOCK_BYTES))):
                left -= len(block)
                yield block


def resolve(status: str, headers: Headers, folder: str) -> tuple[Headers, Part | None]:
    """The headers for Nginx, and what to send in place of the app's body.

    `folder` is the data folder or "". The app's own X-Accel-Redirect is dropped, and X-Sendfile
    counts only if the app has asked for it: a view may have copied the headers of another server.
    """
    headers = [pair for pair in headers if pair[0].lower() != "x-accel-redirect"]
    path = next((value for name, value in headers if name.lower() == "x-sendfile"), None)
    if path is None or not _is_used():
        return headers, None
    kept = [pair for pair in headers if pair[0].lower() != "x-sendfile"]
    real = os.path.realpath(path)
    if folder and os.path.commonpath([real, folder]) == folder:
        kept = [pair for pair in kept if pair[0].lower() != "content-length"]
        target = DATA_LOCATION + quote(os.path.relpath(real, folder))
        return [*kept, ("X-Accel-Redirect", target)], None
    if status.startswith("304"):
        return kept, Part(path, stop=0)
    wanted = next((value for name, value in kept if name.lower() == "content-range"), "")
    if part := RANGE.match(wanted):
        return kept, Part(path, int(part[1]), int(part[2]) + 1)
    return kept, Part(path)


def _is_used() -> bool:
    """Whether the Flask app that answers has USE_X_SENDFILE."""
    flask = sys.modules.get("flask")
    return bool(flask and flask.current_app and flask.current_app.config.get("USE_X_SENDFILE"))
