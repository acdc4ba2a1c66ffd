"""Imports the app in a new worker before Gunicorn prepares that for requests.

An app may replace what Gunicorn's worker consists of, such as threads and locks
(gevent.monkey.patch_all), and the handlers of signals. Gunicorn's own import comes after it has
created and set these (gunicorn.workers.base.Worker.init_process).
"""

import signal
from typing import Any

from demijohn.worker import wsgi


class EarlyImport:
    """The import of the app in `worker`, a gunicorn.workers.base.Worker."""

    def __init__(self, worker: Any) -> None:
        for number in worker.SIGNALS:  # those of the master count no longer
            signal.signal(number, signal.SIG_DFL)
        wsgi.application  # noqa: B018 - it is imported when it is read
        handlers = {number: signal.getsignal(number) for number in worker.SIGNALS}
        self._handlers = {
            number: handler for number, handler in handlers.items() if handler != signal.SIG_DFL
        }

    def restore_handlers(self) -> None:
        """Use the app's handlers of signals, which Gunicorn has replaced since."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
