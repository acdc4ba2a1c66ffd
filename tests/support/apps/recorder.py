"""An app that writes down every request that reaches it, as WSGI hands it over."""

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

Environ = dict[str, Any]

JOURNAL = os.open(os.environ["JOURNAL"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)


def app(environ: Environ, start: Callable[..., Any]) -> Iterator[bytes]:
    """Write a line about the request before answering with the same line."""
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
    os.write(JOURNAL, line.encode() + b"\n")  # at once, whichever thread it is
    start("200 OK", [("Content-Type", "application/json")])
    yield line.encode()
