"""The driver of a URL that names none."""

import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import demijohn.worker.default_driver as d; d.install()
from sqlalchemy.dialects import registry
print(registry.load("postgresql").driver)
"""


@pytest.mark.parametrize(("installed", "driver"), [((), "psycopg2"), (("psycopg",), "psycopg")])
def test_psycopg2_is_the_default_where_psycopg_is_not_installed(
    tmp_path: Path, installed: tuple[str, ...], driver: str
) -> None:
    for name in installed:
        (tmp_path / f"{name}.py").touch()
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout == f"{driver}\n", done.stderr[-1000:]
