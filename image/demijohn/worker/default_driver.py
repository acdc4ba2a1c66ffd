"""Lets SQLAlchemy open `postgresql://` with psycopg2 where psycopg 3 is not installed.

SQLAlchemy 2.1 takes psycopg 3 for a URL without a driver; up to 2.0 it took psycopg2
(https://docs.sqlalchemy.org/en/21/changelog/migration_21.html). The app's Python imports this
module whenever it starts (image/install_app_packages.py), so it imports nothing itself.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

DIALECTS = "sqlalchemy.dialects"


class Finder:
    """Finds SQLAlchemy's dialects as Python does, and then registers the default."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of DIALECTS; None, for the next finder, of all others."""
        if name != DIALECTS:
            return None
        from importlib.util import find_spec

        sys.meta_path.remove(self)
        spec = find_spec(name)
        if spec and spec.loader and not find_spec("psycopg"):
            loader: Any = spec.loader
            loader.exec_module = _registering(loader.exec_module)
        return spec


def _registering(execute: Callable[[Any], None]) -> Callable[[Any], None]:
    def execute_and_register(module: Any) -> None:
        execute(module)
        module.registry.register(
            "postgresql", "sqlalchemy.dialects.postgresql.psycopg2", "PGDialect_psycopg2"
        )

    return execute_and_register


def install() -> None:
    """Watch for the import of SQLAlchemy in this process."""
    sys.meta_path.insert(0, Finder())
