"""`demijohn healthcheck`: asks the container's own front door whether it is alive."""

from http.client import HTTPConnection, HTTPException

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.config.settings import load_one

TIMEOUT_SECONDS = 8  # while the database hangs, threads may be busy for half of that


def run() -> int:
    """Exit status 0 if /healthz answers 200. Raises CommandError(1) if not."""
    connection = HTTPConnection("127.0.0.1", load_one("PORT"), timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise CommandError(Exit.FAILED, f"/healthz does not answer: {error}") from None
    finally:
        connection.close()
    if status != 200:
        raise CommandError(Exit.FAILED, f"/healthz answers {status}")
    return Exit.OK
