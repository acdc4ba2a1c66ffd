"""Imports the app, and explains why that fails or takes so long."""

import _thread
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, NoReturn

from demijohn.common import write_errors
from demijohn.common.exit_codes import Exit
from demijohn.common.log import log_error, log_info
from demijohn.common.run_dir import FAILED_MARKER, WARNED_MARKER
from demijohn.config.parsers import EVERYTHING, factory_call
from demijohn.worker import app_candidates, session_key, unreachable_routes

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

SLOW_SECONDS = 5.0  # an import that takes longer is worth a line
PACKAGES = "site-packages"
# The file of Flask's server, whose functions do not return if an app calls run() at its import.
DEVELOPMENT_SERVER = "/werkzeug/serving.py"

# Packages that are not called like their module.
PACKAGE_OF = {
    "PIL": "Pillow",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "jwt": "PyJWT",
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "sklearn": "scikit-learn",
    "yaml": "PyYAML",
}

# Errors that another attempt cannot heal.
PERMANENT = (ImportError, SyntaxError, NameError, AttributeError)


class AppNotFound(Exception):
    """APP_MODULE does not name a WSGI app; the message says why, and `remedy` what to set."""

    def __init__(self, why: str, found: list[str] | None = None) -> None:
        super().__init__(why)
        self.remedy = "Name the app as module:object, or module:factory()."
        if found:
            self.remedy = f"Set APP_MODULE={' or '.join(found)}."


def load_or_exit(module_and_object: str, folder: str) -> App:
    """Import the app, or exit after one line that says why not.

    Exits with 78 if another attempt would fail in the same way, else with 70.
    """
    setting = f"APP_MODULE={module_and_object!r}"
    try:
        with _progress(setting, folder):
            app = load(module_and_object, folder)
        _warn(app, folder)
        return app
    except AppNotFound as error:
        _exit(Exit.CONFIGURATION, f"{setting}: {error}. {error.remedy}")
    except (Exception, SystemExit) as error:
        traceback.print_exception(error.with_traceback(_without_own_frames(error)))
        permanent = (
            isinstance(error, PERMANENT)
            or _missing_variable(error) is not None
            or write_errors.explain(error) is not None
        )
        status = Exit.CONFIGURATION if permanent else Exit.SOFTWARE
        line = explain(error, folder, module_and_object)
        _exit(status, f"{setting} cannot be imported: {line}")


def _warn(app: App, folder: str) -> None:
    """Log what does not work in an app, once, though several workers import it."""
    paths = os.environ.get("DEMIJOHN_API_PATHS", EVERYTHING).split(",")
    prefix = os.environ.get("DEMIJOHN_STRIP_PREFIX", "")
    found = [unreachable_routes.warning(app, paths, prefix), session_key.warning(app, folder)]
    with suppress(OSError):
        if any(found):
            (Path(os.environ["DEMIJOHN_RUN_DIR"]) / WARNED_MARKER).touch(exist_ok=False)
        for line in filter(None, found):
            log_info("app", f"warning: {line}")


def _exit(status: Exit, line: str) -> NoReturn:
    _log_and_leave(status, line)
    sys.exit(status)


def _log_and_leave(status: Exit, line: str) -> None:
    """Log the line, and leave it with the status for Gunicorn's master (worker_count.py)."""
    log_error(line)
    with suppress(OSError):
        marker = Path(os.environ["DEMIJOHN_RUN_DIR"]) / FAILED_MARKER
        own = marker.with_suffix(f".{os.getpid()}")  # renamed when it is complete
        own.write_text(f"{int(status)} {line}", encoding="utf-8")
        own.replace(marker)


def load(module_and_object: str, folder: str) -> App:
    """Import the WSGI app `module:object` or `module:factory()` from `folder`.

    Raises AppNotFound. Exceptions of the app's own code pass through with their traceback.
    """
    sys.path.insert(0, folder)
    module_name, _, attribute = module_and_object.partition(":")
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and (module_name + ".").startswith(error.name + "."):
            found = _candidates(folder)
            raise AppNotFound(
                f"the module {error.name} does not exist in {folder}", found
            ) from None
        raise
    if not attribute:  # Gunicorn's default, where Flask's name is missing
        is_wsgi = hasattr(module, "application") and not hasattr(module, "app")
        attribute = "application" if is_wsgi else "app"
    return _evaluate(module, attribute, folder)  # type: ignore[no-any-return]


def _candidates(folder: str) -> list[str]:
    with suppress(OSError):  # files that this user cannot read
        return app_candidates.in_folder(Path(folder))
    return []


def _evaluate(module: ModuleType, expression: str, folder: str) -> Any:
    """The WSGI app: an object of a module, or what its factory returns. Raises AppNotFound."""
    try:
        name, arguments = factory_call(expression)
    except ValueError as error:
        raise AppNotFound(str(error)) from None
    target = getattr(module, name, None)
    if target is None:
        found = app_candidates.in_module(module) or _candidates(folder)
        raise AppNotFound(f"module {module.__name__} has no {name}", found)
    if arguments is None:
        call = f"{module.__name__}:{name}()"
        if why := app_candidates.why_not_wsgi(name, target):
            raise AppNotFound(f"{name} {why}", [call] if why == app_candidates.FACTORY else None)
        if doubt := app_candidates.why_doubtful(name, target):
            log_info("app", f"warning: {doubt}: APP_MODULE={call}")
        return target
    try:
        inspect.signature(target).bind(*arguments.args, **arguments.kwargs)
    except TypeError as error:
        raise AppNotFound(f"{name} cannot be called so: {error}") from None
    app = target(*arguments.args, **arguments.kwargs)
    if why := app_candidates.why_not_wsgi(expression, app):
        raise AppNotFound(f"{expression} {why}")
    return app


def explain(error: BaseException, folder: str, module_and_object: str = "") -> str:
    """One line: the error, the line of the app that raised it, and what to do."""
    place = _place(error, folder)
    if variable := _missing_variable(error):
        return f"the environment variable {variable} is not set{place}. Set it."
    if unwritable := write_errors.explain(error, place):
        return unwritable
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    first_line = message.strip().split("\n", 1)[0].removesuffix(".")
    text = f"{type(error).__name__}: {first_line}" if first_line else type(error).__name__
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return f"{text}{place}."
    name = error.name.partition(".")[0]
    root = Path(folder)
    found = sorted([*root.glob(f"*/{name}.py"), *root.glob(f"*/{name}/__init__.py")])
    if not found:
        package = PACKAGE_OF.get(name, "its package")
        return f"{text}{place}. Add {package} to requirements.txt, and build or start again."
    below = found[0].parent if found[0].stem == name else found[0].parents[1]
    return f"{text}{place}. {found[0]} exists: set {_settings_for(below, module_and_object)}."


def _settings_for(folder: Path, module_and_object: str) -> str:
    """The settings with which `folder` is on sys.path and APP_MODULE is found there too."""
    module, colon, name = module_and_object.partition(":")
    package, dot, rest = module.partition(".")
    if package != folder.name:
        return f"APP_DIR={folder}"
    if dot:
        return f"APP_DIR={folder} and APP_MODULE={rest}{colon}{name}"
    return f"PYTHONPATH={folder}"  # the package itself must be found too


def _missing_variable(error: BaseException) -> str | None:
    """The environment variable whose absence was a KeyError of os.environ."""
    frames = traceback.extract_tb(error.__traceback__)
    if (
        isinstance(error, KeyError)
        and frames
        and frames[-1].filename in (os.__file__, "<frozen os>")
    ):
        return str(error.args[0])
    return None


def _place(error: BaseException, folder: str) -> str:
    """`, at file:line` of the app's last line in the traceback."""
    if isinstance(error, SyntaxError) and error.filename:
        return f", at {_shown(error.filename, folder)}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_of_app(frame.filename, folder)]
    return f", at {_shown(own[-1].filename, folder)}:{own[-1].lineno}" if own else ""


def _is_of_app(filename: str, folder: str) -> bool:
    return filename.startswith(folder) and PACKAGES not in filename


def _shown(filename: str, folder: str) -> str:
    return filename.removeprefix(folder).lstrip("/")


def _without_own_frames(error: BaseException) -> TracebackType | None:
    """The traceback from the first line of the app on."""
    here = error.__traceback__
    while here and here.tb_frame.f_globals.get("__name__", "").startswith(
        ("demijohn", "importlib")
    ):
        here = here.tb_next
    return here


@contextmanager
def _progress(setting: str, folder: str) -> Iterator[None]:
    """Log where an import is that takes long, and end one that serves: an `app.run()` without a
    guard never returns.

    The thread and its lock are those of the interpreter, since an app may replace the ones of
    `threading` (gevent.monkey.patch_all).
    """
    importing = _thread.get_ident()
    done = _thread.allocate_lock()

    def watch() -> None:
        waited = SLOW_SECONDS
        while not done.acquire(timeout=waited):
            frames = traceback.extract_stack(sys._current_frames().get(importing))
            place = _position(frames, folder)
            if any(frame.filename.endswith(DEVELOPMENT_SERVER) for frame in frames):
                line = f"{setting} starts a development server while it is imported{place}"
                _log_and_leave(Exit.CONFIGURATION, line)
                os._exit(Exit.CONFIGURATION)
            log_info("app", f"{setting} is still being imported{place}")
            waited *= 2

    with done:
        _thread.start_new_thread(watch, ())
        yield


def _position(frames: traceback.StackSummary, folder: str) -> str:
    """The line of the app at which a thread is."""
    own = [frame for frame in frames if _is_of_app(frame.filename, folder)]
    if not own:
        return ""
    line = own[-1].line or ""
    remedy = '. Call run() only `if __name__ == "__main__":`' if ".run(" in line else ""
    return f", at {_shown(own[-1].filename, folder)}:{own[-1].lineno}: {line}{remedy}"
