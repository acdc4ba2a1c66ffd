"""`python -m demijohn.worker`: Gunicorn, in the app's Python, but in the version of the image."""

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


if __name__ == "__main__":
    import_gunicorn()
    from gunicorn.app.wsgiapp import run

    run(prog="gunicorn")
