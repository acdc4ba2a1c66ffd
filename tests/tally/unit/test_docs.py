"""The documents agree with Tally."""

import re

from local.steps import ROOT


def test_public_variables_in_the_documents_exist() -> None:
    environment = (ROOT / "frontend/src/lib/environment.ts").read_text(encoding="utf-8")
    public = set(re.findall(r"PUBLIC_\w*", environment))
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    named = set(re.findall(r"`(PUBLIC_[A-Z][A-Z_]*)\b[^`]*`", text))
    assert named and not named - public
