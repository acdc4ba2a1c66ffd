"""Tells WSGI apps from factories, and finds both for the message about a wrong APP_MODULE."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

FACTORY_NAME = re.compile(r"(create|make|build|get)_\w+|\w*factory")
# In the text of a module: `app = Flask(…)`, and `def create_app(…)`.
DEFINITION = re.compile(
    r"^(?:(?P<app>\w+)[^=\n#]*=\s*(?:flask\.)?Flask\(|def (?P<factory>(?:create|make)_\w*app)\()",
    re.MULTILINE,
)
SKIPPED = re.compile(r"\.|__pycache__|site-packages|node_modules|tests?$|migrations$|venv")
MOST_FILES, MOST_NAMES = 500, 4

FACTORY = "is a factory"


def why_not_wsgi(name: str, target: Any) -> str:
    """Why an object cannot be a WSGI app; empty if it can. Calls nothing of the app.

    Gunicorn calls an app with two arguments. A function is refused only if that is impossible, or
    if it is called like a factory and needs no argument.
    """
    if not callable(target):
        return "is not a WSGI app"
    if _is_async(target):
        return "is an ASGI app; Gunicorn needs a WSGI app, such as a2wsgi.ASGIMiddleware(app)"
    signature = _signature(target)
    if not signature or (_accepts(signature, 2) and not _is_factory(name, signature)):
        return ""
    return FACTORY if _accepts(signature, 0) else "does not take environ, start_response"


def why_doubtful(name: str, target: Any) -> str:
    """Why a function that can be a WSGI app is perhaps a factory; empty if nothing says so."""
    signature = _signature(target)
    if not signature or not FACTORY_NAME.fullmatch(name):
        return ""
    if next(iter(signature.parameters)).startswith("env"):
        return ""
    return f"{name} is called like a factory. If every page is an error, call it"


def _is_async(target: Any) -> bool:
    call = target if isinstance(target, FunctionType) else type(target).__call__
    return inspect.iscoroutinefunction(call)


def _signature(target: Any) -> inspect.Signature | None:
    """The parameters of a plain function, not those of another that it wraps."""
    if not isinstance(target, FunctionType) or hasattr(target, "__signature__"):
        return None
    return inspect.signature(target, follow_wrapped=False)


def _accepts(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True


def _is_factory(name: str, signature: inspect.Signature) -> bool:
    """Whether it is like `create_app(config=None, testing=False)`, which can be called so: ()."""
    named = all(each.kind is not each.VAR_POSITIONAL for each in signature.parameters.values())
    return named and _accepts(signature, 0) and bool(FACTORY_NAME.fullmatch(name))


def in_module(module: ModuleType) -> list[str]:
    """The apps and factories of an imported module, as APP_MODULE names them."""
    found = []
    for name, value in vars(module).items():
        # The class is asked, not the object: flask.request answers only during a request.
        if hasattr(type(value), "wsgi_app"):
            found.append(f"{module.__name__}:{name}")
        elif FACTORY_NAME.fullmatch(name) and isinstance(value, FunctionType):
            is_own = value.__module__ == module.__name__ and name.endswith("app")
            found += [f"{module.__name__}:{name}()"] if is_own else []
    return found[:MOST_NAMES]


def in_folder(folder: Path) -> list[str]:
    """The apps and factories that the text of the files in a folder defines."""
    found: list[str] = []
    for number, path in enumerate(_modules(folder)):
        if number >= MOST_FILES or len(found) >= MOST_NAMES:
            break
        parts = path.relative_to(folder).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        for match in DEFINITION.finditer(text):
            name = match["app"] or f"{match['factory']}()"
            found.append(f"{module}:{name}")
    return found[:MOST_NAMES]


def _modules(folder: Path, levels: int = 2) -> Iterator[Path]:
    """The files of Python in a folder, and in those up to two levels below it."""
    yield from sorted(folder.glob("*.py"))
    if levels:
        for below in sorted(folder.iterdir()):
            if below.is_dir() and not SKIPPED.match(below.name):
                yield from _modules(below, levels - 1)
