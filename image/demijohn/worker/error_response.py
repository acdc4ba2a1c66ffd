"""Gunicorn's own error responses, as problem documents (RFC 9457) like those of Nginx.

Gunicorn rejects some requests that Nginx accepts, such as one with 120 headers, and answers
500 if the app raises before it has responded. By default it would answer in HTML.
"""

import json
import socket

from gunicorn import util

# The last part of the problem's `type`, and its detail, with the same texts as in nginx.conf.
DETAILS = {
    400: ("malformed", "The request is malformed."),
    431: ("headers-too-large", "The headers, possibly cookies, are too large."),
    500: ("internal", "The server encountered an error."),
    502: ("unavailable", "The process that worked on this request has ended."),
}


def problem(status: int, title: str) -> bytes:
    """The problem document of a status; one that has no text of its own is a 400 or a 500."""
    slug, detail = DETAILS.get(status) or DETAILS[400 if status < 500 else 500]
    members = {"type": f"/problems/{slug}", "title": title, "status": status, "detail": detail}
    return json.dumps(members).encode() + b"\n"


def write(connection: socket.socket, status: int, reason: str, _message: str) -> None:
    """Send an error response; replaces gunicorn.util.write_error."""
    body = problem(status, reason)
    head = (
        f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\n"
        f"Content-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    util.write_nonblock(connection, head.encode("ascii") + body)
