"""The stylesheets: no side is named, so that a page that is read from the right is mirrored."""

import re

from local.steps import ROOT

SOURCES = ROOT / "frontend/src"
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# left, margin-right, text-align: left and the like; and :dir(), which the build would turn into a
# list of languages.
SIDED = re.compile(
    r"(?<![\w-])(?:left|right)\s*:|-(?:left|right)\s*:|:[^;{}]*\b(?<!-)(?:left|right)\b[^;{}]*;"
    r"|:dir\("
)


def test_no_stylesheet_names_a_side() -> None:
    sheets = sorted(SOURCES.rglob("*.css"))
    assert sheets
    found = {
        sheet.name: sided
        for sheet in sheets
        if (sided := SIDED.findall(COMMENT.sub("", sheet.read_text(encoding="utf-8"))))
    }
    assert not found


def test_what_names_a_side_is_found() -> None:
    for sided in ("margin-left: 1px;", "left: 0;", "text-align: right;", "a:dir(rtl) {}"):
        assert SIDED.search(sided), sided
    for neutral in ("margin-inline-start: 1px;", "inset: 0;", "direction: ltr;", ".left-over {}"):
        assert not SIDED.search(neutral), neutral
