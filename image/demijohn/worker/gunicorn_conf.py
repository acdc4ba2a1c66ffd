"""Gunicorn, as supervisord starts it: on the socket that it inherits, with the app preloaded."""

import os
from contextlib import suppress
from pathlib import Path

from gunicorn import util

from demijohn.worker import atomic_response, error_response, probe_server, watchdog, wsgi

wsgi_app = "demijohn.worker.wsgi:application"
bind = "fd://0"  # the listening socket, which supervisord holds

# Loaded once, in the master: workers share its memory, and start in no time.
preload_app = True
workers = int(os.environ["DEMIJOHN_WEB_CONCURRENCY"])
worker_class = "gthread"  # a thread that waits for the database keeps no other from working
threads = int(os.environ["DEMIJOHN_WEB_THREADS"])

# A worker takes a request only when a thread is free for it. What it cannot serve stays in the
# socket's backlog, for whichever worker is free first.
worker_connections = threads
keepalive = 0

# A worker that is silent for so long hangs as a whole, and is killed. One of whose threads hangs is
# the watchdog's business.
timeout = int(os.environ["DEMIJOHN_REQUEST_TIMEOUT"])
graceful_timeout = timeout  # supervisord does not wait so long, but by then Nginx has
worker_tmp_dir = os.environ["DEMIJOHN_RUN_DIR"]

# Only Nginx can reach the socket, and it has put the headers right.
forwarded_allow_ips = "*"

loglevel = os.environ["DEMIJOHN_LOG_LEVEL"]
control_socket_disable = True  # it would be written to HOME, which need not be writable


limit_request_line = 8190  # as much as Nginx takes

atomic_response.install()

# What Gunicorn's own errors look like is no setting (see Worker.handle_error in its code).
util.write_error = error_response.write


def on_starting(server):  # type: ignore[no-untyped-def]
    """Open the socket for probes; the app is loaded by now.

    At its end, leave the file of the other socket alone: it is supervisord's, and the next
    Gunicorn's. Gunicorn spares it where systemd holds it (Arbiter.stop), which is the same thing.
    """
    run_dir = Path(os.environ["DEMIJOHN_RUN_DIR"])
    server.probes = probe_server.listen(run_dir / "probes.sock")
    server.systemd = True


def post_fork(server, worker):  # type: ignore[no-untyped-def]
    """Have the worker answer probes, have it watched, and let it be the one that goes when
    memory runs out.
    """
    probe_server.serve(server.probes, wsgi.application.probes)
    # A second more: Nginx has then given up on the request, and said so to the client.
    memory_mb = int(os.environ["DEMIJOHN_WORKER_MEMORY_MB"])
    watchdog.start(timeout + 1, memory_mb, lambda: worker.nr_conns)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def when_ready(server):  # type: ignore[no-untyped-def]
    """Tell people that requests are served from here on."""
    print(f"ready: {workers} workers with {threads} threads each", flush=True)
