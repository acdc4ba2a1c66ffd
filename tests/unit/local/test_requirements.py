"""The pinned requirements: every wheel hashed, no package index, one version per package."""

import re
from pathlib import Path

import pytest

from local.steps import ROOT

FILES = sorted(
    path
    for pattern in ("requirements*.txt", "*/requirements.txt", "local/requirements/*.txt")
    for path in ROOT.glob(pattern)
)


def pins(path: Path) -> dict[str, str]:
    """The version of each requirement by its name."""
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[.*\])?==(\S+)", path.read_text(), re.M))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_requirements_are_pinned_and_hashed_without_an_index(path: Path) -> None:
    text = path.read_text()
    requirements = re.findall(r"^[a-z0-9](?:[^\\\n]|\\\n)*", text, re.M)
    assert requirements
    assert all(
        "==" in requirement and "--hash=sha256:" in requirement for requirement in requirements
    )
    assert not re.search(r"^\s*(-i|-f|--(extra-)?index-url|--find-links)|://", text, re.M)


def test_package_has_the_same_version_in_all_files() -> None:
    versions: dict[str, set[str]] = {}
    for path in FILES:
        for name, version in pins(path).items():
            versions.setdefault(name, set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}
