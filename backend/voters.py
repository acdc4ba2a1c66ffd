"""Who votes: a random cookie for each poll, of which the database holds a hash.

From two polls nobody can tell that a voter was the same; nor can the answer of one poll, which may
come late, take away what another has given.
"""

import re

from flask import Response, g, request

from .keys import digest, new_secret

COOKIE = "tally_voter"
ONE_YEAR = 365 * 24 * 3600


def current_voter(poll_id: str) -> bytes:
    """The hash of this voter in `poll_id`; a voter who brings no cookie will be given one."""
    token = request.cookies.get(COOKIE, "")
    if not re.fullmatch(r"[\w-]{32}", token, re.ASCII):
        token = g.new_voter = new_secret()
    return digest(poll_id, token)


def hand_out_cookie(response: Response) -> Response:
    """After a request: give a new voter the cookie."""
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
