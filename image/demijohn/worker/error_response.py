"""What Gunicorn itself says when something is wrong: a problem (RFC 9457), as Nginx says it.

Gunicorn refuses some requests that Nginx lets pass, such as one with a hundred headers, and answers
for an app that fails before it has answered. It would do so in HTML, to a client that wants JSON.
"""

import json
import socket

from gunicorn import util

# The last part of the problem's `type`, and its detail; in the words of nginx.conf.
SAID = {
    400: ("malformed", "The request could not be understood."),
    431: ("headers-too-large", "The headers, cookies perhaps, are larger than this server takes."),
    500: ("internal", "Something went wrong here."),
}


def write(connection: socket.socket, status: int, reason: str, _message: str) -> None:
    """Answer with an error of Gunicorn's; stands in for gunicorn.util.write_error."""
    slug, detail = SAID.get(status) or SAID[400 if status < 500 else 500]
    problem = {"type": f"/problems/{slug}", "title": reason, "status": status, "detail": detail}
    body = json.dumps(problem).encode() + b"\n"
    head = (
        f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\n"
        f"Content-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    util.write_nonblock(connection, head.encode("ascii") + body)
