"""Decides which responses Nginx's shared cache may keep, and tells Nginx by X-Accel-Expires.

Of a response with `X-Accel-Expires: 0`, Nginx keeps nothing, and passes it on as it is; it never
sends the header to clients
(https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_cache_valid).
"""

import re
import time
from collections.abc import Mapping
from typing import Any

Headers = list[tuple[str, str]]

S_MAXAGE = re.compile(r"(^|[\s,])s-maxage=0*[1-9]", re.IGNORECASE)
REFUSED = re.compile(r"(^|[\s,])(private|no-cache|no-store)([\s,=]|$)", re.IGNORECASE)
COOKIE = re.compile(r"(^|[\s,])(cookie|\*)([\s,]|$)", re.IGNORECASE)

CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")
NEVER_KEPT = ("HTTP_AUTHORIZATION", "HTTP_RANGE", "HTTP_UPGRADE")  # as nginx.conf has it

KEPT_PER_SECOND = 8 << 20  # by all workers together
FILE_BYTES = 4096  # the headers, and the part of the last page that is not used

DO_NOT_KEEP = ("X-Accel-Expires", "0")


class SharedCache:
    """Decides for responses of up to `max_bytes`, and of `bytes_per_second` in total.

    The second bound holds until PID 1 next deletes old files (serve/nginx_cache.py): the cache may
    be in memory.

    Only s-maxage marks a response as everybody's. `public` does not suffice: Flask's `send_file`
    says it of every file, private ones too
    (https://github.com/pallets/werkzeug/blob/main/src/werkzeug/utils.py, `send_file`).
    """

    def __init__(self, max_bytes: int, bytes_per_second: float = KEPT_PER_SECOND) -> None:
        self._max_bytes = max_bytes
        self._bytes_per_second = bytes_per_second
        self._left = bytes_per_second
        self._refilled = time.monotonic()

    def unconditional(self, environ: Mapping[str, Any]) -> dict[str, Any] | None:
        """The request without its conditions, if it has any, and Nginx may keep a response to it.

        If 2,000 clients know a response and Nginx does not, as after a deploy, the app would answer
        each of their requests with a 304, of which Nginx can keep nothing.
        """
        if environ["REQUEST_METHOD"] != "GET" or any(name in environ for name in NEVER_KEPT):
            return None
        if not any(name in environ for name in CONDITIONS):
            return None
        return {name: value for name, value in environ.items() if name not in CONDITIONS}

    def may_keep(self, headers: Headers) -> bool:
        """Whether Nginx may keep a response with these headers, and send it to other clients."""
        lengths = [value for name, value in headers if name.lower() == "content-length"]
        length = int(lengths[-1]) if lengths and lengths[-1].isdecimal() else -1
        return is_shared(headers) and 0 <= length <= self._max_bytes and self._has_room(length)

    def _has_room(self, length: int) -> bool:
        """Whether so many bytes may be kept now; if so, they are subtracted."""
        now = time.monotonic()
        earned = (now - self._refilled) * self._bytes_per_second
        self._left, self._refilled = min(self._left + earned, self._bytes_per_second), now
        if (kept := length + FILE_BYTES) > self._left:
            return False
        self._left -= kept
        return True


def is_shared(headers: Headers) -> bool:
    """Whether the app marks a response as everybody's, and nothing in it says the contrary."""
    shared = False
    for name, value in headers:
        match name.lower():
            case "cache-control" if REFUSED.search(value):
                return False
            case "cache-control" if S_MAXAGE.search(value):
                shared = True
            case "set-cookie":
                return False
            case "vary" if COOKIE.search(value):
                return False
    return shared


def is_unchanged_shared(status: str, headers: Headers) -> bool:
    """Whether this is a 304 for a response that Nginx may keep."""
    return status.startswith("304") and is_shared(headers)
