"""The way to Postgres: one engine a process, transactions, and what counts as "unavailable"."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from weakref import WeakSet

import sqlalchemy
from flask import Flask, current_app
from sqlalchemy import Connection, Engine, NullPool, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from . import patience
from .connection_url import each_host
from .settings import Settings

POOL_WAIT = 2.0  # seconds that a request waits for one of the pool's connections
RECYCLE = 1800  # seconds; managed databases and their proxies drop what is older, without a word

# A cut network is noticed after 2 s of unacknowledged data, an idle one after 30 + 3 * 5 s.
# The URL may say otherwise.
NETWORK = {
    "keepalives_idle": "30",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "2000",
}

# SQLSTATE classes that say "not now": connection, authorization, no such database, rolled back,
# resources, not in the needed state, operator's intervention (which a statement timeout is, too),
# system error.
UNAVAILABLE_CLASSES = {"08", "28", "3D", "40", "53", "55", "57", "58"}
READ_ONLY = "25006"  # after a failover the old primary is a standby that still answers


def register(app: Flask, settings: Settings) -> None:
    """Give `app` an engine, and every request its patience. Nothing connects yet."""
    app.extensions["engine"] = engine_for_requests(settings)
    seconds = settings.statement_timeout + 0.5  # the server's own timeout comes first
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
    engine = _engine(
        settings,
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=POOL_WAIT,
        pool_recycle=RECYCLE,
        pool_pre_ping=True,
        pool_use_lifo=True,  # what is not needed stays idle, and is recycled
    )
    _limit_statements(engine, settings.statement_timeout)
    event.listen(engine, "handle_error", _leave_read_only_server)
    _engines.add(engine)
    return engine


def engine_for_migrations(settings: Settings) -> Engine:
    """An engine whose statements may take as long as they need."""
    return _engine(settings, poolclass=NullPool)


def _engine(settings: Settings, **options: Any) -> Engine:
    if settings.driver == "psycopg2":
        options["use_native_hstore"] = False  # spares each new connection a query
    return sqlalchemy.create_engine(
        f"postgresql+{settings.driver}://",
        creator=_Connector(settings),
        hide_parameters=True,  # errors are logged, and what people typed is not
        **options,
    )


def _limit_statements(engine: Engine, seconds: float) -> None:
    """Bound statements on the server, for each transaction anew.

    A pooler in transaction mode refuses the connection parameter `options`, and would hand a
    session's setting to somebody else; SET LOCAL ends with the transaction.
    """
    statement = f"SET LOCAL statement_timeout = {int(seconds * 1000)}"

    @event.listens_for(engine, "begin")
    def limit(connection: Connection) -> None:
        connection.exec_driver_sql(statement)


class _Connector:
    """Makes the pool's connections, from whichever listed host answers.

    While the last attempt has failed, one thread at a time tries anew and the others fail at once:
    else every thread would spend its patience on the same silence, and requests would queue.
    """

    def __init__(self, settings: Settings) -> None:
        self._driver = import_module(f".{settings.driver}_connect", __package__)
        self._hosts = each_host(NETWORK | dict(settings.database))
        self._timeout = float(settings.database.get("connect_timeout", settings.connect_timeout))
        self._failing = False
        self._trying = threading.Lock()

    def __call__(self) -> Any:
        if not self._failing:
            return self._try()
        if not self._trying.acquire(blocking=False):
            raise self._driver.OperationalError("the database does not answer")
        try:
            return self._try()
        finally:
            self._trying.release()

    def _try(self) -> Any:
        try:
            with patience.at_most(self._timeout):
                connection = self._first_that_answers()
        except Exception:
            self._failing = True
            raise
        self._failing = False
        return connection

    def _first_that_answers(self) -> Any:
        *others, last = self._hosts
        for number, host in enumerate(others):
            share = (patience.left() or 0) / (len(self._hosts) - number)
            try:
                with patience.at_most(share):
                    return self._driver.connect(host)
            except self._driver.Error:
                continue
        return self._driver.connect(last)


def sqlstate(error: BaseException) -> str | None:
    """The five-letter code that Postgres gave an error of either driver, if it is from there."""
    code = getattr(error, "pgcode", None)
    if code is None and error.args and isinstance(error.args[0], dict):
        code = error.args[0].get("C")
    return code


def reason(error: DBAPIError) -> str:
    """What the driver or the server said, in one line."""
    said: Any = error.orig.args[0] if error.orig and error.orig.args else error
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


def _leave_read_only_server(context: Any) -> None:
    """After a failover: drop every connection, so that the next ones find the new primary."""
    if sqlstate(context.original_exception) == READ_ONLY:
        context.is_disconnect = True
        context.invalidate_pool_on_disconnect = True


_engines: WeakSet[Engine] = WeakSet()


def _forget_connections() -> None:
    """In a forked child: the parent's connections are the parent's, and must not be closed here."""
    for engine in _engines:
        engine.dispose(close=False)


os.register_at_fork(after_in_child=_forget_connections)
