"""`demijohn healthcheck`: requests /livez from the container's own Nginx."""

from http.client import HTTPConnection, HTTPException

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.config.settings import load_one

TIMEOUT_SECONDS = 8  # longer than Nginx waits for a worker, so that Nginx reports the error


def run() -> int:
    """Return exit status 0 if /livez answers 200. Raises CommandError(1) otherwise."""
    connection = HTTPConnection("127.0.0.1", load_one("PORT"), timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/livez")
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise CommandError(Exit.FAILED, f"/livez does not answer: {error}") from None
    finally:
        connection.close()
    if status != 200:
        raise CommandError(Exit.FAILED, f"/livez answers {status}")
    return Exit.OK
