"""Poll ids and manage keys, and the hashes in which keys are stored."""

import base64
import hashlib
import hmac
import re
import secrets

from flask import request

from .problems import Problem

# Crockford's base 32 in lower case: without i, l and o, which look like 1 and 0, and without u.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
ID_LENGTH = 8
LOOK_ALIKES = str.maketrans("ilo", "110")
SECRET_BYTES = 24  # 192 bits cannot be guessed, so that a plain hash is enough


def new_poll_id() -> str:
    """A random id of 40 bits, short enough to type from a screen."""
    return "".join(secrets.choice(ALPHABET) for _ in range(ID_LENGTH))


def canonical_poll_id(typed: str) -> str | None:
    """The id for a text that was typed by hand, or None if it cannot be an id."""
    poll_id = typed.lower().translate(LOOK_ALIKES)
    return poll_id if re.fullmatch(rf"[{ALPHABET}]{{{ID_LENGTH}}}", poll_id) else None


def new_secret() -> str:
    """A new secret, safe in a URL, a cookie or a header."""
    return secrets.token_urlsafe(SECRET_BYTES)


def secret_from(token: str) -> str:
    """Derive a secret from `token`, which is a secret itself; it has the form of a new one."""
    return base64.urlsafe_b64encode(digest("manage-key", token)[:SECRET_BYTES]).decode()


def digest(*parts: str) -> bytes:
    """SHA-256 of the given parts, one of which is a secret."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()


def presented_manage_key() -> str:
    """The manage key in the request's Authorization header.

    Raises Problem(key-missing) if there is none.
    """
    authorization = request.authorization
    if authorization is None or authorization.type != "bearer" or not authorization.token:
        raise Problem(
            "key-missing",
            "Send the poll's manage key: Authorization: Bearer <manage_key>",
            headers={"WWW-Authenticate": 'Bearer realm="tally"'},
        )
    return authorization.token


def require_manage_key(presented: str, stored: bytes) -> None:
    """Raise Problem(key-wrong) unless `stored` is the digest of the key `presented`."""
    if not hmac.compare_digest(digest(presented), stored):
        raise Problem("key-wrong")
