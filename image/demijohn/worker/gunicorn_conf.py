"""Gunicorn's configuration: it listens on the socket of supervisord, and starts with one worker."""

import os
from contextlib import suppress
from pathlib import Path

from gunicorn import util

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
from demijohn.worker.serving_workers import ServingWorkers
from demijohn.worker.thread_pool import ThreadPool
from demijohn.worker.worker_count import WorkerCount

RUN_DIR = Path(os.environ["DEMIJOHN_RUN_DIR"])

wsgi_app = "demijohn.worker.wsgi:application"
bind = f"fd://{os.environ['DEMIJOHN_SOCKET_FD']}"  # supervisord's listening socket (__main__.py)

# Each worker imports the app itself: most libraries do not expect a fork after their import.
preload_app = os.environ["DEMIJOHN_PRELOAD"] == "true"
workers = 1  # at first (worker_count.py)
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
limit_request_fields = 120  # Gunicorn's default of 100, and those that Nginx adds

atomic_response.install()

# Shared by the workers, which are forked later.
serving_workers = ServingWorkers()
retried_requests = RetriedRequests(serving_workers)
worker_count = WorkerCount(serving_workers, RUN_DIR)

# Gunicorn has no setting for the form of its own errors (Worker.handle_error in its code).
util.write_error = error_response.write


def on_starting(server):  # type: ignore[no-untyped-def]
    """Open the socket for probes; the app is imported by now, if it is preloaded.

    At exit, Gunicorn would delete the file of its listening socket, which belongs to supervisord
    and to the next Gunicorn. It does not if systemd holds the socket (Arbiter.stop).
    """
    if preload_app:
        fork_safety.close_connections()
        app_needs.warn_of_fork()
    for marker in (LOADED_MARKER, FAILED_MARKER, NEEDS_MARKER):
        (RUN_DIR / marker).unlink(missing_ok=True)
    server.probes = probe_server.listen(RUN_DIR / "probes.sock")
    server.systemd = True


def nworkers_changed(server, new_value, old_value):  # type: ignore[no-untyped-def]
    """Start another worker only if there may be one more."""
    if old_value is not None:
        worker_count.limit(server)


def child_exit(server, worker):  # type: ignore[no-untyped-def]
    """End with a worker that could not import the app, if none has ever imported it."""
    worker_count.worker_ended(server, worker.pid)


def post_fork(server, worker):  # type: ignore[no-untyped-def]
    """Let the kernel kill a worker first if memory runs out."""
    worker.probes = server.probes
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def post_worker_init(worker):  # type: ignore[no-untyped-def]
    """Start the probe server and the watchdog of a worker that has imported the app."""
    if not (RUN_DIR / LOADED_MARKER).exists():
        app_needs.adapt(worker.cfg)
    pool = ThreadPool(worker)
    app = wsgi.application
    app_logging.leave_to_app()
    app.probes.watch(pool)
    app.retried = retried_requests
    probe_server.serve(worker.probes, app.probes)
    # One second later, so that Nginx has already answered the client with 504.
    memory_mb = int(os.environ["DEMIJOHN_WORKER_MEMORY_MB"])
    watchdog.start(timeout + 1, memory_mb, pool)
    most = int(os.environ["DEMIJOHN_WEB_CONCURRENCY"])
    worker.cfg.set("workers", most)  # for wsgi.multiprocess
    retried_requests.begin(pool, is_alone=most == 1)
    _say_ready(most, worker.cfg.threads)
    worker_count.join()


def _say_ready(workers: int, threads: int) -> None:
    """The first worker logs that requests are served from here on; PID 1 then starts Nginx."""
    loaded = RUN_DIR / LOADED_MARKER
    with suppress(FileExistsError):
        loaded.touch(exist_ok=False)
        loaded.write_text(f"{workers} workers with {threads} threads each", encoding="utf-8")
        print(f"ready: 1 of {workers} workers, with {threads} threads each", flush=True)
