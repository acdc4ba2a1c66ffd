"""image/ and backend/ meet in environment variables only, so that either can be replaced."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEVER = {
    "image": {"backend", "local", "tests", "image"},  # itself: relatively, or as demijohn
    "backend": {"demijohn", "image", "local", "tests"},
    "local": {"backend", "tests"},
}
LOADERS = {"import_module", "__import__", "find_spec", "run_module", "resolve_name"}


def imports(tree: ast.AST, depth: int) -> Iterator[tuple[int, str]]:
    """Line and top-level package of everything that a file imports, through strings too.

    `depth` is how many packages deep the file lies: more leading dots than that lead out of its
    own top-level package.
    """
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name.partition(".")[0]) for alias in names)
            case ast.ImportFrom(level=0, module=str(module)):
                yield node.lineno, module.partition(".")[0]
            case ast.ImportFrom(level=level) if level > depth:
                yield node.lineno, node.module.partition(".")[0] if node.module else "?"
            case ast.Call(func=function, args=[ast.Constant(value=str(name)), *_]):
                called = getattr(function, "attr", getattr(function, "id", ""))
                if called in LOADERS:
                    yield node.lineno, name.partition(":")[0].partition(".")[0]
            case _:
                pass


def found(package: str) -> list[str]:
    wrong = []
    for path in sorted((ROOT / package).rglob("*.py")):
        depth = len(path.relative_to(ROOT).parts) - 1
        for line, name in imports(ast.parse(path.read_text()), depth):
            if name in NEVER[package]:
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    return wrong


@pytest.mark.parametrize("package", sorted(NEVER))
def test_packages_keep_apart(package: str) -> None:
    assert found(package) == []


@pytest.mark.parametrize(
    "source",
    [
        "import backend.database",
        "from backend import create_app",
        "def f():\n    from backend.database import engine",
        "from ..backend import database",
        "import importlib\nimportlib.import_module('backend.database')",
        "__import__('backend')",
        "from pkgutil import resolve_name\nresolve_name('backend:create_app')",
    ],
)
def test_every_way_of_importing_is_seen(source: str) -> None:
    assert "backend" in {name for _, name in imports(ast.parse(source), depth=1)}
