"""Identifies voters by a random cookie per poll; the database stores its hash.

With a cookie per poll, ballots of the same voter in two polls cannot be linked, and a late response
of one poll cannot overwrite the cookie of another.
"""

import re

from flask import Response, g, request

from .secret_keys import digest, new_secret

COOKIE = "tally_voter"
ONE_YEAR = 365 * 24 * 3600


def current_voter(poll_id: str) -> bytes:
    """The hash of this voter in `poll_id`; a request without a cookie gets a new one."""
    token = request.cookies.get(COOKIE, "")
    if not re.fullmatch(r"[\w-]{32}", token, re.ASCII):
        token = g.new_voter = new_secret()
    return digest(poll_id, token)


def set_voter_cookie(response: Response) -> Response:
    """After a request: set the cookie of a new voter."""
    token = g.pop("new_voter", None)
    if token is not None and response.status_code < 400:
        response.set_cookie(
            COOKIE,
            token,
            max_age=ONE_YEAR,
            path=request.script_root + request.path,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
        )
    return response
