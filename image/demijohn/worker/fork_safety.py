"""Closes the connections that the app opened while it was imported.

Gunicorn imports the app once and forks its workers, which would share each connection: answers of
the database would reach the wrong worker. So they are closed before the first fork; each worker
opens its own. redis-py compares process ids itself (`ConnectionPool._checkpid`).
"""

import gc
import sys
from contextlib import suppress
from queue import Empty
from typing import Any


def close_connections() -> None:
    """Close the pooled connections of SQLAlchemy's engines and of urllib3, which requests uses."""
    engine = _loaded("sqlalchemy.engine", "Engine")
    http_pool = _loaded("urllib3.connectionpool", "HTTPConnectionPool")
    if not engine and not http_pool:
        return
    for found in gc.get_objects():
        # Not isinstance: a proxy such as flask.request answers for what it stands for.
        kind = type(found)
        if engine and issubclass(kind, engine):
            if not _is_in_memory(found):
                found.dispose()
        elif http_pool and issubclass(kind, http_pool):
            _empty(found)


def _is_in_memory(engine: Any) -> bool:
    """Whether this is SQLite in memory, which ends with its connection, and which a fork copies."""
    database = engine.url.database
    return engine.dialect.name == "sqlite" and (
        not database or database == ":memory:" or "mode=memory" in database
    )


def _loaded(module: str, name: str) -> type | None:
    """A class, if the app has imported its module."""
    return getattr(sys.modules.get(module), name, None)


def _empty(pool: Any) -> None:
    """Close the connections of a urllib3 pool, which stays usable, unlike after its close()."""
    closed = 0
    with suppress(Empty, AttributeError):  # AttributeError: it was closed, and has no queue
        while True:
            if connection := pool.pool.get(block=False):
                connection.close()
            closed += 1
    for _ in range(closed):
        pool.pool.put(None, block=False)
