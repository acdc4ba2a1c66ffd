"""Access to Postgres: one engine per process, and its transactions."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

import sqlalchemy
from flask import Flask, current_app
from sqlalchemy import Connection, Engine, NullPool, event
from sqlalchemy.exc import InvalidatePoolError

from . import deadline
from .connector import Connector
from .postgres_errors import READ_ONLY, sqlstate
from .settings import Settings

POOL_WAIT = 2.0  # seconds that a request waits for one of the pool's connections
PING_WAIT = 1.0  # seconds that a pooled connection has to answer a ping
GRACE = 0.5  # seconds by which the server's own timeout comes before ours
RECYCLE = 1800  # seconds; managed databases and their proxies silently drop older connections


def register(app: Flask, settings: Settings) -> None:
    """Give `app` an engine, and every request a deadline. Does not connect yet."""
    app.extensions["engine"] = engine_for_requests(settings)
    seconds = settings.statement_timeout + GRACE
    app.before_request(lambda: deadline.start(seconds))
    app.teardown_request(lambda _error: deadline.clear())


@contextmanager
def transaction() -> Iterator[Connection]:
    """A transaction in the current app's database, committed or rolled back at the end."""
    engine: Engine = current_app.extensions["engine"]
    with engine.begin() as connection:
        yield connection


def engine_for_requests(settings: Settings) -> Engine:
    """An engine with a pool, for the app."""
    connector = Connector(settings)
    engine = _engine(
        settings,
        connector,
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=POOL_WAIT,
        pool_recycle=RECYCLE,
        pool_use_lifo=True,  # surplus connections stay idle and are recycled
    )
    _ping_on_checkout(engine, connector)
    event.listen(engine, "connect", lambda _, record: _tolerate_clock_steps(engine, record))
    _limit_statements(engine, settings.statement_timeout)
    event.listen(engine, "handle_error", _leave_read_only_server)
    event.listen(engine, "handle_error", lambda context: _leave_silent_server(context, connector))
    event.listen(engine, "engine_disposed", lambda _: connector.forget())
    _engines.add(engine)
    return engine


def engine_for_migrations(settings: Settings) -> Engine:
    """An engine whose statements may take as long as they need."""
    return _engine(settings, Connector(settings).connect, poolclass=NullPool)


def _engine(settings: Settings, creator: Callable[[], Any], **options: Any) -> Engine:
    if settings.driver == "psycopg2":
        options["use_native_hstore"] = False  # saves a query per new connection
    return sqlalchemy.create_engine(
        f"postgresql+{settings.driver}://",
        creator=creator,
        hide_parameters=True,  # errors are logged, but users' texts must not be
        **options,
    )


def _ping_on_checkout(engine: Engine, connector: Connector) -> None:
    """Ping each pooled connection before it is used: restarts and firewalls end them unnoticed.

    SQLAlchemy's own `pool_pre_ping` would wait for a silent server until the request's deadline.
    """

    @event.listens_for(engine, "checkout")
    def ping(connection: Any, record: Any, _: Any) -> None:
        is_new = "pinged" not in record.info  # SQLAlchemy empties it for each new connection
        record.info["pinged"] = True
        try:
            with deadline.within(PING_WAIT):
                engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            if is_new:  # from a pooler whose database is away: another one would fail too
                connector.suspect(error)
                raise
            raise InvalidatePoolError from error


def _tolerate_clock_steps(engine: Engine, record: Any) -> None:
    """Ensure that a new connection counts as newer than the pool's last invalidation.

    SQLAlchemy compares times of the wall clock. If the clock was set back in between, SQLAlchemy
    would replace this connection at each use, until the clock has caught up.
    """
    pool: Any = engine.pool
    pool._invalidate_time = min(pool._invalidate_time, record.starttime)


def _limit_statements(engine: Engine, seconds: float) -> None:
    """Set the server's statement timeout in each transaction.

    A pooler in transaction mode rejects the connection parameter `options`, and would pass a
    session's setting on to other clients; SET LOCAL ends with the transaction.
    """
    statement = f"SET LOCAL statement_timeout = {int(seconds * 1000)}"

    @event.listens_for(engine, "begin")
    def limit(connection: Connection) -> None:
        connection.exec_driver_sql(statement)


def _leave_read_only_server(context: Any) -> None:
    """After a failover, drop all connections, so that new ones find the new primary."""
    if sqlstate(context.original_exception) == READ_ONLY:
        context.is_disconnect = True
        context.invalidate_pool_on_disconnect = True


def _leave_silent_server(context: Any, connector: Connector) -> None:
    """After a network error or a timeout without an answer from the server, suspect the server.

    Other requests then fail at once instead of waiting for a connection too.
    """
    if context.is_disconnect and sqlstate(context.original_exception) is None:
        connector.suspect(context.original_exception)


_engines: WeakSet[Engine] = WeakSet()


def _forget_connections() -> None:
    """In a forked child, drop the parent's connections without closing them."""
    for engine in _engines:
        engine.dispose(close=False)


os.register_at_fork(after_in_child=_forget_connections)
