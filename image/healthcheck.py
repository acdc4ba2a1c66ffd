"""`demijohn healthcheck`: asks the container's own front door whether it is alive."""

import os
from http.client import HTTPConnection, HTTPException

from .exits import Exit, Stop

TIMEOUT_SECONDS = 4


def run() -> int:
    """Exit status 0 if /healthz answers 200. Raises Stop(1) if not."""
    connection = HTTPConnection(
        "127.0.0.1", int(os.environ.get("PORT") or 8080), timeout=TIMEOUT_SECONDS
    )
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise Stop(Exit.FAILED, f"/healthz does not answer: {error}") from None
    finally:
        connection.close()
    if status != 200:
        raise Stop(Exit.FAILED, f"/healthz answers {status}")
    return Exit.OK
