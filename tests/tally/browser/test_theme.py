"""The light and the dark theme: the browser's bars have the page's colour."""

from collections.abc import Callable

import pytest

from tests.support.stack import Stack
from tests.tally.browser.tally import Visitor

# The theme colours of index.html that apply, and the page's background.
COLOURS = """() => [
  [...document.querySelectorAll("meta[name='theme-color']")]
    .filter(({ media }) => matchMedia(media).matches).map(({ content }) => content),
  getComputedStyle(document.documentElement).getPropertyValue("--paper"),
]"""


@pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)
def test_theme_color_matches_the_page_background(
    stack: Stack, new_visitor: Callable[..., Visitor]
) -> None:
    page = new_visitor(stack.url).page
    page.goto("/")
    theme_colours, light = page.evaluate(COLOURS)
    assert theme_colours == [light]
    page.emulate_media(color_scheme="dark")
    theme_colours, dark = page.evaluate(COLOURS)
    assert theme_colours == [dark] != [light]
