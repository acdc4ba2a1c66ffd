"""The stylesheets have no physical directions, so that right-to-left pages are mirrored."""

import re

from local.steps import ROOT

SOURCES = ROOT / "frontend/src"
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# left, margin-right, text-align: left and the like; and :dir(), which the build would replace by a
# list of languages.
PHYSICAL = re.compile(
    r"(?<![\w-])(?:left|right)\s*:|-(?:left|right)\s*:|:[^;{}]*\b(?<!-)(?:left|right)\b[^;{}]*;"
    r"|:dir\("
)


def test_stylesheets_have_no_physical_directions() -> None:
    sheets = sorted(SOURCES.rglob("*.css"))
    assert sheets
    found = {
        sheet.name: matches
        for sheet in sheets
        if (matches := PHYSICAL.findall(COMMENT.sub("", sheet.read_text(encoding="utf-8"))))
    }
    assert not found


def test_physical_directions_are_found() -> None:
    for matches in ("margin-left: 1px;", "left: 0;", "text-align: right;", "a:dir(rtl) {}"):
        assert PHYSICAL.search(matches), matches
    for neutral in ("margin-inline-start: 1px;", "inset: 0;", "direction: ltr;", ".left-over {}"):
        assert not PHYSICAL.search(neutral), neutral
