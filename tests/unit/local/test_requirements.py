"""The pinned requirements: every wheel hashed, no index named, one version of each package."""

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
    """Name to version of each requirement."""
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[.*\])?==(\S+)", path.read_text(), re.M))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_all_is_pinned_and_hashed_and_no_index_is_named(path: Path) -> None:
    text = path.read_text()
    requirements = re.findall(r"^[a-z0-9](?:[^\\\n]|\\\n)*", text, re.M)
    assert requirements
    assert all("==" in one and "--hash=sha256:" in one for one in requirements)
    assert not re.search(r"^\s*(-i|-f|--(extra-)?index-url|--find-links)|://", text, re.M)


def test_one_version_of_each_package() -> None:
    versions: dict[str, set[str]] = {}
    for path in FILES:
        for name, version in pins(path).items():
            versions.setdefault(name, set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}
