"""image/ and backend/ communicate through environment variables only, so either can be replaced.

Tests of Tally are in tests/tally, so that another app needs no change of the other tests.
"""

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from local.steps import ROOT

PACKAGE = ROOT / "image" / "demijohn"
IMPORT = "demijohn.sqlite_import"
NEVER = {
    "image": {"backend", "image", "local", "tests"},
    "backend": {"demijohn", "image", "local", "tests"},
    "local": {"backend", "tests"},
}
TALLY = ROOT / "tests" / "tally"
# API paths, folders, settings and modules.
OF_TALLY = re.compile(
    r"/api/(polls|status|traffic)\b|\b(backend|frontend)/\w|ROOT / .(backend|frontend)\b"
    r"|\bbackend:|\btests\.tally\b"
)
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


# The folders of `sqlite_import`: each may import those before it, and `SHARED`.
SQLITE_IMPORT = (
    "model",
    "source",
    "types",
    "target",
    "workers",
    "planning",
    "checksum",
    "load",
    "verify",
    "report",
)
SHARED = {"sql_names", "text"}  # modules, which import nothing of the package


def modules(path: Path, package: str) -> Iterator[str]:
    """The modules of a package that a file imports, relative to it; "" is the package itself."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.ImportFrom(level=0, module=str(module)) if module == package:
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom(level=0, module=str(module)) if module.startswith(f"{package}."):
                yield module.removeprefix(f"{package}.")
            case ast.Import(names=names):
                dotted = [
                    alias.name for alias in names if f"{alias.name}.".startswith(f"{package}.")
                ]
                yield from (name.removeprefix(package).removeprefix(".") for name in dotted)
            case _:
                pass


def forbidden(folder: Path, package: str, allowed: set[str]) -> set[str]:
    """What the files in a folder import of a package, and may not."""
    return {
        f"{path.relative_to(ROOT)} imports {package}.{module}"
        for path in sorted(folder.rglob("*.py"))
        for module in modules(path, package)
        if module.partition(".")[0] not in allowed
    }


@pytest.mark.parametrize("folder", BELOW)
def test_imports_of_the_package_point_one_way(folder: str) -> None:
    allowed = BELOW[folder] | {folder, "", "__version__"}
    assert not forbidden(PACKAGE / folder, "demijohn", allowed)


def test_every_folder_of_the_package_has_allowed_imports() -> None:
    assert {path.parent.name for path in PACKAGE.glob("*/*.py")} == BELOW.keys()


@pytest.mark.parametrize("folder", SQLITE_IMPORT)
def test_sqlite_import_folder_imports_only_those_before_it(folder: str) -> None:
    before = SQLITE_IMPORT[: SQLITE_IMPORT.index(folder) + 1]
    found = forbidden(PACKAGE / "sqlite_import" / folder, IMPORT, {*before, *SHARED})
    assert not found


def test_sqlite_import_modules_have_no_import_circle() -> None:
    top = PACKAGE / "sqlite_import"
    graph = {}
    for path in top.rglob("*.py"):
        name = ".".join(path.relative_to(top).with_suffix("").parts)
        known = {*modules(path, IMPORT)}
        for folder in SQLITE_IMPORT:
            known |= {f"{folder}.{found}" for found in modules(path, f"{IMPORT}.{folder}")}
        graph[name] = known
    TopologicalSorter(graph).prepare()  # raises CycleError


def test_sqlite_import_shared_modules_import_nothing_of_it() -> None:
    top = PACKAGE / "sqlite_import"
    assert [one for name in SHARED for one in modules(top / f"{name}.py", "demijohn")] == []


def test_every_folder_of_sqlite_import_has_allowed_imports() -> None:
    top = PACKAGE / "sqlite_import"
    assert {path.parent.name for path in top.glob("*/*.py")} == set(SQLITE_IMPORT)
    assert {path.stem for path in top.glob("*.py")} == {"__init__", "command", "importer", *SHARED}


@pytest.mark.parametrize("package", sorted(NEVER))
def test_packages_do_not_import_each_other(package: str) -> None:
    assert violations(package) == []


def test_tests_outside_its_folder_do_not_need_tally() -> None:
    found = []
    for path in sorted((ROOT / "tests").rglob("*.py")):
        if path.is_relative_to(TALLY) or path == Path(__file__):
            continue
        source = path.read_text(encoding="utf-8")
        lines = [line for line, name in imports(ast.parse(source), 9) if name == "backend"]
        for number, line in enumerate(source.splitlines(), 1):
            if number in lines or OF_TALLY.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert found == []


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
