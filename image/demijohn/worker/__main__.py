"""`python -m demijohn.worker`: Gunicorn, in the app's Python, but in the version of the image."""

import fcntl
import io
import os
import stat
import sys
from pathlib import Path

# The folder that demijohn is installed in, in the image with Gunicorn. A checkout has only one
# environment.
OURS = str(Path(__file__).parents[2])


def import_gunicorn() -> None:
    """Import our own Gunicorn, even if the app's packages contain another version.

    Its modules are then found through the package, and all others on sys.path as before.
    """
    sys.path.insert(0, OURS)
    try:
        import gunicorn  # noqa: F401
    finally:
        sys.path.remove(OURS)


def move_socket() -> None:
    """Move supervisord's listening socket from stdin, where the app's own children would get it.

    Gunicorn would close the number, which any file of the app could then get. DEMIJOHN_SOCKET_FD is
    the new number.
    """
    if stat.S_ISSOCK(os.fstat(0).st_mode):
        os.environ["DEMIJOHN_SOCKET_FD"] = str(fcntl.fcntl(0, fcntl.F_DUPFD, 3))
        with Path(os.devnull).open("rb") as nothing:
            os.dup2(nothing.fileno(), 0)


def write_whole_lines() -> None:
    """Have print() write a line at once: without a buffer, its end would be a write of its own, and
    lines of several workers could mix.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True, write_through=False)


if __name__ == "__main__":
    move_socket()
    write_whole_lines()
    import_gunicorn()
    from gunicorn.app.wsgiapp import run

    sys.argv[0] = "gunicorn"  # some apps look here for the server that they run in
    run(prog="gunicorn")
