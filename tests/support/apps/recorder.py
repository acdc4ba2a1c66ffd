"""An app that records every request that reaches it, as WSGI passes it."""

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

Environ = dict[str, Any]

JOURNAL = os.open(os.environ["JOURNAL"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)


def app(environ: Environ, start: Callable[..., Any]) -> Iterator[bytes]:
    """Record the request as a line of JSON, then respond with the same line."""
    line = json.dumps(
        {
            "method": environ["REQUEST_METHOD"],
            "path": environ["PATH_INFO"],
            "query": environ["QUERY_STRING"],
            "script": environ.get("SCRIPT_NAME", ""),
            "scheme": environ["wsgi.url_scheme"],
            "address": environ["REMOTE_ADDR"],
            "body": environ["wsgi.input"].read().decode("latin-1"),
            "headers": {
                name.removeprefix("HTTP_").replace("_", "-").lower(): value
                for name, value in environ.items()
                if name.startswith("HTTP_")
            },
        }
    )
    # One write, so that lines of several threads do not mix.
    os.write(JOURNAL, line.encode() + b"\n")
    start("200 OK", [("Content-Type", "application/json")])
    yield line.encode()
