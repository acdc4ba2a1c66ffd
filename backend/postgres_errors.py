"""Classifies the database's errors, for both drivers."""

from typing import Any

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# SQLSTATE classes of errors that may be temporary: connection, authorization, unknown database,
# rollback, resources, object state, operator intervention (including statement timeouts), system.
UNAVAILABLE_CLASSES = {"08", "28", "3D", "40", "53", "55", "57", "58"}
READ_ONLY = "25006"  # after a failover the old primary is a standby that still answers


class KnownAway(Exception):
    """Raised instead of a connection attempt while the database is known to be away; the log
    already has the reason.
    """


def sqlstate(error: BaseException) -> str | None:
    """The five-character code of an error that comes from Postgres, for both drivers."""
    code = getattr(error, "pgcode", None)
    if code is None and error.args and isinstance(error.args[0], dict):
        code = error.args[0].get("C")
    return code


def reason(error: BaseException) -> str:
    """The message of the driver or the server, in one line."""
    origin = getattr(error, "orig", None) or error  # SQLAlchemy wraps the driver's error
    message: Any = origin.args[0] if origin.args else error
    return " ".join(str(message["M"] if isinstance(message, dict) else message).split())


def is_unavailable(error: BaseException) -> bool:
    """Whether the database is away or busy, so that a retry may succeed."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    code = sqlstate(error.orig) if error.orig else None
    if code is not None:
        return code[:2] in UNAVAILABLE_CLASSES or code == READ_ONLY
    return error.connection_invalidated or isinstance(error, OperationalError)
