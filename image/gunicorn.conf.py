"""Gunicorn, as supervisord starts it: on the socket that it inherits, with the app preloaded."""

import os

wsgi_app = "demijohn.wsgi:application"
bind = "fd://0"  # the listening socket, which supervisord holds

# Loaded once, in the master: workers share its memory, and start in no time.
preload_app = True
workers = int(os.environ["WEB_CONCURRENCY"])
worker_class = "gthread"  # a thread that waits for the database keeps no other from working
threads = int(os.environ["WEB_THREADS"])

# A worker whose main thread is silent for so long hangs, and is replaced.
timeout = int(os.environ["REQUEST_TIMEOUT"])
graceful_timeout = 3  # when Gunicorn is told to stop, Nginx has waited for the requests in flight
worker_tmp_dir = os.environ["RUN_DIR"]

# Only Nginx can reach the socket, and it has put the headers right.
forwarded_allow_ips = "*"

loglevel = os.environ["LOG_LEVEL"]
control_socket_disable = True  # it would be written to HOME, which need not be writable


def when_ready(server):  # type: ignore[no-untyped-def]
    """Tell people that requests are served from here on."""
    print(f"ready: {workers} workers with {threads} threads each", flush=True)
