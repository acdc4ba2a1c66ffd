"""The way to Postgres: one engine a process, and transactions of it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

import sqlalchemy
from flask import Flask, current_app
from sqlalchemy import Connection, Engine, NullPool, event
from sqlalchemy.exc import InvalidatePoolError

from . import patience
from .connector import Connector
from .postgres_errors import READ_ONLY, sqlstate
from .settings import Settings

POOL_WAIT = 2.0  # seconds that a request waits for one of the pool's connections
PING_WAIT = 1.0  # seconds that a pooled connection has to show that it lives
GRACE = 0.5  # seconds that the server's own timeout comes before ours
RECYCLE = 1800  # seconds; managed databases and their proxies drop what is older, without a word


def register(app: Flask, settings: Settings) -> None:
    """Give `app` an engine, and every request its patience. Nothing connects yet."""
    app.extensions["engine"] = engine_for_requests(settings)
    seconds = settings.statement_timeout + GRACE
    app.before_request(lambda: patience.start(seconds))
    app.teardown_request(lambda _error: patience.end())


@contextmanager
def transaction() -> Iterator[Connection]:
    """A transaction of the current app's database: committed at the end, or rolled back."""
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
        pool_use_lifo=True,  # what is not needed stays idle, and is recycled
    )
    _ping(engine, connector)
    event.listen(engine, "connect", lambda _, record: _heed_the_clock(engine, record))
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
        options["use_native_hstore"] = False  # spares each new connection a query
    return sqlalchemy.create_engine(
        f"postgresql+{settings.driver}://",
        creator=creator,
        hide_parameters=True,  # errors are logged, and what people typed is not
        **options,
    )


def _ping(engine: Engine, connector: Connector) -> None:
    """Try each connection before it is used: restarts, failovers and firewalls end them unseen.

    SQLAlchemy's own `pool_pre_ping` would wait for a silent one until there is no time left for
    another.
    """

    @event.listens_for(engine, "checkout")
    def ping(connection: Any, record: Any, _: Any) -> None:
        is_new = "pinged" not in record.info  # which SQLAlchemy empties with each new connection
        record.info["pinged"] = True
        try:
            with patience.at_most(PING_WAIT):
                engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            if is_new:  # a pooler let us in whose database is away: another would be no better
                connector.suspect(error)
                raise
            raise InvalidatePoolError from error


def _heed_the_clock(engine: Engine, record: Any) -> None:
    """See to it that a new connection is younger than the last that were given up.

    SQLAlchemy compares moments of the wall clock. Where that went back in between, it would make
    this connection anew for each use, until the clock is as far as it was.
    """
    pool: Any = engine.pool
    pool._invalidate_time = min(pool._invalidate_time, record.starttime)


def _limit_statements(engine: Engine, seconds: float) -> None:
    """Bound statements on the server, for each transaction anew.

    A pooler in transaction mode refuses the connection parameter `options`, and would hand a
    session's setting to somebody else; SET LOCAL ends with the transaction.
    """
    statement = f"SET LOCAL statement_timeout = {int(seconds * 1000)}"

    @event.listens_for(engine, "begin")
    def limit(connection: Connection) -> None:
        connection.exec_driver_sql(statement)


def _leave_read_only_server(context: Any) -> None:
    """After a failover: drop every connection, so that the next ones find the new primary."""
    if sqlstate(context.original_exception) == READ_ONLY:
        context.is_disconnect = True
        context.invalidate_pool_on_disconnect = True


def _leave_silent_server(context: Any, connector: Connector) -> None:
    """After a statement that the network ended, or time: no word came of the server itself.

    Whoever waits for this thread must not wait for a connection, too.
    """
    if context.is_disconnect and sqlstate(context.original_exception) is None:
        connector.suspect(context.original_exception)


_engines: WeakSet[Engine] = WeakSet()


def _forget_connections() -> None:
    """In a forked child: the parent's connections are the parent's, and must not be closed here."""
    for engine in _engines:
        engine.dispose(close=False)


os.register_at_fork(after_in_child=_forget_connections)
