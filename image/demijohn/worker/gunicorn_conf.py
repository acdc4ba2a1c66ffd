"""Gunicorn's configuration: it listens on the socket of supervisord and preloads the app."""

import json
import os
import signal
from contextlib import suppress
from pathlib import Path

from gunicorn import util

from demijohn.common.log import log_error
from demijohn.common.run_dir import FAILED_MARKER, LOADED_MARKER, NEEDS_MARKER
from demijohn.worker import (
    app_logging,
    app_needs,
    atomic_response,
    error_response,
    fork_safety,
    probe_server,
    watchdog,
    wsgi,
)
from demijohn.worker.retried_requests import RetriedRequests
from demijohn.worker.thread_pool import ThreadPool

RUN_DIR = Path(os.environ["DEMIJOHN_RUN_DIR"])

wsgi_app = "demijohn.worker.wsgi:application"
bind = f"fd://{os.environ['DEMIJOHN_SOCKET_FD']}"  # supervisord's listening socket (__main__.py)

# The app is imported once, in the master: workers share its memory and start at once. Not if it
# starts threads or opens connections during the import (app_needs.py).
preload_app = os.environ["DEMIJOHN_PRELOAD"] == "true"
workers = int(os.environ["DEMIJOHN_WEB_CONCURRENCY"])
worker_class = "gthread"  # a thread that waits for the database does not block the others
threads = int(os.environ["DEMIJOHN_WEB_THREADS"])

# A worker accepts a request only if a thread is free. Other requests stay in the socket's backlog,
# for the first worker that is free.
worker_connections = threads
keepalive = 0

# Gunicorn kills a worker whose main thread hangs for so long. The watchdog replaces a worker in
# which another thread hangs.
timeout = int(os.environ["DEMIJOHN_REQUEST_TIMEOUT"])
graceful_timeout = timeout  # supervisord kills it earlier, after Nginx's requests are done
worker_tmp_dir = str(RUN_DIR)

# Only Nginx can reach the socket, and it overwrites these headers.
forwarded_allow_ips = "*"

loglevel = os.environ["DEMIJOHN_LOG_LEVEL"]
app_logging.install(loglevel)
control_socket_disable = True  # it would be in HOME, which may not be writable

limit_request_line = 8190  # as in Nginx

atomic_response.install()

# Shared by the workers, which are forked later.
retried_requests = RetriedRequests(alone=workers == 1)

# Gunicorn has no setting for the form of its own errors (Worker.handle_error in its code).
util.write_error = error_response.write


def on_starting(server):  # type: ignore[no-untyped-def]
    """Open the socket for probes; the app is imported by now, if it is preloaded.

    At exit, Gunicorn would delete the file of its listening socket, which belongs to supervisord
    and to the next Gunicorn. It does not if systemd holds the socket (Arbiter.stop).
    """
    fork_safety.close_connections()
    if preload_app and (needs := app_needs.needed()):
        app_needs.restart(needs)
    for marker in (LOADED_MARKER, FAILED_MARKER, NEEDS_MARKER):
        (RUN_DIR / marker).unlink(missing_ok=True)
    server.probes = probe_server.listen(RUN_DIR / "probes.sock")
    server.systemd = True


def child_exit(server, worker):  # type: ignore[no-untyped-def]
    """End with a worker that could not import the app, if none has ever loaded it.

    Without preloading, the workers import the app, and Gunicorn would start them for ever. Then
    only they know what the app needs.
    """
    failed, needs = RUN_DIR / FAILED_MARKER, RUN_DIR / NEEDS_MARKER
    if (RUN_DIR / LOADED_MARKER).exists():
        return
    if needs.exists():
        server.kill_workers(signal.SIGKILL)
        # Gunicorn has closed this number after it had copied the socket (its sock.py).
        os.dup2(server.LISTENERS[0].fileno(), int(os.environ["DEMIJOHN_SOCKET_FD"]))
        app_needs.restart(json.loads(needs.read_text(encoding="utf-8")))
    if failed.exists():
        status, line = failed.read_text().split(" ", 1)
        server.kill_workers(signal.SIGKILL)
        log_error(line)  # the last line: Gunicorn itself would add some
        os._exit(int(status))


def post_fork(server, worker):  # type: ignore[no-untyped-def]
    """Let the kernel kill a worker first if memory runs out."""
    worker.probes = server.probes
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def post_worker_init(worker):  # type: ignore[no-untyped-def]
    """Start the probe server and the watchdog of a worker that has loaded the app."""
    if not preload_app:
        _leave_to_master(app_needs.needed())
    pool = ThreadPool(worker)
    app = wsgi.application
    app_logging.leave_to_app()
    app.probes.watch(pool)
    app.retried = retried_requests
    probe_server.serve(worker.probes, app.probes)
    # One second later, so that Nginx has already answered the client with 504.
    memory_mb = int(os.environ["DEMIJOHN_WORKER_MEMORY_MB"])
    watchdog.start(timeout + 1, memory_mb, pool)
    retried_requests.join()
    _say_ready()


def _leave_to_master(needs: list[app_needs.Change]) -> None:
    """End this worker if Gunicorn must be started again, with other values (child_exit)."""
    if needs and not (RUN_DIR / LOADED_MARKER).exists():
        own = RUN_DIR / f"{NEEDS_MARKER}.{os.getpid()}"  # renamed when it is complete
        own.write_text(json.dumps(needs), encoding="utf-8")
        own.replace(RUN_DIR / NEEDS_MARKER)
        os._exit(0)


def _say_ready() -> None:
    """The first worker logs that requests are served from here on; PID 1 then starts Nginx."""
    with suppress(FileExistsError):
        (RUN_DIR / LOADED_MARKER).touch(exist_ok=False)
        text = f"{workers} workers with {threads} threads each"
        (RUN_DIR / LOADED_MARKER).write_text(text, encoding="utf-8")  # for `demijohn doctor`
        print(f"ready: {text}", flush=True)
