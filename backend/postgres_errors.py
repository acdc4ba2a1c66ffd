"""What the database's errors mean, whichever driver raises them."""

from typing import Any

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# SQLSTATE classes that say "not now": connection, authorization, no such database, rolled back,
# resources, not in the needed state, operator's intervention (which a statement timeout is, too),
# system error.
UNAVAILABLE_CLASSES = {"08", "28", "3D", "40", "53", "55", "57", "58"}
READ_ONLY = "25006"  # after a failover the old primary is a standby that still answers


class KnownAway(Exception):
    """Nothing was asked, for the database is away, as has been logged."""


def sqlstate(error: BaseException) -> str | None:
    """The five-letter code that Postgres gave an error of either driver, if it is from there."""
    code = getattr(error, "pgcode", None)
    if code is None and error.args and isinstance(error.args[0], dict):
        code = error.args[0].get("C")
    return code


def reason(error: BaseException) -> str:
    """What the driver or the server said, in one line."""
    origin = getattr(error, "orig", None) or error  # which SQLAlchemy has wrapped
    said: Any = origin.args[0] if origin.args else error
    return " ".join(str(said["M"] if isinstance(said, dict) else said).split())


def is_unavailable(error: BaseException) -> bool:
    """Whether `error` says that the database is away or busy, so that trying again makes sense."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    code = sqlstate(error.orig) if error.orig else None
    if code is not None:
        return code[:2] in UNAVAILABLE_CLASSES or code == READ_ONLY
    return error.connection_invalidated or isinstance(error, OperationalError)
