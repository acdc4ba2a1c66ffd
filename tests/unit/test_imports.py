"""image/ and backend/ communicate through environment variables only, so either can be replaced."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.steps import ROOT

NEVER = {
    "image": {"backend", "image", "local", "tests"},
    "backend": {"demijohn", "image", "local", "tests"},
    "local": {"backend", "tests"},
}
LOADERS = {"import_module", "__import__", "find_spec", "run_module", "resolve_name"}


def imports(tree: ast.AST, depth: int) -> Iterator[tuple[int, str]]:
    """The line and top-level package of each import of a file, including imports by string.

    `depth` is the number of packages around the file: more leading dots than that leave its
    top-level package.
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


def violations(package: str) -> list[str]:
    violating = []
    for path in sorted((ROOT / package).rglob("*.py")):
        depth = len(path.relative_to(ROOT).parts) - 1
        for line, name in imports(ast.parse(path.read_text()), depth):
            if name in NEVER[package]:
                violating.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    return violating


# The folders that each folder of the package may import. cli.py and __main__.py may import all.
BELOW = {
    "common": set(),
    "config": {"common"},
    "database": {"common", "config"},
    "serve": {"common", "config", "database"},
    "worker": {"common", "config", "database"},
    "commands": {"common", "config", "database"},
    "sqlite_import": {"common", "config", "database"},
}


def modules(path: Path) -> Iterator[str]:
    """The folders of `demijohn` that a file imports from; "" is the package itself."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.ImportFrom(level=0, module=str(module)) if module.startswith("demijohn"):
                yield module.partition(".")[2].partition(".")[0]
            case ast.Import(names=names):
                dotted = [alias.name for alias in names if alias.name.startswith("demijohn")]
                yield from (name.partition(".")[2].partition(".")[0] for name in dotted)
            case _:
                pass


@pytest.mark.parametrize("folder", BELOW)
def test_imports_of_the_package_point_one_way(folder: str) -> None:
    allowed = BELOW[folder] | {folder, ""}  # "": the version
    package = ROOT / "image" / "demijohn"
    violating = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (package / folder).rglob("*.py")
        for name in set(modules(path)) - allowed
    }
    assert not violating


def test_every_folder_of_the_package_has_allowed_imports() -> None:
    package = ROOT / "image" / "demijohn"
    assert {path.parent.name for path in package.glob("*/*.py")} == BELOW.keys()


@pytest.mark.parametrize("package", sorted(NEVER))
def test_packages_do_not_import_each_other(package: str) -> None:
    assert violations(package) == []


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
def test_every_way_to_import_is_found(source: str) -> None:
    assert "backend" in {name for _, name in imports(ast.parse(source), depth=1)}
