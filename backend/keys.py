"""Names and secrets: poll ids, manage keys, and the only form in which secrets are kept."""

import base64
import hashlib
import hmac
import re
import secrets

from flask import request

from .problems import Problem

# Crockford's base 32 in lower case: without i, l, o, which look like 1 and 0, and without u.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
ID_LENGTH = 8
LOOK_ALIKES = str.maketrans("ilo", "110")
SECRET_BYTES = 24  # 192 bits: nobody guesses one, so a plain hash keeps it


def new_poll_id() -> str:
    """A random id of 40 bits, short enough to be typed from a screen."""
    return "".join(secrets.choice(ALPHABET) for _ in range(ID_LENGTH))


def canonical_poll_id(typed: str) -> str | None:
    """The id that somebody meant who typed it by hand, or None if it cannot be one."""
    poll_id = typed.lower().translate(LOOK_ALIKES)
    return poll_id if re.fullmatch(rf"[{ALPHABET}]{{{ID_LENGTH}}}", poll_id) else None


def new_secret() -> str:
    """A fresh secret, safe in a URL, a cookie or a header."""
    return secrets.token_urlsafe(SECRET_BYTES)


def secret_from(token: str) -> str:
    """The secret that `token`, itself a secret, always brings; of the form of a fresh one."""
    return base64.urlsafe_b64encode(digest("manage-key", token)[:SECRET_BYTES]).decode()


def digest(*parts: str) -> bytes:
    """SHA-256 of a secret, bound to whatever else is given."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()


def presented_manage_key() -> str:
    """The manage key that the request carries.

    Raises Problem(key-missing) where there is none.
    """
    authorization = request.authorization
    if authorization is None or authorization.type != "bearer" or not authorization.token:
        raise Problem(
            "key-missing",
            "Send the poll's manage key: Authorization: Bearer <manage_key>",
            headers={"WWW-Authenticate": 'Bearer realm="tally"'},
        )
    return authorization.token


def require_manage_key(presented: str, kept: bytes) -> None:
    """Raise Problem(key-wrong) unless `presented` is the key whose digest was `kept`."""
    if not hmac.compare_digest(digest(presented), kept):
        raise Problem("key-wrong")
